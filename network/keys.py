"""API keys of an organization: shown once when made, stored hashed, closed for good when revoked."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from network import audit, tokens
from network.actors import Actor
from network.errors import DomainError
from network.models import ApiKey, Organization

PREFIX: Final = "pvd_"
USED_AT_MOST: Final = timedelta(minutes=1)


class Scope(models.TextChoices):
    READ = "read", _("Read")
    WRITE = "write", _("Write")


class KeyRevoked(DomainError):
    code = "key_revoked"
    message = _("This key is already revoked.")
    status = 409


@transaction.atomic
def create(organization: Organization, *, name: str, scopes: Sequence[Scope], by: Actor) -> tuple[ApiKey, str]:
    """The key's row and the key itself, which is not kept."""
    secret = tokens.make(PREFIX)
    key = ApiKey.objects.create(
        organization=organization,
        name=name,
        prefix=secret[:12],
        key_hash=tokens.hashed(secret),
        scopes=list(scopes),
        created_by=by.person,
    )
    audit.record(by, "key.created", key, scopes=list(scopes))
    return key, secret


@transaction.atomic
def revoke(key: ApiKey, *, by: Actor) -> ApiKey:
    key = ApiKey.objects.select_for_update(no_key=True).get(pk=key.pk)
    if key.revoked_at:
        raise KeyRevoked
    key.revoked_at = timezone.now()
    key.save(update_fields=["revoked_at"])
    audit.record(by, "key.revoked", key)
    return key


def use(secret: str) -> ApiKey | None:
    """The living key with this secret. Its last use is written down at most once a minute."""
    key = ApiKey.objects.filter(key_hash=tokens.hashed(secret), revoked_at=None).select_related("organization").first()
    if key:
        now = timezone.now()
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_AT_MOST)
        if key.last_used_at is None or key.last_used_at < now - USED_AT_MOST:
            ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
    return key
