"""What an organization reads of itself through the API: the same rows and rights as on its pages."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema
from pydantic import Field

from advertisers.models import Campaign, Scope, advertisers_of
from network.api import ApiRequest, MoneyOut, Page, Window, page
from network.models import Kind, Organization
from network.money import Currency, Money
from payouts import explanations, ledger
from payouts.models import Commission, CommissionStatus
from publishers import urls_out
from publishers.models import TrackingLink
from reporting.figures import Figures, Slice, campaigns_seen_by, daily
from reporting.periods import Period, PeriodTooLong
from tracking.models import Conversion

router = Router()
LONGEST_DAYS = 366
EARLIEST = date(2000, 1, 1)
UNPAID = "unpaid"
STATE = rf"^({'|'.join([*CommissionStatus.values, UNPAID])})$"


class GoalOut(Schema):
    code: str
    name: str
    kind: str


class CampaignOut(Schema):
    public_id: str
    name: str
    objective: str
    status: str
    currency: str
    time_zone: str
    landing_url: str
    window_days: int
    validation_days: int
    goals: list[GoalOut]

    @classmethod
    def of(cls, campaign: Campaign) -> Self:
        goals = [GoalOut(code=goal.code, name=goal.name, kind=goal.kind) for goal in campaign.goals.all()]
        names = [name for name in cls.model_fields if name != "goals"]
        return cls(goals=goals, **{name: getattr(campaign, name) for name in names})


@router.get("/campaigns", response=Page[CampaignOut], url_name="campaign-list", summary="Campaigns")
def campaign_list(request: ApiRequest, window: Query[Window]) -> Page[CampaignOut]:
    """An advertiser's or client's campaigns; for a publisher those it is or was a partner of."""
    return page(campaigns_seen_by(request.organization).prefetch_related("goals"), window, CampaignOut.of)


class LinkOut(Schema):
    code: str
    url: str
    name: str
    campaign: str
    creative: str | None
    destination: str
    created_at: datetime

    @classmethod
    def of(cls, link: TrackingLink) -> Self:
        return cls(
            code=link.code,
            url=urls_out.click_url(link),
            name=link.name,
            campaign=link.partnership.campaign.public_id,
            creative=link.creative.public_id if link.creative else None,
            destination=link.destination,
            created_at=link.created_at,
        )


@router.get("/links", response=Page[LinkOut], url_name="link-list", summary="Tracking links")
def link_list(request: ApiRequest, window: Query[Window]) -> Page[LinkOut]:
    """A publisher's own living links; for the others those of the campaigns they run."""
    links = TrackingLink.objects.filter(retired_at=None).select_related("partnership__campaign", "creative")
    if request.organization.kind == Kind.PUBLISHER:
        links = links.filter(partnership__publisher=request.organization)
    else:
        links = links.filter(
            partnership__campaign__advertiser__in=advertisers_of(request.organization, Scope.PUBLISHERS)
        )
    return page(links, window, LinkOut.of)


class CommissionOut(Schema):
    """`cost` is the advertiser's: commission and network fee. Publishers do not see it."""

    status: str
    reason: str
    amount: MoneyOut
    cost: MoneyOut | None
    explanation: str


class ConversionOut(Schema):
    id: UUID
    campaign: str
    goal: str
    order_id: str
    occurred_at: datetime
    amount: MoneyOut | None
    publisher: str | None
    subs: list[str] | None
    verdict: str
    reason: str
    state: Annotated[str, Field(description="the commission's status, or `unpaid` when there is none")]
    commission: CommissionOut | None


class ConversionWindow(Window):
    order_id: Annotated[str | None, Field(max_length=128)] = None
    campaign: Annotated[str | None, Field(max_length=12)] = None
    state: Annotated[str | None, Field(pattern=STATE)] = None


@router.get("/conversions", response=Page[ConversionOut], url_name="conversion-list", summary="Conversions")
def conversion_list(request: ApiRequest, window: Query[ConversionWindow]) -> Page[ConversionOut]:
    """The newest first, each with its state, its commission and the sentence that explains it."""
    rows = conversions_seen_by(request.organization).select_related("campaign", "goal", "partnership__publisher")
    if window.order_id is not None:
        rows = rows.filter(order_id=window.order_id)
    if window.campaign:
        rows = rows.filter(campaign__public_id=window.campaign)
    if window.state:
        commission = Commission.objects.filter(conversion=OuterRef("pk"), partnership=OuterRef("partnership"))
        state = ~Exists(commission) if window.state == UNPAID else Exists(commission.filter(status=window.state))
        rows = rows.filter(state)
    found = page(rows, window, lambda conversion: conversion, by="-received_at")
    priced = Commission.objects.filter(conversion__in=found.items).select_related("goal", "plan", "rule", "conversion")
    commissions: dict[tuple[UUID | None, int | None], Commission] = {
        (commission.conversion_id, commission.partnership_id): commission for commission in priced
    }
    seen = [
        _conversion(one, commissions.get((one.pk, one.partnership_id)), request.organization, window.order_id)
        for one in found.items
    ]
    return Page(items=seen, next=found.next)


def conversions_seen_by(organization: Organization) -> QuerySet[Conversion]:
    if organization.kind == Kind.PUBLISHER:
        return Conversion.objects.filter(partnership__publisher=organization, is_test=False)
    return Conversion.objects.filter(campaign__advertiser__in=advertisers_of(organization, Scope.CONVERSIONS))


def _conversion(
    conversion: Conversion, commission: Commission | None, reader: Organization, asked: str | None
) -> ConversionOut:
    """A publisher reads only the end of an order number, as on its pages, unless it asked by the whole one."""
    is_hidden = reader.kind == Kind.PUBLISHER and asked is None
    amount = None if conversion.amount is None else Money(conversion.amount, conversion.currency)
    return ConversionOut(
        id=conversion.pk,
        campaign=conversion.campaign.public_id,
        goal=conversion.goal.code,
        order_id=explanations.shortened(conversion.order_id) if is_hidden else conversion.order_id,
        occurred_at=conversion.occurred_at,
        amount=MoneyOut.of(amount) if amount else None,
        publisher=conversion.partnership.publisher.name if conversion.partnership else None,
        subs=conversion.subs,
        verdict=conversion.verdict,
        reason=conversion.reason,
        state=commission.status if commission else UNPAID,
        commission=_commission(commission, reader) if commission else None,
    )


def _commission(commission: Commission, reader: Organization) -> CommissionOut:
    is_publisher = reader.kind == Kind.PUBLISHER
    return CommissionOut(
        status=commission.status,
        reason=commission.reason,
        amount=MoneyOut.of(commission.earned),
        cost=None if is_publisher else MoneyOut.of(commission.cost),
        explanation=explanations.explain(commission, reader),
    )


class StatisticsOut(Schema):
    day: date
    impressions: int
    clicks: int
    invalid_clicks: int
    conversions: int
    sales: MoneyOut
    commission: MoneyOut
    cost: MoneyOut | None

    @classmethod
    def of(cls, day: date, figures: Figures, reader: Organization) -> Self:
        return cls(
            day=day,
            impressions=figures.impressions,
            clicks=figures.clicks,
            invalid_clicks=figures.invalid_clicks,
            conversions=figures.conversions,
            sales=MoneyOut.of(figures.net_sales),
            commission=MoneyOut.of(figures.earnings),
            cost=None if reader.kind == Kind.PUBLISHER else MoneyOut.of(figures.spend),
        )


class StatisticsQuery(Schema):
    currency: Currency | None = None
    first: Annotated[date | None, Field(ge=EARLIEST)] = None
    last: Annotated[date | None, Field(ge=EARLIEST)] = None
    campaign: Annotated[str | None, Field(max_length=12)] = None


class StatisticsList(Schema):
    items: list[StatisticsOut]
    next: None = None


@router.get("/statistics", response=StatisticsList, url_name="statistics", summary="Statistics by day")
def statistics(request: ApiRequest, asked: Query[StatisticsQuery]) -> StatisticsList:
    """Every day from `first` to `last` (by default the last 30), of one currency, in each campaign's own days."""
    seen = campaigns_seen_by(request.organization)
    campaign = get_object_or_404(seen, public_id=asked.campaign) if asked.campaign else None
    currency = campaign.currency if campaign else asked.currency or request.organization.currency
    part = Slice(request.organization, currency, _period(asked, seen), campaign)
    return StatisticsList(items=[StatisticsOut.of(day, one, request.organization) for day, one in daily(part)])


def _period(asked: StatisticsQuery, campaigns: QuerySet[Campaign]) -> Period:
    latest = Period.latest(30, campaigns.order_by().values_list("time_zone", flat=True).distinct())
    last = asked.last or latest.last
    period = Period(asked.first or Period.ending(last, 30).first, last)
    if not 0 < period.length <= LONGEST_DAYS:
        raise PeriodTooLong(field="first")
    return period


class BalanceOut(Schema):
    organization: str
    currency: str
    available: MoneyOut
    pending: MoneyOut
    held: MoneyOut


class BalanceList(Schema):
    items: list[BalanceOut]
    next: None = None


@router.get("/balance", response=BalanceList, url_name="balance", summary="Balances")
def balance(request: ApiRequest) -> BalanceList:
    """From the ledger, per currency. An agency reads those of the clients that gave it the money scope."""
    organization = request.organization
    owners = [organization] if organization.kind == Kind.PUBLISHER else advertisers_of(organization, Scope.MONEY)
    found: list[Any] = [one for owner in owners for one in ledger.balances(owner)]
    return BalanceList(items=[_balance(one) for one in found])


def _balance(found: ledger.Balance) -> BalanceOut:
    return BalanceOut(
        organization=found.organization.public_id,
        currency=found.currency,
        available=MoneyOut.of(found.available),
        pending=MoneyOut.of(found.pending),
        held=MoneyOut.of(found.held),
    )
