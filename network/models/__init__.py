from network.models.audit import AuditEntry
from network.models.identities import (
    Invitation,
    Kind,
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
    "Membership",
    "NetworkSettings",
    "Organization",
    "OrganizationStatus",
    "User",
]
