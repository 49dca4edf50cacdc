from django.urls import URLPattern, path

from network.views import (
    health,
    invitations,
    keys,
    members,
    onboarding,
    organizations,
    preferences,
    public,
    settings,
    trail,
)

app_name = "network"
urlpatterns: list[URLPattern] = [
    path("", public.front, name="front"),
    path("favicon.ico", public.icon, name="icon"),
    path("language/", preferences.set_language, name="language-set"),
    path("theme/", preferences.set_theme, name="theme-set"),
    path("acting-organization/", preferences.switch_organization, name="organization-switch"),
    # /onboarding/, /me/, /invitations/: people, whatever they belong to
    path("onboarding/", onboarding.onboarding, name="onboarding"),
    path("me/", settings.user_settings, name="user-settings"),
    path("invitations/<str:token>/", invitations.invitation_accept, name="invitation-accept"),
    # /organization/, /members/, /api-keys/, /audit/: of the acting organization
    path("organization/", settings.organization_settings, name="organization-settings"),
    path("members/", members.member_list, name="member-list"),
    path("members/leave/", members.member_leave, name="member-leave"),
    path("members/<str:public_id>/role/", members.member_role, name="member-role"),
    path("members/<str:public_id>/remove/", members.member_remove, name="member-remove"),
    path("members/invitations/new/", members.invitation_create, name="invitation-create"),
    path("members/invitations/<str:public_id>/resend/", members.invitation_resend, name="invitation-resend"),
    path("members/invitations/<str:public_id>/revoke/", members.invitation_revoke, name="invitation-revoke"),
    path("api-keys/", keys.key_list, name="key-list"),
    path("api-keys/new/", keys.key_create, name="key-create"),
    path("api-keys/<str:public_id>/revoke/", keys.key_revoke, name="key-revoke"),
    path("audit/", trail.audit_list, name="audit-list"),
    # /organizations/, /network/: for the network's staff
    path("organizations/", organizations.organization_list, name="organization-list"),
    path("organizations/<str:public_id>/", organizations.organization_detail, name="organization-detail"),
    path("organizations/<str:public_id>/approve/", organizations.organization_approve, name="organization-approve"),
    path("organizations/<str:public_id>/decline/", organizations.organization_decline, name="organization-decline"),
    path("organizations/<str:public_id>/suspend/", organizations.organization_suspend, name="organization-suspend"),
    path(
        "organizations/<str:public_id>/reactivate/",
        organizations.organization_reactivate,
        name="organization-reactivate",
    ),
    path("network/settings/", settings.network_settings_form, name="network-settings"),
    # /health/: for load balancers and container platforms
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
]
