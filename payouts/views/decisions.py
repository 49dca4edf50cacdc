"""What people do with commissions. Each of these takes a POST and leads back to the page it came from."""

from collections.abc import Callable

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import trigger_client_event

from network import access, formats
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.models import Kind
from network.roles import Can
from payouts import access as fetch
from payouts import commissions, selectors
from payouts.commissions import Bulk
from payouts.forms import BulkDeclineForm, DeclineForm, HoldForm, RefundForm
from payouts.models import Commission
from payouts.views import conversions
from payouts.views.conversions import BUYERS

NETWORK = frozenset({Kind.NETWORK})
MOST = 200


@access.page(kinds=BUYERS, can=Can.MANAGE)
@require_POST
@vary_on_headers("HX-Request")
def decide(request: Request) -> HttpResponse:
    """Approve or decline all that were chosen, each on its own. htmx gets the table anew and says how it went in a toast."""
    ids = request.POST.getlist("commission")[:MOST]
    chosen = list(selectors.commissions(request.organization).filter(public_id__in=ids))
    form, by = BulkDeclineForm(request.POST), Actor.of(request)
    if request.POST.get("decision") == "approve":
        bulk = commissions.each(chosen, lambda one: commissions.approve(one, by=by))
    elif form.is_valid():
        bulk = commissions.each(chosen, lambda one: commissions.decline(one, **form.cleaned_data, by=by))
    else:
        refused = conversions.table(request) | {"decline_form": form, "chosen": set(ids)}
        return render(request, f"payouts/conversion_list.html{_part(request)}", refused, status=422)
    if request.htmx:
        response = render(request, "payouts/conversion_list.html#conversions", conversions.table(request))
        return trigger_client_event(response, "toast", {"value": " ".join(text for _add, text in _said(bulk))})
    for add, text in _said(bulk):
        add(request, text)
    return redirect(f"{reverse('payouts:conversion-list')}?{request.GET.urlencode()}")


def _part(request: Request) -> str:
    return "#conversions" if request.htmx else ""


def _said(bulk: Bulk) -> list[tuple[Callable[[HttpRequest, str], None], str]]:
    """What happened, each thing with the way to say it."""
    said: list[tuple[Callable[[HttpRequest, str], None], str]] = []
    if bulk.done:
        done = ngettext("%(count)s conversion is decided.", "%(count)s conversions are decided.", bulk.done)
        said.append((messages.success, done % {"count": formats.number(bulk.done, get_language() or "en")}))
    said += [(messages.error, problem) for problem in sorted({str(error) for _one, error in bulk.refused})]
    return said or [(messages.warning, _("Choose at least one conversion."))]


@access.page(kinds=BUYERS, can=Can.MANAGE)
@require_POST
def approve(request: Request, public_id: str) -> HttpResponse:
    commission, by = fetch.commission(request, public_id), Actor.of(request)
    return _step(request, commission, lambda: commissions.approve(commission, by=by), _("The commission is approved."))


@access.page(kinds=BUYERS, can=Can.MANAGE)
@require_POST
def decline(request: Request, public_id: str) -> HttpResponse:
    commission, by, form = fetch.commission(request, public_id), Actor.of(request), DeclineForm(request.POST)
    done = _("The commission is declined; the money is back on the balance.")
    if not form.is_valid():
        return conversions.page(request, commission, decline=form, status=422)
    return _step(request, commission, lambda: commissions.decline(commission, **form.cleaned_data, by=by), done)


@access.page(kinds=BUYERS, can=Can.MANAGE)
@require_POST
def take_back(request: Request, public_id: str) -> HttpResponse:
    commission, by, form = fetch.commission(request, public_id), Actor.of(request), DeclineForm(request.POST)
    done = _("The commission is reversed; the money is back on the balance.")
    if not form.is_valid():
        return conversions.page(request, commission, decline=form, status=422)
    return _step(request, commission, lambda: commissions.reverse(commission, **form.cleaned_data, by=by), done)


@access.page(kinds=BUYERS, can=Can.MANAGE)
@require_POST
def refund(request: Request, public_id: str) -> HttpResponse:
    commission, by = fetch.commission(request, public_id), Actor.of(request)
    has_amount = commission.conversion is not None and commission.conversion.amount is not None
    form = RefundForm(request.POST, currency=commission.currency, has_amount=has_amount)
    if form.is_valid():
        values = {"amount": None} | form.cleaned_data
        try:
            commissions.refund(commission, **values, by=by)
        except DomainError as error:
            _blame(form, error)
        else:
            messages.success(request, _("The refund is recorded; the commission follows."))
            return redirect("payouts:conversion-detail", public_id)
    return conversions.page(request, commission, refund=form, status=422)


@access.page(kinds=NETWORK, can=Can.MANAGE)
@require_POST
def hold(request: Request, public_id: str) -> HttpResponse:
    commission, by, form = fetch.commission(request, public_id), Actor.of(request), HoldForm(request.POST)
    if not form.is_valid():
        return conversions.page(request, commission, hold=form, status=422)
    done = _("The commission is on hold.")
    return _step(request, commission, lambda: commissions.hold(commission, **form.cleaned_data, by=by), done)


@access.page(kinds=NETWORK, can=Can.MANAGE)
@require_POST
def release(request: Request, public_id: str) -> HttpResponse:
    commission, by = fetch.commission(request, public_id), Actor.of(request)
    return _step(request, commission, lambda: commissions.release(commission, by=by), _("The commission is released."))


def _step(request: Request, commission: Commission, act: Callable[[], object], done: str) -> HttpResponse:
    try:
        act()
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("payouts:conversion-detail", commission.public_id)


def _blame(form: Form, error: DomainError) -> None:
    form.add_error(error.field if error.field in form.fields else None, str(error))
