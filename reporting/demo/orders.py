"""What the shops' servers reported after the visits: leads, installs, orders, refunds; by click, by code, after a view."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from django.utils import timezone
from uuid_utils.compat import uuid7

from advertisers.models import Campaign, Goal, GoalKind
from reporting.demo import parties
from reporting.demo.audience import Habits, order_amount, part_of
from reporting.demo.visits import Visit
from reporting.demo.world import HISTORY, World
from tracking.ingest.visitors import Visitors
from tracking.keys import sign_click_id
from tracking.models import Channel, Postback

AFTER_A_VIEW: Final = 0.002
NEEDS_DAYS: Final = {GoalKind.SALE: 0.3, GoalKind.LEAD: 0.15, GoalKind.INSTALL: 0.1}
"""Share of visitors who come back on another day to do it."""
AT_LEAST: Final = 90  # seconds that even the quickest need
THROWAWAY: Final = 0.03


@dataclass(slots=True)
class Shops:
    world: World
    random: Random
    habits: Habits = field(default_factory=Habits)
    visitors: Visitors = field(default_factory=Visitors)

    def reports(self, visits: Iterable[Visit]) -> list[Postback]:
        """In the order of time, none of them still to come."""
        goals: dict[int, list[Goal]] = {}
        for goal in Goal.objects.exclude(kind__in=[GoalKind.IMPRESSION, GoalKind.CLICK]).order_by("pk"):
            goals.setdefault(goal.campaign_id, []).append(goal)
        found = list(self._heard())
        for visit in visits:
            if visit.kind == "click" and visit.factor and not visit.person.is_robot:
                found.extend(self._funnel(visit, goals[visit.campaign.pk]))
            elif visit.kind == "impression" and visit.campaign.view_window_hours and not visit.person.is_robot:
                found.extend(self._after_a_view(visit))
        latest = timezone.now() - timedelta(minutes=1)
        return sorted((one for one in found if one.received_at < latest), key=lambda one: one.received_at)

    def _funnel(self, click: Visit, goals: list[Goal]) -> Iterator[Postback]:
        random, missed = self.random, False
        for goal in goals:
            chance = getattr(self.habits, goal.kind, 0.0) * click.factor
            if missed or random.random() > chance:
                missed = missed or goal.kind == GoalKind.INSTALL  # no trial without the app
                continue
            at = click.at + self._thinking(goal.kind)
            fields: dict[str, Any] = {"goal": goal.code, "click_id": sign_click_id(click.id)}
            if goal.kind == GoalKind.LEAD:
                fields["kept"] = {"email": self._mail()}
            if goal.kind == GoalKind.SALE and (coupon := self._code(click)):
                fields["coupon"] = coupon
            yield from self._order(click.campaign, at, fields, is_sale=goal.kind == GoalKind.SALE)

    def _heard(self) -> Iterator[Postback]:
        """Orders with a code that somebody heard or read: no click led to them."""
        for code in parties.COUPONS:
            for _order in range(code.orders_without_click):
                at = self.world.began + HISTORY * self.random.uniform(0.05, 1)
                fields = {"goal": "sale", "coupon": code.code}
                yield from self._order(self.world.campaigns[code.campaign], at, fields, is_sale=True)

    def _after_a_view(self, seen: Visit) -> Iterator[Postback]:
        """The shop's server tells the buyer's address and browser, by which the view is found."""
        if self.random.random() > AFTER_A_VIEW:
            return
        person = seen.person
        number = self.visitors.digest(person.address, person.user_agent)
        fields = {
            "goal": "sale",
            "ip": person.address,
            "user_agent": person.user_agent,
            "visitor": int.from_bytes(number, signed=True),
        }
        at = seen.at + timedelta(minutes=self.random.randint(9, 1_300))
        yield from self._order(seen.campaign, at, fields, is_sale=True)

    def _order(self, campaign: Campaign, at: datetime, fields: dict[str, Any], *, is_sale: bool) -> Iterator[Postback]:
        random = self.random
        order_id = f"{random.randint(10_000_000, 99_999_999)}"
        amount = order_amount(campaign.currency, random) if is_sale else None
        customer = random.choice(("new", "new", "returning"))
        told = {"kind": "conversion", "order_id": order_id, "amount": amount, "currency": campaign.currency}
        yield report(campaign, at, told | {"customer": customer} | fields)
        if amount and random.random() < self.habits.refund:
            part = amount if random.random() < 0.6 else part_of(amount, campaign.currency)
            refund = {"kind": "refund", "goal": "refund", "order_id": order_id, "refund_id": f"{order_id}-R1"}
            after = at + timedelta(days=random.randint(2, 12), seconds=random.randint(0, 40_000))
            yield report(campaign, after, refund | {"amount": part, "currency": campaign.currency})

    def _thinking(self, kind: str) -> timedelta:
        random = self.random
        days = random.uniform(0.5, 6) if random.random() < NEEDS_DAYS.get(GoalKind(kind), 0) else 0
        return timedelta(days=days, seconds=round(random.lognormvariate(7.2, 1.3)) + AT_LEAST)

    def _code(self, click: Visit) -> str:
        """Of the link, else of the publisher, else the one that everybody knows; most orders have none."""
        random = self.random
        if click.link.coupon:
            return click.link.coupon.code if random.random() < 0.7 else ""
        return "WELCOME5" if click.campaign == self.world.campaigns["fashion"] and random.random() < 0.06 else ""

    def _mail(self) -> str:
        name = f"u{self.random.randrange(10**7)}"
        return f"{name}@{'mailinator.com' if self.random.random() < THROWAWAY else 'mail.example'}"


def report(campaign: Campaign, at: datetime, fields: dict[str, Any]) -> Postback:
    """The raw call as the edge keeps it after its answer."""
    postback_id = uuid7(nanoseconds=int(at.timestamp() * 1000) * 10**6)
    hidden = {"kind", "visitor", "kept"}
    shown = {name: value for name, value in fields.items() if name not in hidden and value is not None}
    shown |= fields.get("kept", {})
    return Postback(
        id=postback_id,
        campaign_id=campaign.pk,
        received_at=at,
        channel=Channel.SERVER,
        method="POST",
        raw="&".join(f"{name}={value}" for name, value in shown.items()),
        fields=fields | {"occurred_at": at.isoformat(), "warnings": []},
        ip="198.51.100.7",
        user_agent="shop/1.0",
        status_code=200,
        answer={"status": "accepted", "id": str(postback_id)},
        accepted=True,
    )
