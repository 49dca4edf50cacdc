"""An advertiser gives an OPM agency scopes over itself, changes them by giving anew, and ends it at any time."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from advertisers.models import Mandate, Scope
from network import audit
from network.actors import Actor
from network.errors import DomainError
from network.models import Kind, Organization


class NotAnAgency(DomainError):
    code = "not_an_agency"
    message = _("A mandate can only be given to an active agency.")


class MandateNeedsScope(DomainError):
    code = "mandate_needs_scope"
    message = _("Choose at least one thing that the agency may do.")


class MandateEnded(DomainError):
    code = "mandate_ended"
    message = _("This mandate has already ended.")
    status = 409


@transaction.atomic
def give(advertiser: Organization, *, agency: Organization, scopes: Sequence[Scope], by: Actor) -> Mandate:
    """The agency's open mandate with exactly these scopes; an earlier one with others is ended first."""
    if agency.kind != Kind.AGENCY or not agency.is_active:
        raise NotAnAgency(field="agency")
    if not scopes:
        raise MandateNeedsScope(field="scopes")
    Organization.objects.select_for_update(no_key=True).get(pk=advertiser.pk)
    Mandate.objects.filter(advertiser=advertiser, agency=agency, ended_at=None).update(ended_at=timezone.now())
    mandate = Mandate.objects.create(advertiser=advertiser, agency=agency, scopes=list(scopes))
    audit.record(by, "mandate.given", mandate, subject=advertiser, scopes=list(scopes))
    return mandate


@transaction.atomic
def end(mandate: Mandate, *, by: Actor) -> Mandate:
    mandate = Mandate.objects.select_for_update(no_key=True, of=("self",)).get(pk=mandate.pk)
    if mandate.ended_at:
        raise MandateEnded
    mandate.ended_at = timezone.now()
    mandate.save(update_fields=["ended_at"])
    audit.record(by, "mandate.ended", mandate, subject=mandate.advertiser)
    return mandate
