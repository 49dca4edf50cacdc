"""The places where a publisher promotes, as it declares them."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from network import audit
from network.actors import Actor
from network.errors import DomainError
from network.models import Organization
from publishers.models import Property, PublisherKind


class PropertyExists(DomainError):
    code = "property_exists"
    message = _("You have already added this address.")
    status = 409


class PropertyRemoved(DomainError):
    code = "property_removed"
    message = _("This property has been removed.")
    status = 409


@transaction.atomic
def add(
    publisher: Organization,
    *,
    kind: PublisherKind | str,
    name: str,
    url: str,
    monthly_visitors: int | None = None,
    by: Actor,
) -> Property:
    added = Property(publisher=publisher, kind=kind, name=name, url=url, monthly_visitors=monthly_visitors)
    _save(added)
    audit.record(by, "property.added", added, url=url)
    return added


@transaction.atomic
def edit(
    declared: Property,
    *,
    kind: PublisherKind | str,
    name: str,
    url: str,
    monthly_visitors: int | None = None,
    by: Actor,
) -> Property:
    declared = _locked(declared)
    declared.kind, declared.name, declared.url, declared.monthly_visitors = kind, name, url, monthly_visitors
    _save(declared)
    audit.record(by, "property.edited", declared, url=url)
    return declared


@transaction.atomic
def remove(declared: Property, *, by: Actor) -> Property:
    """Links that named this property keep their past; it is only offered no longer."""
    declared = _locked(declared)
    declared.removed_at = timezone.now()
    declared.save(update_fields=["removed_at"])
    audit.record(by, "property.removed", declared, url=declared.url)
    return declared


def _locked(declared: Property) -> Property:
    declared = Property.objects.select_for_update(no_key=True).get(pk=declared.pk)
    if declared.removed_at:
        raise PropertyRemoved
    return declared


def _save(declared: Property) -> None:
    try:
        with transaction.atomic():
            declared.save()
    except IntegrityError as error:
        if "property_once" in str(error):
            raise PropertyExists(field="url") from None
        raise
