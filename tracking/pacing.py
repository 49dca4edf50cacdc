"""How far caps are used up in the running period, and who is told of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, Sum
from django.urls import reverse

from advertisers import periods
from advertisers.models import Campaign, CampaignStatus, Cap, Mandate, Metric, Scope
from network import formats, mail
from network.models import Membership, Organization, User
from network.roles import Role
from publishers.models import Partnership
from tracking.caps import use_of
from tracking.models import CapUse, DailyCount

LEVELS: Final = (100, 90, 80)
"""Percent of a cap at which people are told, once per period each."""


@dataclass(frozen=True, slots=True)
class Progress:
    cap: Cap
    publisher: str  # "": of the whole campaign
    used: int
    span: periods.Span

    @property
    def is_reached(self) -> bool:
        return self.used >= self.cap.limit

    @property
    def share(self) -> int:
        """In basis points of the limit, at most all of it."""
        return min(10_000, self.used * 10_000 // self.cap.limit)

    @property
    def level(self) -> int:
        """The highest of LEVELS that is reached, or 0."""
        return next((level for level in LEVELS if self.used * 100 >= level * self.cap.limit), 0)

    @property
    def rest(self) -> int:
        return max(0, self.cap.limit - self.used)


def progress(caps: Iterable[Cap], now: datetime) -> list[Progress]:
    """Of caps with their campaigns."""
    caps = list(caps)
    ids = {cap.partnership_id for cap in caps if cap.partnership_id}
    names = dict(Partnership.objects.filter(pk__in=ids).values_list("pk", "publisher__name"))
    found = []
    for cap in caps:
        span = periods.span(cap.period, now, cap.campaign.time_zone)
        publisher = names.get(cap.partnership_id, "") if cap.partnership_id else ""
        found.append(Progress(cap, publisher, used(cap, span), span))
    return found


def used(cap: Cap, span: periods.Span) -> int:
    """Conversions that were counted; clicks that were kept, valid or not, as far as they are stored."""
    if cap.metric == Metric.CONVERSIONS:
        counted = CapUse.objects.filter(cap=cap, starts_at=span.starts_at).values_list("used", flat=True).first()
        return counted or 0
    days = DailyCount.objects.filter(campaign_id=cap.campaign_id, day__range=(span.first, span.last))
    if cap.partnership_id:
        days = days.filter(partnership_id=cap.partnership_id)
    return int(days.aggregate(kept=Sum(F("clicks") + F("invalid_clicks"), default=0))["kept"])


def watch(now: datetime) -> int:
    """Tell people of caps that came to a new level. Returns how many mails' worth of news there was."""
    running = Cap.objects.filter(campaign__status__in=[CampaignStatus.ACTIVE, CampaignStatus.PAUSED])
    told = 0
    for each in progress(running.select_related("campaign__advertiser").order_by("pk"), now):
        if each.level and _claim(each, now):
            told += 1
    return told


@transaction.atomic
def _claim(each: Progress, now: datetime) -> bool:
    """Once per level and period, by whichever process comes first."""
    use = use_of(each.cap, now, each.cap.campaign.time_zone)
    if not CapUse.objects.filter(pk=use.pk, alerted__lt=each.level).update(alerted=each.level):
        return False
    campaign = each.cap.campaign
    page = settings.SITE_URL + reverse("tracking:campaign-caps", args=[campaign.public_id])
    for reader in _readers(campaign):
        mail.send(
            "tracking/cap_level",
            reader,
            campaign=campaign,
            publisher=" ".join(each.publisher.split()),
            cap=each.cap,
            level=each.level,
            percent=formats.percent(each.level * 100, reader.language),
            used=formats.number(each.used, reader.language),
            limit=formats.number(each.cap.limit, reader.language),
            page=page,
        )
    return True


def _readers(campaign: Campaign) -> Iterable[User]:
    """Owners and managers of the advertiser and of the agencies that run its campaigns."""
    given = Mandate.objects.filter(
        advertiser=campaign.advertiser, ended_at=None, scopes__contains=[Scope.CAMPAIGNS]
    ).values("agency")
    sides = Organization.objects.filter(Q(pk=campaign.advertiser_id) | Q(pk__in=given))
    members = Membership.objects.filter(organization__in=sides, role__in=[Role.OWNER, Role.MANAGER])
    return User.objects.filter(memberships__in=members, is_active=True).distinct().order_by("pk")
