"""Balances and statements of advertisers and publishers, an agency's view of its clients' money, the network's overview."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.vary import vary_on_headers

from advertisers.models import Scope, advertisers_of
from network import access
from network.http import Request
from network.models import Kind, Organization
from network.roles import Can
from payouts import access as fetch
from payouts import ledger, overview, proof, selectors, statements
from payouts.forms import StatementForm
from payouts.models import TopUp

LINES = 50
USUAL = timedelta(days=30)


@access.page(can=Can.MONEY)
@vary_on_headers("HX-Request")
def balance(request: Request) -> HttpResponse:
    """One's own; an agency gets its clients, the network the overview."""
    match request.organization.kind:
        case Kind.NETWORK:
            return redirect("payouts:money-overview")
        case Kind.AGENCY:
            return _clients(request)
        case _:
            return _of(request, request.organization)


@access.page(kinds={Kind.AGENCY, Kind.NETWORK}, can=Can.MONEY)
@vary_on_headers("HX-Request")
def balance_of(request: Request, public_id: str) -> HttpResponse:
    """A client's, or to the network anybody's."""
    if request.organization.kind == Kind.NETWORK:
        kinds = [Kind.ADVERTISER, Kind.PUBLISHER]
        return _of(request, get_object_or_404(Organization, public_id=public_id, kind__in=kinds))
    return _of(request, fetch.client(request, public_id))


def _clients(request: Request) -> HttpResponse:
    clients = advertisers_of(request.organization, Scope.MONEY).order_by("name")
    low = {(one.organization.pk, one.available.currency): one for one in selectors.low_balances(request.organization)}
    rows = [
        (spending, low.get((client.pk, spending.currency)))
        for client in clients
        for spending in selectors.spending(client)
    ]
    known = {spending.organization.pk for spending, _low in rows}
    empty = [client for client in clients if client.pk not in known]
    return render(request, "payouts/balance_clients.html", {"rows": rows, "empty": empty})


def _of(request: Request, organization: Organization) -> HttpResponse:
    is_publisher = organization.kind == Kind.PUBLISHER
    sums = selectors.earnings(organization) if is_publisher else selectors.spending(organization)
    currencies = [one.currency for one in sums] or [organization.currency]
    currency = _chosen(request.GET.get("currency"), currencies)
    kinds = statements.KINDS[organization.kind]
    kind = next((one for one in kinds if one == request.GET.get("account")), next(iter(kinds)))
    form = StatementForm(request.GET)
    since, until = _period(form)
    number = max(1, int(text) if (text := request.GET.get("page", "1")).isdecimal() and len(text) < 9 else 1)
    statement = statements.of(organization, kind, currency, since, until, limit=LINES, offset=(number - 1) * LINES)
    context: dict[str, Any] = {
        "organization": organization,
        "is_own": organization == request.organization,
        "is_publisher": is_publisher,
        "sums": sums,
        "currencies": currencies,
        "currency": currency,
        "kinds": kinds,
        "kind": kind,
        "form": form,
        "since": since,
        "until": until - timedelta(microseconds=1),
        "statement": statement,
        "page": Paginator(range(statement.count), LINES).get_page(number),
        "top_ups": TopUp.objects.filter(advertiser=organization).order_by("-pk")[:10],
        "may_top_up": request.organization.kind == Kind.NETWORK and organization.kind == Kind.ADVERTISER,
    }
    part = "#statement" if request.htmx else ""
    return render(request, f"payouts/balance.html{part}", context)


def _chosen(wanted: str | None, choices: list[str]) -> str:
    return wanted if wanted in choices else choices[0]


def _period(form: StatementForm) -> tuple[datetime, datetime]:
    """[since, until) in the reader's time zone; without a choice the last 30 days."""
    wanted = form.cleaned_data if form.is_valid() else {}
    zone, today = timezone.get_current_timezone(), timezone.localdate()
    last, first = wanted.get("until") or today, wanted.get("since") or (wanted.get("until") or today) - USUAL
    since = datetime.combine(first, time(), zone)
    until = datetime.combine(last + timedelta(days=1), time(), zone)
    return since.astimezone(UTC), until.astimezone(UTC)


@access.page(kinds={Kind.NETWORK}, can=Can.MONEY)
def money_overview(request: Request) -> HttpResponse:
    context = {
        "currencies": overview.currencies(),
        "findings": proof.verify(),
        "advertisers": overview.advertisers(),
        "low": selectors.low_balances(request.organization),
        "trial": ledger.trial_balance(),
    }
    return render(request, "payouts/money_overview.html", context)
