from django.urls import path

from publishers.views import (
    coupons,
    discovery,
    invitations,
    links,
    partners,
    partnerships,
    profile,
    smart_links,
    suppressions,
    targeting,
    vanity,
)

app_name = "publishers"

# profile/ and properties/: a publisher describes itself
own = [
    path("profile/", profile.profile, name="profile"),
    path("profile/describe/", profile.describe, name="profile-describe"),
    path("properties/add/", profile.add, name="property-add"),
    path("properties/<str:public_id>/", profile.edit, name="property-edit"),
    path("properties/<str:public_id>/remove/", profile.remove, name="property-remove"),
]

# discover/: campaigns as a publisher sees them
discover = [
    path("discover/", discovery.find, name="campaign-find"),
    path("discover/<str:public_id>/", discovery.show, name="campaign-show"),
    path("discover/<str:public_id>/apply/", discovery.apply, name="partnership-apply"),
]

# partnerships/ and links/: a publisher's own
promote = [
    path("partnerships/", partnerships.listing, name="partnership-list"),
    path("partnerships/<str:public_id>/accept/", partnerships.accept, name="partnership-accept"),
    path("partnerships/<str:public_id>/turn-down/", partnerships.turn_down, name="partnership-turn-down"),
    path("partnerships/<str:public_id>/leave/", partnerships.leave, name="partnership-leave"),
    path("partnerships/<str:public_id>/links/", links.listing, name="link-list"),
    path("partnerships/<str:public_id>/links/grab/", links.grab, name="link-grab"),
    path("partnerships/<str:public_id>/suppression/<slug:form>/", suppressions.download, name="suppression-download"),
    path("links/<str:code>/", links.show, name="link-show"),
    path("links/<str:code>/qr.png", links.qr, name="link-qr"),
    path("links/<str:code>/qr.svg", links.qr_vector, name="link-qr-vector"),
    path("links/<str:code>/retire/", links.retire, name="link-retire"),
]

# codes/, names/ and smart-links/: what else a publisher promotes with
tools = [
    path("codes/", coupons.listing, name="code-list"),
    path("names/", vanity.listing, name="vanity-list"),
    path("names/claim/", vanity.claim, name="vanity-claim"),
    path("names/<str:public_id>/", vanity.show, name="vanity-show"),
    path("names/<str:public_id>/edit/", vanity.edit, name="vanity-edit"),
    path("names/<str:public_id>/release/", vanity.release, name="vanity-release"),
    path("names/<str:public_id>/links/add/", vanity.add_link, name="vanity-link-add"),
    path("names/<str:public_id>/links/<slug:slug>/remove/", vanity.remove_link, name="vanity-link-remove"),
    path("smart-links/", smart_links.listing, name="smart-link-list"),
    path("smart-links/new/", smart_links.create, name="smart-link-create"),
    path("smart-links/<str:public_id>/", smart_links.show, name="smart-link-show"),
    path("smart-links/<str:public_id>/edit/", smart_links.edit, name="smart-link-edit"),
    path("smart-links/<str:public_id>/take/", smart_links.take, name="smart-link-take"),
    path("smart-links/<str:public_id>/retire/", smart_links.retire, name="smart-link-retire"),
]

# partners/: the publishers of a campaign, for those who run it
look_after = [
    path("partners/", partners.listing, name="partner-list"),
    path("partners/decide/", partners.decide, name="partner-decide"),
    path("partners/invite/", invitations.invite, name="partner-invite"),
    path("partners/<str:public_id>/", partners.detail, name="partner-detail"),
    path("partners/<str:public_id>/approve/", partners.approve, name="partner-approve"),
    path("partners/<str:public_id>/decline/", partners.decline, name="partner-decline"),
    path("partners/<str:public_id>/pause/", partners.pause, name="partner-pause"),
    path("partners/<str:public_id>/resume/", partners.resume, name="partner-resume"),
    path("partners/<str:public_id>/end/", partners.end, name="partner-end"),
    path("partners/<str:public_id>/targeting/", targeting.show, name="partner-targeting"),
    path("partners/<str:public_id>/targeting/change/", targeting.change, name="targeting-change"),
    path("partners/<str:public_id>/targeting/preview/", targeting.preview, name="targeting-preview"),
]

urlpatterns = [*own, *discover, *promote, *tools, *look_after]
