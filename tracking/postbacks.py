"""The postback log as people read it: each call with its answer, what was done with it, why, and what to do."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.fields.json import KT
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext

from advertisers.models import Campaign, System
from network.models import Organization
from network.money import Currency, Money
from tracking.models import Conversion, Postback, Refund
from tracking.outcomes import LOOKS, OUTCOMES, REJECTED, TAKING_EFFECT, UNPAID, Explanation, Outcome
from tracking.workset import PATIENCE

PAGE: Final = 50
LATEST: Final = (timedelta(days=1), timedelta(days=10))
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """`look` is a status of `network.statuses`, `word` what is written on it."""

    postback: Postback
    campaign: Campaign
    conversion: Conversion | None

    @property
    def order_id(self) -> str:
        return str(self.postback.fields.get("order_id") or "")

    @property
    def goal(self) -> str:
        return str(self.postback.fields.get("goal") or "")

    @property
    def profile(self) -> str | Promise:
        """The system in whose words it was read."""
        name = self.postback.fields.get("profile") or ""
        return System(name).label if name in System else ""

    @property
    def amount(self) -> Money | None:
        amount, currency = self.postback.fields.get("amount"), self.postback.fields.get("currency")
        known = isinstance(amount, int) and currency in Currency.values
        return Money(amount, currency) if known else None

    @property
    def is_duplicate(self) -> bool:
        """Recognised at the door."""
        return bool(self.postback.answer.get("status") == "duplicate")

    @property
    def look(self) -> str:
        if self.is_duplicate:
            return "duplicate"
        if not self.postback.accepted:
            return "rejected"
        return LOOKS.get(self.postback.outcome, "received")

    @property
    def word(self) -> str | Promise:
        """Empty: the word of the look."""
        return Outcome(self.postback.outcome).label if self.postback.outcome in Outcome else ""

    @property
    def explanation(self) -> Explanation:
        if self.is_duplicate:
            return OUTCOMES[Outcome.DUPLICATE]
        if not self.postback.accepted:
            return self._rejected()
        if self.postback.outcome in {Outcome.UNPAID, Outcome.HELD} and self.conversion:
            return UNPAID.get(self.conversion.reason, OUTCOMES[Outcome.CONVERTED])
        return OUTCOMES.get(self.postback.outcome, TAKING_EFFECT)

    def _rejected(self) -> Explanation:
        answer = self.postback.answer
        known = REJECTED.get(answer.get("reason") or "")
        return known or Explanation(answer.get("message") or gettext("Rejected."))

    @property
    def answer_text(self) -> str:
        return json.dumps(self.postback.answer, ensure_ascii=False, indent=2)

    @property
    def field(self) -> str:
        """The parameter that a rejection is about."""
        return str(self.postback.answer.get("field") or "")


@dataclass(frozen=True, slots=True)
class Filter:
    """`only`: accepted, rejected or empty. `before`: the cursor of the row after which to go on."""

    only: str = ""
    outcome: str = ""
    campaign: str = ""
    order_id: str = ""
    before: str = ""


def log(organization: Organization, wanted: Filter) -> tuple[list[Row], str]:
    """One page of the log, newest first, and the cursor for the next; empty at the end."""
    found = Postback.objects.visible_to(organization)
    if wanted.only == "accepted":
        found = found.filter(accepted=True)
    elif wanted.only == "rejected":
        found = found.filter(accepted=False).exclude(answer__status="duplicate")
    if wanted.outcome:
        found = found.filter(outcome=wanted.outcome)
    if wanted.campaign:
        campaigns = Campaign.objects.filter(public_id=wanted.campaign).values_list("pk", flat=True)
        found = found.filter(campaign_id__in=list(campaigns))
    if wanted.order_id:
        found = found.alias(order=KT("fields__order_id")).filter(order=wanted.order_id)
    postbacks = _page(_after(found, wanted.before), _read(wanted.before))
    more = cursor(postbacks[PAGE - 1]) if len(postbacks) > PAGE else ""
    return rows(postbacks[:PAGE]), more


def about(conversion: Conversion) -> list[Row]:
    """All calls that made or changed one conversion, oldest first. Few come before it: a change of its status or a refund."""
    refunded = Refund.objects.filter(conversion=conversion.pk).values_list("received_at", flat=True)
    since = min([conversion.received_at - PATIENCE, *refunded])
    found = Postback.objects.filter(
        conversion_id=conversion.pk, received_at__gte=since, received_at__lte=timezone.now()
    )
    return rows(found.order_by("received_at"))


def rows(postbacks: Iterable[Postback]) -> list[Row]:
    postbacks = list(postbacks)
    campaigns = Campaign.objects.select_related("advertiser").in_bulk({one.campaign_id for one in postbacks})
    ids = {one.conversion_id for one in postbacks if one.conversion_id}
    conversions = Conversion.objects.select_related("partnership__publisher", "goal").in_bulk(ids)
    return [
        Row(one, campaigns[one.campaign_id], conversions.get(one.conversion_id) if one.conversion_id else None)
        for one in postbacks
        if one.campaign_id in campaigns
    ]


def cursor(postback: Postback) -> str:
    return f"{(postback.received_at - EPOCH) // timedelta(microseconds=1)}-{postback.id}"


def _after(found: QuerySet[Postback], text: str) -> QuerySet[Postback]:
    read = _read(text)
    if read is None:
        return found
    at, id_ = read
    return found.filter(Q(received_at__lt=at) | Q(received_at=at, id__lt=id_), received_at__lte=at)


def _read(text: str) -> tuple[datetime, UUID] | None:
    """A cursor that cannot be read is none."""
    moment, _, identifier = text.partition("-")
    try:
        return EPOCH + timedelta(microseconds=int(moment)), UUID(identifier)
    except (ValueError, OverflowError):
        return None


def _page(found: QuerySet[Postback], after: tuple[datetime, UUID] | None) -> list[Postback]:
    """A page and one more. First among the latest: all that is kept is only looked at where these are too few."""
    end = after[0] if after else timezone.now()
    for back in LATEST:
        try:
            within = found.filter(received_at__gte=end - back)
        except OverflowError:  # a made-up cursor
            within = found
        postbacks = list(within.order_by("-received_at", "-id")[: PAGE + 1])
        if len(postbacks) > PAGE:
            return postbacks
    return list(found.order_by("-received_at", "-id")[: PAGE + 1])
