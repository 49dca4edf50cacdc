from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from network.models import ApiKey, AuditEntry, Invitation, Membership, NetworkSettings, Organization, User
from network.support import Admin, ReadOnly


@admin.register(User)
class UserAdmin(Admin):
    """Support may correct a name or switch an account off; passwords are only set by their owners."""

    list_display = ["email", "name", "language", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff", "language"]
    search_fields = ["email", "name"]
    fields = ["email", "name", "language", "time_zone", "is_active", "is_staff", "last_login", "date_joined"]
    readonly_fields = ["email", "is_staff", "last_login", "date_joined"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(EmailAddress)
class EmailAddressAdmin(ReadOnly):
    list_display = ["email", "user", "verified", "primary"]
    list_filter = ["verified", "primary"]
    list_select_related = ["user"]
    search_fields = ["email"]


@admin.register(Authenticator)
class AuthenticatorAdmin(ReadOnly):
    """Without the secret. Support may remove a second factor that its owner has lost."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_select_related = ["user"]
    search_fields = ["user__email"]
    exclude = ["data"]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)


@admin.register(Organization)
class OrganizationAdmin(ReadOnly):
    list_display = ["name", "kind", "status", "currency", "country", "created_at"]
    list_filter = ["kind", "status", "currency"]
    search_fields = ["name", "public_id", "website"]


@admin.register(Membership)
class MembershipAdmin(ReadOnly):
    list_display = ["user", "organization", "role", "created_at"]
    list_filter = ["role", "organization__kind"]
    list_select_related = ["user", "organization"]
    search_fields = ["user__email", "organization__name"]


@admin.register(Invitation)
class InvitationAdmin(ReadOnly):
    list_display = ["email", "organization", "role", "created_at", "expires_at", "accepted_at", "revoked_at"]
    list_select_related = ["organization"]
    search_fields = ["email", "organization__name"]
    exclude = ["token_hash"]


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly):
    list_display = ["name", "prefix", "organization", "created_at", "last_used_at", "revoked_at"]
    list_select_related = ["organization"]
    search_fields = ["name", "prefix", "organization__name"]
    exclude = ["key_hash"]


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    list_display = ["at", "action", "label", "user", "organization", "subject"]
    list_filter = ["action"]
    list_select_related = ["user", "organization", "subject"]
    search_fields = ["label", "object_id", "user__email"]
    date_hierarchy = "at"


@admin.register(NetworkSettings)
class NetworkSettingsAdmin(ReadOnly):
    list_display = ["fallback_url", "fee_basis_points", "low_balance_days"]
