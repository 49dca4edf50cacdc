"""Mails about partnerships, to the owners and managers of the other side. Templates: `templates/mail/publishers/`."""

from collections.abc import Iterable

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from advertisers.models import Mandate, Scope
from network import mail
from network.models import Membership, Organization, User
from network.roles import Role
from publishers.models import Partnership

READERS = (Role.OWNER, Role.MANAGER)


def to_publisher(event: str, partnership: Partnership) -> None:
    """What the campaign's side did: invited, approved, declined, paused, resumed or ended."""
    page = reverse("publishers:campaign-show", args=[partnership.campaign.public_id])
    _send(event, partnership, [partnership.publisher], page)


def to_campaign_side(event: str, partnership: Partnership) -> None:
    """What the publisher did: applied, accepted, declined the invitation or left. The advertiser's agencies read it too."""
    advertiser = partnership.campaign.advertiser
    page = reverse("publishers:partner-detail", args=[partnership.public_id])
    _send(event, partnership, [advertiser, *_agencies(advertiser)], page)


def _agencies(advertiser: Organization) -> Iterable[Organization]:
    given = Mandate.objects.filter(advertiser=advertiser, ended_at=None, scopes__contains=[Scope.PUBLISHERS])
    return [mandate.agency for mandate in given.select_related("agency")]


def _send(event: str, partnership: Partnership, sides: Iterable[Organization], page: str) -> None:
    """One mail per person. What people wrote goes on one line, so that it cannot pass for a part of the mail."""
    for reader in _readers(sides):
        mail.send(
            f"publishers/{event}",
            reader,
            publisher=_on_one_line(partnership.publisher.name),
            campaign=_on_one_line(partnership.campaign.name),
            advertiser=_on_one_line(partnership.campaign.advertiser.name),
            words=_on_one_line(partnership.message),
            reason=_on_one_line(partnership.reason),
            page=f"{settings.SITE_URL}{page}",
        )


def _readers(sides: Iterable[Organization]) -> Iterable[User]:
    told = Q(memberships__in=Membership.objects.filter(organization__in=list(sides), role__in=READERS))
    return User.objects.filter(told, is_active=True).distinct().order_by("pk")


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
