"""Cases for those who decide; thresholds; the past judged again."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers

from advertisers.models import Campaign, Scope
from network import access, formats
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.models import Kind
from network.roles import Can, allows
from payouts import quality, recomputes
from payouts.forms_quality import (
    AnswerForm,
    BulkCaseForm,
    CaseFilterForm,
    ClearForm,
    DeclineCaseForm,
    PeriodForm,
    ThresholdsForm,
)
from tracking.models import AppealStatus, CaseStatus, QualityAppeal, QualityCase, QualityRun, RunStatus
from tracking.quality import cases, recompute, thresholds
from tracking.quality.rules import RULES

BUYERS = frozenset({Kind.ADVERTISER, Kind.AGENCY, Kind.NETWORK})
REVIEWERS = frozenset({Kind.AGENCY, Kind.NETWORK})
PAGE = 30
MOST = 200


@access.page(kinds=BUYERS)
@vary_on_headers("HX-Request")
def listing(request: Request) -> HttpResponse:
    part = "#cases" if request.htmx else ""
    return render(request, f"payouts/case_list.html{part}", _table(request))


def _table(request: Request) -> dict[str, Any]:
    campaigns = Campaign.objects.run_by(request.organization, Scope.CONVERSIONS).order_by("name")
    data = request.GET if "status" in request.GET else {**request.GET.dict(), "status": CaseStatus.OPEN}
    form = CaseFilterForm(data, campaigns=campaigns)
    wanted = form.cleaned_data if form.is_valid() else {}
    found = quality.cases(request.organization)
    if wanted.get("status"):
        found = found.filter(status=wanted["status"])
    if wanted.get("rule"):
        found = found.filter(rule=wanted["rule"])
    if wanted.get("campaign"):
        found = found.filter(partnership__campaign__public_id=wanted["campaign"])
    if wanted.get("publisher"):
        found = found.filter(partnership__publisher__name__icontains=wanted["publisher"])
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return {
        "form": form,
        "page": page,
        "rows": quality.rows(page.object_list, reader=request.organization),
        "has_clients": request.organization.kind in REVIEWERS,
        "is_network": request.organization.kind == Kind.NETWORK,
        "may_decide": allows(request.membership.role, Can.MANAGE),
        "may_judge": request.organization.kind in REVIEWERS and allows(request.membership.role, Can.MANAGE),
        "is_filtered": bool(request.GET.dict().keys() - {"page"}),
        "decline_form": BulkCaseForm(),
    }


def _case(request: Request, public_id: str) -> QualityCase:
    return get_object_or_404(quality.cases(request.organization), public_id=public_id)


@access.page(kinds=BUYERS)
def detail(request: Request, public_id: str) -> HttpResponse:
    return _detail(request, _case(request, public_id))


def _detail(request: Request, case: QualityCase, status: int = 200, **forms: Any) -> HttpResponse:
    [row] = quality.rows([case], reader=request.organization)
    signals = case.signals.select_related("conversion__goal").order_by("-conversion__occurred_at")
    page = Paginator(signals, PAGE).get_page(request.GET.get("page"))
    may_decide = allows(request.membership.role, Can.MANAGE)
    ages = quality.hours(case)
    context = {
        "row": row,
        "case": case,
        "page": page,
        "signals": quality.signal_rows(page.object_list, reader=request.organization),
        "ages": {"labels": [label for label, _n in ages], "values": [number for _l, number in ages]},
        "has_ages": any(number for _l, number in ages),
        "highest": max((number for _l, number in ages), default=0),
        "age_rows": ages,
        "appeals": case.appeals.select_related("by", "answered_by").order_by("-pk"),
        "may_decide": may_decide and case.status == CaseStatus.OPEN,
        "may_answer": may_decide,
        "has_clients": request.organization.kind in REVIEWERS,
        "clear_form": ClearForm(),
        "decline_form": DeclineCaseForm(initial={"category": row.rule.category}),
        "answer_form": AnswerForm(),
    } | forms
    return render(request, "payouts/case_detail.html", context, status=status)


@access.page(kinds=BUYERS, can=Can.MANAGE)
@require_POST
def decide(request: Request) -> HttpResponse:
    """Clear or decline all that were chosen, each on its own."""
    chosen = quality.cases(request.organization).filter(public_id__in=request.POST.getlist("case")[:MOST])
    form, by, done = BulkCaseForm(request.POST), Actor.of(request), 0
    if not form.is_valid():
        return render(request, "payouts/case_list.html", _table(request) | {"decline_form": form}, status=422)
    for case in chosen:
        try:
            if request.POST.get("decision") == "clear":
                cases.clear(case, note=form.cleaned_data["note"], by=by)
            else:
                category = form.cleaned_data["category"] or RULES[case.rule].category
                cases.decline(case, category=category, note=form.cleaned_data["note"], by=by)
            done += 1
        except DomainError as error:
            messages.error(request, str(error))
    if done:
        said = ngettext("%(count)s case is decided.", "%(count)s cases are decided.", done)
        messages.success(request, said % {"count": formats.number(done, get_language() or "en")})
    elif not chosen:
        messages.warning(request, _("Choose at least one case."))
    return redirect("payouts:case-list")


@access.page(kinds=BUYERS, can=Can.MANAGE)
@require_POST
def clear(request: Request, public_id: str) -> HttpResponse:
    case, form = _case(request, public_id), ClearForm(request.POST)
    if form.is_valid():
        try:
            cases.clear(case, note=form.cleaned_data["note"], by=Actor.of(request))
        except DomainError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The case is cleared; what it held is released."))
        return redirect("payouts:case-detail", public_id)
    return _detail(request, case, 422, clear_form=form)


@access.page(kinds=BUYERS, can=Can.MANAGE)
@require_POST
def decline(request: Request, public_id: str) -> HttpResponse:
    case, form = _case(request, public_id), DeclineCaseForm(request.POST)
    if form.is_valid():
        try:
            cases.decline(case, **form.cleaned_data, by=Actor.of(request))
        except DomainError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The case is declined; what it held is not paid."))
        return redirect("payouts:case-detail", public_id)
    return _detail(request, case, 422, decline_form=form)


@access.page(kinds=BUYERS, can=Can.MANAGE)
@require_POST
def answer(request: Request, public_id: str) -> HttpResponse:
    case, form = _case(request, public_id), AnswerForm(request.POST)
    written = get_object_or_404(QualityAppeal, case=case, status=AppealStatus.WAITING)
    if not form.is_valid():
        return _detail(request, case, 422, answer_form=form)
    accept = request.POST.get("decision") == "accept"
    try:
        cases.answer(written, accept=accept, text=form.cleaned_data["answer"], by=Actor.of(request))
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The appeal is answered; the publisher gets a mail."))
    return redirect("payouts:case-detail", public_id)


# Thresholds


@access.page(kinds=frozenset({Kind.NETWORK}), can=Can.MANAGE)
def network_thresholds(request: Request) -> HttpResponse:
    return _thresholds(request, None)


@access.page(kinds=REVIEWERS, can=Can.MANAGE)
def campaign_thresholds(request: Request, public_id: str) -> HttpResponse:
    campaigns = Campaign.objects.run_by(request.organization, Scope.CONVERSIONS)
    return _thresholds(request, get_object_or_404(campaigns, public_id=public_id))


def _thresholds(request: Request, campaign: Campaign | None) -> HttpResponse:
    values = thresholds.of_campaign(campaign.pk) if campaign else thresholds.of_network()
    above = thresholds.of_network() if campaign else thresholds.DEFAULTS
    today = timezone.now().date()
    period = {"first": today - timedelta(days=6), "last": today}
    form = ThresholdsForm(request.POST or None, values=values, above=above)
    period_form = PeriodForm(request.POST if "preview" in request.POST else None, initial=period)
    back = redirect(request.path)
    if request.method == "POST" and form.is_valid():
        by = Actor.of(request)
        if "preview" not in request.POST:
            thresholds.change(campaign, form.wanted, by=by)
            messages.success(request, _("The thresholds are saved. They count from now on."))
            return back
        if period_form.is_valid():
            try:
                run = recompute.start(campaign, **period_form.cleaned_data, proposed=form.wanted, by=by)
            except DomainError as error:
                period_form.add_error("last", str(error))
            else:
                return redirect("payouts:recompute-detail", run.public_id)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "period_form": period_form, "campaign": campaign}
    return render(request, "payouts/thresholds.html", context, status=status)


# The past judged again


def _runs(request: Request) -> Any:
    found = QualityRun.objects.select_related("campaign__advertiser", "created_by")
    if request.organization.kind == Kind.NETWORK:
        return found
    return found.filter(campaign__in=Campaign.objects.run_by(request.organization, Scope.CONVERSIONS))


@access.page(kinds=REVIEWERS, can=Can.MANAGE)
def run_list(request: Request) -> HttpResponse:
    page = Paginator(_runs(request).order_by("-created_at"), PAGE).get_page(request.GET.get("page"))
    return render(request, "payouts/recompute_list.html", {"page": page})


@access.page(kinds=REVIEWERS, can=Can.MANAGE)
def run_detail(request: Request, public_id: str) -> HttpResponse:
    run = get_object_or_404(_runs(request), public_id=public_id)
    lines = recomputes.lines(run)
    context = {
        "run": run,
        "lines": lines,
        "totals": recomputes.totals(lines),
        "is_working": run.status in {RunStatus.PREVIEWING, RunStatus.APPLYING},
        "left": len(run.position.get("campaigns", [])),
        "may_apply": run.status == RunStatus.READY,
        "may_discard": run.status in {RunStatus.READY, RunStatus.PREVIEWING},
        "is_proposed": run.preview.get("proposed") is not None,
    }
    return render(request, "payouts/recompute_detail.html", context)


@access.page(kinds=REVIEWERS, can=Can.MANAGE)
@require_POST
def run_apply(request: Request, public_id: str) -> HttpResponse:
    run = get_object_or_404(_runs(request), public_id=public_id)
    try:
        recompute.apply(run, by=Actor.of(request))
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("It is being applied; commissions follow within seconds."))
    return redirect("payouts:recompute-detail", public_id)


@access.page(kinds=REVIEWERS, can=Can.MANAGE)
@require_POST
def run_discard(request: Request, public_id: str) -> HttpResponse:
    run = get_object_or_404(_runs(request), public_id=public_id)
    try:
        recompute.discard(run, by=Actor.of(request))
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Discarded; nothing was changed."))
    return redirect("payouts:recompute-list")
