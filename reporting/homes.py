"""Each role's home page: its context, nothing else. The pages are in templates/reporting/home_*.html."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from redis.exceptions import RedisError

from advertisers.models import Campaign
from network import charts
from network.http import Request
from network.models import Kind, Organization, OrganizationStatus
from network.roles import Can, allows
from payouts import ledger
from payouts.models import Commission
from publishers.models import Partnership, PartnershipStatus
from reporting import attention
from reporting.overview import Overview
from tracking.ingest import status

RECENT = 8


def advertiser(request: Request) -> dict[str, Any]:
    overview = Overview.asked(request.organization, request.GET)
    return {
        "overview": overview,
        "charts": _buyer_charts(overview),
        "campaigns_in_all": Campaign.objects.run_by(request.organization).count(),
        "campaigns": overview.campaigns(lambda figures: figures.spend.amount),
        "partners": overview.partners(lambda figures: figures.spend.amount),
        "balances": _balances(request),
        "queue": attention.queue(request.organization, with_money=_sees_money(request)),
    }


def agency(request: Request) -> dict[str, Any]:
    overview = Overview.asked(request.organization, request.GET)
    return {
        "overview": overview,
        "charts": _buyer_charts(overview),
        "clients": attention.clients(request.organization, overview.clients(), with_money=_sees_money(request)),
        "queue": attention.queue(request.organization, with_money=_sees_money(request)),
        "partners": overview.partners(lambda figures: figures.spend.amount),
    }


def publisher(request: Request) -> dict[str, Any]:
    overview = Overview.asked(request.organization, request.GET)
    days = [day for day, _figures in overview.days]
    figures = [figures for _day, figures in overview.days]
    own = Partnership.objects.filter(publisher=request.organization)
    return {
        "overview": overview,
        "charts": {
            "traffic": charts.by_day(
                days,
                charts.Series(_("Clicks"), [one.clicks for one in figures]),
                charts.Series(_("Conversions"), [one.conversions for one in figures]),
            ),
            "money": charts.by_day(
                days, charts.Series(_("Earnings"), [one.earnings.amount for one in figures], overview.currency)
            ),
        },
        "campaigns": overview.campaigns(lambda figures: figures.earnings.amount),
        "balances": _balances(request),
        "partnerships": own.count(),
        "active": own.filter(status=PartnershipStatus.ACTIVE).count(),
        "invitations": own.filter(status=PartnershipStatus.INVITED).count(),
        "recent": Commission.objects.filter(publisher=request.organization)
        .select_related("campaign", "goal", "conversion")
        .order_by("-day", "-pk")[:RECENT],
    }


def network(request: Request) -> dict[str, Any]:
    overview = Overview.asked(request.organization, request.GET)
    kinds = Organization.objects.filter(status=OrganizationStatus.ACTIVE)
    return {
        "overview": overview,
        "charts": _buyer_charts(overview),
        "queue": attention.queue(request.organization, with_money=_sees_money(request)),
        "waiting": Organization.objects.filter(status=OrganizationStatus.APPLIED).order_by("created_at")[:RECENT],
        "counts": {kind.value: kinds.filter(kind=kind).count() for kind in Kind},
        "campaigns": overview.campaigns(lambda figures: figures.spend.amount),
        "partners": overview.partners(lambda figures: figures.spend.amount),
        "backlog": _backlog(),
    }


def _backlog() -> status.Backlog | None:
    """None while Redis does not answer."""
    try:
        return status.backlog()
    except RedisError:
        return None


def _balances(request: Request) -> list[ledger.Balance] | None:
    """None for members without a right to money."""
    return ledger.balances(request.organization) if _sees_money(request) else None


def _sees_money(request: Request) -> bool:
    return allows(request.membership.role, Can.MONEY)


def _buyer_charts(overview: Overview) -> dict[str, Any]:
    days = [day for day, _figures in overview.days]
    figures = [figures for _day, figures in overview.days]
    return {
        "money": charts.by_day(
            days,
            charts.Series(_("Net sales"), [one.sales for one in figures], overview.currency),
            charts.Series(_("Spend"), [one.spend.amount for one in figures], overview.currency),
        ),
        "traffic": charts.by_day(
            days,
            charts.Series(_("Clicks"), [one.clicks for one in figures]),
            charts.Series(_("Conversions"), [one.conversions for one in figures]),
        ),
    }
