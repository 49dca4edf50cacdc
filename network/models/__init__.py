from network.models.audit import AuditEntry
from network.models.identities import (
    Invitation,
    Kind,
    LoginAddress,
    Membership,
    NetworkSettings,
    Organization,
    OrganizationStatus,
    User,
)
from network.models.keys import ApiKey

__all__ = [
    "ApiKey",
    "AuditEntry",
    "Invitation",
    "Kind",
    "LoginAddress",
    "Membership",
    "NetworkSettings",
    "Organization",
    "OrganizationStatus",
    "User",
]
