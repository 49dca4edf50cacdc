from django.db import connection, models
from django.db.transaction import TransactionManagementError

from network.actors import Actor
from network.models import AuditEntry, Organization


def record(
    by: Actor, action: str, obj: models.Model, *, subject: Organization | None = None, **detail: object
) -> AuditEntry:
    """Write one audit entry in the caller's database transaction. `subject` is the organization whose object it is."""
    if not connection.in_atomic_block:
        raise TransactionManagementError("an audit entry belongs to the database transaction of its cause")
    if by.job:
        detail["job"] = by.job
    return AuditEntry.objects.create(
        user=by.user,
        organization=by.organization,
        subject=subject or (obj if isinstance(obj, Organization) else getattr(obj, "organization", None)),
        action=action,
        object_type=obj._meta.model_name or "",
        object_id=str(getattr(obj, "public_id", obj.pk)),
        label=str(obj)[:200],
        detail=detail,
    )
