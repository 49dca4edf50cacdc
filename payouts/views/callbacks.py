"""A publisher's postbacks: where it hears of its conversions, and the log of every call."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers

from network import access
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.models import Kind
from network.roles import Can, allows
from payouts import callback_log, deliveries, macros
from payouts.callback_forms import CallbackForm, CallFilterForm
from payouts.models import Delivery
from publishers import postbacks
from publishers.models import Partnership, PublisherPostback
from publishers.views import steps

PUBLISHER = frozenset({Kind.PUBLISHER})
PAGE = 50


@access.page(kinds=PUBLISHER)
def listing(request: Request) -> HttpResponse:
    context = {"rows": callback_log.callbacks(request.organization), "may_manage": _may_manage(request)}
    return render(request, "payouts/callback_list.html", context)


@access.page(kinds=PUBLISHER, can=Can.MANAGE)
def create(request: Request) -> HttpResponse:
    form = CallbackForm(request.POST or None, partnerships=_partnerships(request))
    if request.method == "POST" and (saved := _saved(request, form, None)):
        return redirect("payouts:callback-detail", saved.public_id)
    return _form_page(request, form, None)


@access.page(kinds=PUBLISHER, can=Can.MANAGE)
def edit(request: Request, public_id: str) -> HttpResponse:
    postback = _own(request, public_id)
    form = CallbackForm(request.POST or None, partnerships=_partnerships(request), postback=postback)
    if request.method == "POST" and _saved(request, form, postback):
        return redirect("payouts:callback-detail", public_id)
    return _form_page(request, form, postback)


@access.page(kinds=PUBLISHER)
def detail(request: Request, public_id: str) -> HttpResponse:
    postback = _own(request, public_id)
    calls = callback_log.calls(request.organization).filter(postback=postback)[:10]
    context = {"postback": postback, "calls": calls, "may_manage": _may_manage(request)}
    return render(request, "payouts/callback_detail.html", context)


@access.page(kinds=PUBLISHER, can=Can.MANAGE)
@require_POST
def switch(request: Request, public_id: str) -> HttpResponse:
    postback, on = _own(request, public_id), request.POST.get("on") == "1"
    done = _("The postback is on.") if on else _("The postback is off.")
    return _step(request, postback, lambda: postbacks.switch(postback, on=on, by=Actor.of(request)), done)


@access.page(kinds=PUBLISHER, can=Can.MANAGE)
@require_POST
def renew_secret(request: Request, public_id: str) -> HttpResponse:
    postback = _own(request, public_id)
    done = _("There is a new secret. For 24 hours calls carry signatures by both.")
    return _step(request, postback, lambda: postbacks.renew_secret(postback, by=Actor.of(request)), done)


@access.page(kinds=PUBLISHER, can=Can.MANAGE)
@require_POST
def send_test(request: Request, public_id: str) -> HttpResponse:
    postback = _own(request, public_id)
    done = _("A test is on its way; its answer appears in the log within seconds.")
    return _step(request, postback, lambda: deliveries.send_test(postback, by=Actor.of(request)), done)


@access.page(kinds=PUBLISHER, can=Can.MANAGE)
@require_POST
def remove(request: Request, public_id: str) -> HttpResponse:
    postback = _own(request, public_id)
    back = reverse("payouts:callback-list")
    done = _("The postback is removed.")
    return steps.take(request, lambda: postbacks.remove(postback, by=Actor.of(request)), done, back)


@access.page(kinds=PUBLISHER)
@vary_on_headers("HX-Request")
def log(request: Request) -> HttpResponse:
    form = CallFilterForm(request.GET, postbacks=PublisherPostback.objects.of(request.organization).order_by("pk"))
    found = callback_log.calls(request.organization)
    wanted = form.cleaned_data if form.is_valid() else {}
    filters = {"postback__public_id": wanted.get("postback"), "status": wanted.get("status")}
    filters["event"] = wanted.get("event")
    found = found.filter(**{name: value for name, value in filters.items() if value})
    context = {"form": form, "page": Paginator(found, PAGE).get_page(request.GET.get("page"))}
    part = "#calls" if request.htmx else ""
    return render(request, f"payouts/callback_log.html{part}", context)


@access.page(kinds=PUBLISHER)
def call(request: Request, public_id: str) -> HttpResponse:
    found = _own_call(request, public_id)
    context = {"call": found, "attempts": callback_log.attempts(found), "may_manage": _may_manage(request)}
    return render(request, "payouts/callback_call.html", context)


@access.page(kinds=PUBLISHER, can=Can.MANAGE)
@require_POST
def send_again(request: Request, public_id: str) -> HttpResponse:
    found = _own_call(request, public_id)
    back = reverse("payouts:callback-call", args=[public_id])
    done = _("It is sent again; its answer appears here within seconds.")
    return steps.take(request, lambda: deliveries.send_again(found, by=Actor.of(request)), done, back)


def _own(request: Request, public_id: str) -> PublisherPostback:
    found = PublisherPostback.objects.of(request.organization)
    related = found.select_related("partnership__campaign", "goal")
    return get_object_or_404(related, public_id=public_id)


def _own_call(request: Request, public_id: str) -> Delivery:
    return get_object_or_404(callback_log.calls(request.organization), public_id=public_id)


def _partnerships(request: Request) -> QuerySet[Partnership]:
    found = Partnership.objects.filter(publisher=request.organization, decided_at__isnull=False)
    return found.select_related("campaign").order_by("campaign__name")


def _may_manage(request: Request) -> bool:
    return allows(request.membership.role, Can.MANAGE)


def _step(request: Request, postback: PublisherPostback, step: Any, done: str) -> HttpResponse:
    return steps.take(request, step, done, reverse("payouts:callback-detail", args=[postback.public_id]))


def _saved(request: Request, form: CallbackForm, postback: PublisherPostback | None) -> PublisherPostback | None:
    if not form.is_valid():
        return None
    values = {name: form.cleaned_data[name] for name in ("url", "method", "events")}
    values |= {"partnership": form.partnership, "goal": form.goal}
    try:
        saved = postbacks.save(postback, publisher=request.organization, **values, by=Actor.of(request))
    except DomainError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return None
    if unknown := macros.unknown(saved.url):
        text = _("No value belongs to these macros; they stay empty: %(names)s")
        messages.warning(request, text % {"names": " ".join(unknown)})
    messages.success(request, _("The postback is saved."))
    return saved


def _form_page(request: Request, form: CallbackForm, postback: PublisherPostback | None) -> HttpResponse:
    context = {"form": form, "postback": postback, "macros": macros.EXPLAINED}
    return render(request, "payouts/callback_form.html", context, status=422 if form.errors else 200)
