"""Conversions and their commissions: one list and one page, whose columns and buttons follow from the role."""

from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.vary import vary_on_headers

from advertisers.models import AttributionModel, Campaign, Scope, advertisers_of
from network import access
from network.http import Request
from network.models import Kind, Organization
from network.money import Money
from network.roles import Can, allows
from payouts import access as fetch
from payouts import explanations, selectors, timeline
from payouts.forms import BulkDeclineForm, ConversionFilterForm, DeclineForm, HoldForm, RefundForm
from payouts.models import Commission, CommissionStatus, Rejection
from publishers.models import Partnership
from tracking import paths
from tracking.models import Attribution, Conversion, Refund

PAGE = 50
ALL, VALIDATE, UNPAID = "all", "validate", "unpaid"
BUYERS = frozenset({Kind.ADVERTISER, Kind.AGENCY, Kind.NETWORK})
MANY_CLIENTS = frozenset({Kind.AGENCY, Kind.NETWORK})


@access.page()
@vary_on_headers("HX-Request")
def listing(request: Request) -> HttpResponse:
    part = "#conversions" if request.htmx else ""
    return render(request, f"payouts/conversion_list.html{part}", table(request))


def table(request: Request) -> dict[str, Any]:
    """What the list shows for the address's tab, filters and page."""
    is_buyer = request.organization.kind in BUYERS
    form = ConversionFilterForm(request.GET, campaigns=_campaigns(request), clients=_clients(request))
    tab = request.GET.get("tab", ALL)
    if tab not in {ALL, VALIDATE, UNPAID} or not is_buyer:
        tab = ALL
    if tab != ALL:
        del form.fields["status"]  # the tab says it
    wanted = form.cleaned_data if form.is_valid() else {}
    waiting = selectors.to_validate(request.organization) if is_buyer else Commission.objects.none()
    return {
        "form": form,
        "tab": tab,
        "page": _page(request, tab, wanted),
        "waiting": _filtered(waiting, wanted | {"status": ""}, request.organization.kind).count(),
        "is_buyer": is_buyer,
        "has_clients": request.organization.kind in MANY_CLIENTS,
        "may_decide": tab == VALIDATE and is_buyer and allows(request.membership.role, Can.MANAGE),
        "decline_form": BulkDeclineForm(),
    }


def _page(request: Request, tab: str, wanted: dict[str, Any]) -> "Page[Commission] | Page[Rejection]":
    number = request.GET.get("page")
    if tab == UNPAID:
        return Paginator(_unpaid(selectors.rejections(request.organization), wanted), PAGE).get_page(number)
    found = (selectors.to_validate if tab == VALIDATE else selectors.commissions)(request.organization)
    if tab == VALIDATE:
        found = found.order_by("validate_until", "pk")
    return Paginator(_filtered(found, wanted, request.organization.kind), PAGE).get_page(number)


def _filtered(found: QuerySet[Commission], wanted: dict[str, Any], kind: str) -> QuerySet[Commission]:
    """A publisher knows the end of an order number, the others all of it."""
    if order := wanted.get("order"):
        if kind == Kind.PUBLISHER:
            found = found.filter(conversion__order_id__endswith=order[-explanations.SHORT :])
        else:
            found = found.filter(conversion__order_id__icontains=order)
    if client := wanted.get("client"):
        found = found.filter(advertiser__public_id=client)
    if campaign := wanted.get("campaign"):
        found = found.filter(campaign__public_id=campaign)
    if status := wanted.get("status"):
        found = found.filter(status=status)
    if goal := wanted.get("goal"):
        found = found.filter(goal__kind=goal)
    if since := wanted.get("since"):
        found = found.filter(day__gte=since)
    if until := wanted.get("until"):
        found = found.filter(day__lte=until)
    return found


def _unpaid(found: QuerySet[Rejection], wanted: dict[str, Any]) -> QuerySet[Rejection]:
    if order := wanted.get("order"):
        found = found.filter(conversion__order_id__icontains=order)
    if client := wanted.get("client"):
        found = found.filter(conversion__campaign__advertiser__public_id=client)
    if campaign := wanted.get("campaign"):
        found = found.filter(conversion__campaign__public_id=campaign)
    if goal := wanted.get("goal"):
        found = found.filter(conversion__goal__kind=goal)
    if since := wanted.get("since"):
        found = found.filter(conversion__day__gte=since)
    if until := wanted.get("until"):
        found = found.filter(conversion__day__lte=until)
    return found


def _campaigns(request: Request) -> QuerySet[Campaign]:
    if request.organization.kind == Kind.PUBLISHER:
        own = Partnership.objects.filter(publisher=request.organization)
        return Campaign.objects.filter(pk__in=own.values("campaign")).order_by("name")
    return Campaign.objects.run_by(request.organization, Scope.CONVERSIONS).order_by("name")


def _clients(request: Request) -> list[Organization]:
    if request.organization.kind not in MANY_CLIENTS:
        return []
    return list(advertisers_of(request.organization, Scope.CONVERSIONS).order_by("name"))


@access.page()
def detail(request: Request, public_id: str) -> HttpResponse:
    return page(request, fetch.commission(request, public_id))


@access.page()
def find(request: Request, conversion_id: UUID) -> HttpResponse:
    """By the conversion's own id, as postback log and API name it: to its commission, or why there is none."""
    found = selectors.commissions(request.organization).filter(conversion=conversion_id)
    if commission := found.first():
        return redirect("payouts:conversion-detail", commission.public_id)
    rejection = fetch.rejection(request, str(conversion_id))
    attribution = Attribution.objects.filter(conversion=rejection.conversion).first()
    path = paths.shown_to(request.organization, rejection.conversion)
    return render(request, "payouts/rejection.html", {"rejection": rejection, "attribution": attribution, "path": path})


def page(
    request: Request,
    commission: Commission,
    *,
    decline: DeclineForm | None = None,
    hold: HoldForm | None = None,
    refund: RefundForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The commission's page; a form that was refused comes back with what is wrong with it."""
    is_buyer = request.organization.kind in BUYERS
    conversion = commission.conversion
    has_amount = _amount(commission) is not None
    context = {
        "commission": commission,
        "conversion": conversion,
        "amount": _amount(commission),
        "title": explanations.event(commission, _order(commission, is_buyer=is_buyer)),
        "explanation": explanations.explain(commission, request.organization),
        "reason": explanations.reason(commission, is_publisher=not is_buyer),
        **_attribution(request, conversion),
        "refunds": Refund.objects.filter(conversion=conversion).order_by("received_at") if conversion else [],
        "bookings": timeline.bookings(commission, request.organization),
        "moments": timeline.moments(commission),
        "is_buyer": is_buyer,
        "has_clients": request.organization.kind in {Kind.AGENCY, Kind.NETWORK},
        "decline_form": decline or DeclineForm(),
        "hold_form": hold or HoldForm(),
        "refund_form": refund or RefundForm(currency=commission.currency, has_amount=has_amount),
        **_steps(request, commission),
    }
    return render(request, "payouts/conversion_detail.html", context, status=status)


def _attribution(request: Request, conversion: Conversion | None) -> dict[str, Any]:
    if conversion is None:
        return {}
    found = Attribution.objects.filter(conversion=conversion).first()
    known = found and found.method in AttributionModel
    return {
        "attribution": found,
        "model": AttributionModel(found.method).label if found and known else "",
        "path": paths.shown_to(request.organization, conversion),
    }


def _amount(commission: Commission) -> Money | None:
    conversion = commission.conversion
    if conversion is None or conversion.amount is None:
        return None
    return Money(conversion.amount, conversion.currency)


def _order(commission: Commission, *, is_buyer: bool) -> str:
    if not is_buyer:
        return explanations.short_order(commission)
    return commission.conversion.order_id if commission.conversion else ""


def _steps(request: Request, commission: Commission) -> dict[str, bool]:
    """What this member may do with the commission as it is now."""
    is_buyer, is_network = request.organization.kind in BUYERS, request.organization.kind == Kind.NETWORK
    may = is_buyer and allows(request.membership.role, Can.MANAGE)
    pending = commission.status == CommissionStatus.PENDING
    held = commission.status == CommissionStatus.HELD
    earned = commission.status in selectors.EARNED
    return {
        "may_approve": may and pending and not commission.due and not commission.is_fully_refunded,
        "may_decline": may and (pending or held),
        "may_refund": may and bool(commission.conversion_id) and not commission.is_final and not _is_gone(commission),
        "may_reverse": may and earned,
        "may_hold": may and is_network and (pending or commission.status == CommissionStatus.APPROVED),
        "may_release": may and is_network and held and commission.reason != "unfunded",
    }


def _is_gone(commission: Commission) -> bool:
    return bool(commission.conversion_id) and commission.is_fully_refunded
