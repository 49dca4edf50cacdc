"""A market to earn in: Ada's campaign with the terms a test names, Pia in it, money on Ada's balance, and what happens there.

Events go through the real ingest, reports through the real processing, money through the real tasks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from redis import Redis

from advertisers import campaigns, goals, plans
from advertisers.models import Campaign, GoalKind, Objective
from network.money import Money
from payouts import accounts, bonuses, ledger, proof, tasks, topups
from payouts.accounts import Account
from payouts.models import Bonus, Commission, TopUp
from publishers import links, partnerships
from publishers.models import Partnership, TrackingLink
from tests.cast import Member
from tests.tracking import stage
from tracking.models import Conversion

MICRO = 1_000_000
LONG_AGO = timedelta(days=40)

type Rules = dict[str, tuple[int, int]]
"""By goal code: flat part in millionths of a minor unit (CPM: per thousand), percentage in basis points."""


@dataclass
class Market:
    nima: Member
    ada: Member
    pia: Member
    campaign: Campaign
    partnership: Partnership
    link: TrackingLink
    redis: Redis

    @property
    def currency(self) -> str:
        return self.campaign.currency

    # what happens

    def top_up(self, amount: int, reference: str = "") -> TopUp:
        money = Money(amount, self.currency)
        return topups.record(
            self.ada.organization, amount=money, reference=reference or uuid4().hex, by=self.nima.actor
        )

    def report(self, order_id: str, amount: int | None = 10_000, **fields: Any) -> Conversion:
        """A server-to-server report (by default of a sale of 100.00 after Pia's click), processed but not settled."""
        clicked_at: datetime | None = fields.pop("clicked_at", None)
        link: TrackingLink = fields.pop("link", self.link)
        fields = {"goal": "sale", "click_id": stage.click_id(link, clicked_at)} | fields
        postback = stage.report(self.campaign, order_id, amount=amount, **fields)
        stage.process(postback)
        return stage.conversion(order_id, fields["goal"])

    def sell(self, order_id: str, amount: int | None = 10_000, **fields: Any) -> Commission:
        """The same, settled."""
        conversion = self.report(order_id, amount, **fields)
        self.settle()
        return Commission.objects.get(conversion=conversion)

    def refund(self, order_id: str, amount: int | None = None, refund_id: str = "r1") -> None:
        stage.process(stage.refund(self.campaign, order_id, amount, refund_id=refund_id))
        self.settle()

    def happen(self, kind: str, times: int) -> None:
        """Clicks or impressions on Pia's link."""
        stage.send(self.redis, *(stage.event(self.link, t=kind) for _ in range(times)))
        stage.ingest(self.redis)

    def settle(self) -> None:
        tasks.settle_conversions()
        tasks.settle_days()

    def bonus(self, amount: int) -> Bonus:
        money = Money(amount, self.currency)
        return bonuses.give(self.partnership, amount=money, reason="Great month", key=uuid4(), by=self.ada.actor)

    # what the books say

    def books(self) -> dict[str, int]:
        """Every account's balance in minor units, without empty ones; proven first."""
        assert proof.verify() == []
        named: dict[str, Account] = {
            "funds": accounts.funds(self.ada.organization, self.currency),
            "pending": accounts.pending(self.pia.organization, self.currency),
            "held": accounts.held(self.pia.organization, self.currency),
            "payable": accounts.payable(self.pia.organization, self.currency),
            "fee pending": accounts.fee_pending(self.currency),
            "fee": accounts.network_fee(self.currency),
            "cash": accounts.cash(self.currency),
        }
        return {name: amount for name, account in named.items() if (amount := ledger.balance(account))}

    def commission(self) -> Commission:
        return Commission.objects.get()


type OpenMarket = Callable[..., Market]


@pytest.fixture
def open_market(nima: Member, ada: Member, pia: Member, redis: Redis) -> OpenMarket:
    """`open_market({"sale": (0, 800)}, funds=100_000, currency="USD", validation_days=30)`; the network's fee is 20%."""

    def build(rules: Rules, *, funds: int = 100_000, currency: str = "USD", **fields: Any) -> Market:
        campaign = campaigns.create(
            ada.organization,
            name="Ada's shop",
            objective=Objective.SALES,
            landing_url="https://shop.example.com/",
            currency=currency,
            by=ada.actor,
            **fields,
        )
        for kind in (GoalKind.LEAD, GoalKind.INSTALL):
            goals.add(campaign, kind=kind, by=ada.actor)
        activate(campaign, rules, ada, starts_at=timezone.now() - LONG_AGO)
        campaign = campaigns.start(campaign, by=ada.actor)
        applied = partnerships.apply(campaign, publisher=pia.organization, by=pia.actor)
        partnership = partnerships.approve(applied, by=ada.actor)
        link = links.grab(partnership, by=pia.actor)
        market = Market(nima, ada, pia, campaign, partnership, link, redis)
        if funds:
            market.top_up(funds)
        return market

    return build


def activate(campaign: Campaign, rules: Rules, ada: Member, starts_at: datetime | None = None) -> None:
    by_code = {goal.code: goal for goal in campaign.goals.all()}
    terms = [plans.Terms(by_code[code], flat, percent) for code, (flat, percent) in rules.items()]
    draft = plans.set_rules(plans.draft(campaign, by=ada.actor), terms, by=ada.actor)
    plans.activate(draft, by=ada.actor, starts_at=starts_at)


@pytest.fixture
def market(open_market: OpenMarket) -> Market:
    """8% of a sale, 20% network fee, 1,000.00 dollars on Ada's balance."""
    return open_market({"sale": (0, 800)})
