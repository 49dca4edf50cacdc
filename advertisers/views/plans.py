from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from advertisers import access as own
from advertisers import goals, plans, selectors
from advertisers.forms.commission import ActivateForm, CommissionForm, GoalForm
from advertisers.models import Campaign, CampaignStatus, GoalKind
from advertisers.views.frame import frame
from network import access
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.roles import Can


@access.page(kinds=own.BUYERS)
def commission(request: Request, public_id: str) -> HttpResponse:
    """What holds now, what is drafted or scheduled, and every version before."""
    campaign = own.campaign(request, public_id)
    context = frame(request, campaign, "commission") | {"activate_form": ActivateForm(campaign=campaign)}
    return render(request, "advertisers/commission.html", context)


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
def edit(request: Request, public_id: str) -> HttpResponse:
    """The commission builder. Saving makes (or changes) the draft of the next version; looking makes nothing."""
    campaign = own.campaign(request, public_id)
    found = selectors.plans(campaign)
    form = CommissionForm(request.POST or None, campaign=campaign, plan=found.draft or found.current)
    is_adding = request.POST.get("action") == "add-goal"
    goal_form = GoalForm(request.POST if is_adding else None, campaign=campaign)
    if request.method == "POST" and (not is_adding or _add_goal(goal_form, campaign, Actor.of(request))):
        if is_adding:
            form = CommissionForm(request.POST, campaign=campaign)
        if form.is_valid() and _save(form, campaign, Actor.of(request)):
            return redirect(_next(campaign, is_adding=is_adding), public_id)
    context = frame(request, campaign, "commission") | {"form": form, "goal_form": goal_form}
    return render(request, "advertisers/plan_form.html", context, status=422 if request.method == "POST" else 200)


def _next(campaign: Campaign, *, is_adding: bool) -> str:
    if is_adding:
        return "advertisers:plan-edit"
    is_draft = campaign.status == CampaignStatus.DRAFT
    return "advertisers:campaign-creatives" if is_draft else "advertisers:campaign-commission"


def _add_goal(form: GoalForm, campaign: Campaign, by: Actor) -> bool:
    if not form.is_valid():
        return False
    values = form.cleaned_data
    try:
        goals.add(campaign, kind=GoalKind(values["kind"]), code=values["code"], name=values["name"], by=by)
    except DomainError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return False
    return True


def _save(form: CommissionForm, campaign: Campaign, by: Actor) -> bool:
    try:
        plan = plans.draft(campaign, by=by)
        plans.set_rules(plan, form.terms, note=form.cleaned_data["note"], by=by)
    except DomainError as error:
        form.add_error(None, str(error))
        return False
    return True


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
@require_safe
def example(request: Request, public_id: str) -> HttpResponse:
    """While somebody types: what one row's rate comes to, as a sentence."""
    campaign = own.campaign(request, public_id)
    form = CommissionForm(request.GET, campaign=campaign)
    goal = next((goal for goal in form.goals if goal.code == request.GET.get("goal")), None)
    if goal is None:
        return HttpResponseBadRequest()
    problems = [form.errors[name] for name in (f"flat-{goal.code}", f"percent-{goal.code}") if name in form.errors]
    context = {"example": form.example(goal), "problem": problems[0][0] if problems else "", "code": goal.code}
    return render(request, "advertisers/plan_form.html#example", context)


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
def rename_goal(request: Request, public_id: str, code: str) -> HttpResponse:
    goal = own.goal(request, public_id, code)
    form = NameForm(request.POST or None, initial={"name": goal.label})
    if request.method == "POST" and form.is_valid():
        goals.rename(goal, name=form.cleaned_data["name"], by=Actor.of(request))
        return redirect("advertisers:plan-edit", public_id)
    context = frame(request, goal.campaign, "commission") | {"form": form, "goal": goal}
    return render(request, "advertisers/goal_form.html", context, status=422 if form.is_bound else 200)


class NameForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80, widget=forms.TextInput(attrs={"dir": "auto"}))


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
@require_POST
def activate(request: Request, public_id: str) -> HttpResponse:
    """At once, or from a day and hour on."""
    plan = own.plan(request, public_id)
    at_once = request.POST.get("when") == "now"
    form = ActivateForm(None if at_once else request.POST, campaign=plan.campaign)
    try:
        if at_once:
            plans.activate(plan, by=Actor.of(request))
        elif form.is_valid():
            plans.activate(plan, starts_at=form.starts_at, by=Actor.of(request))
    except DomainError as error:
        if not form.is_bound:
            raise
        form.add_error("day" if error.field == "starts_at" else None, str(error))
    if form.errors:
        context: dict[str, Any] = frame(request, plan.campaign, "commission") | {"activate_form": form}
        return render(request, "advertisers/commission.html", context, status=422)
    done = _("Fixed. The new commission holds in a few seconds.") if at_once else _("Fixed. It begins by itself.")
    messages.success(request, done)
    return redirect("advertisers:campaign-commission", plan.campaign.public_id)


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
@require_POST
def withdraw(request: Request, public_id: str) -> HttpResponse:
    plan = own.plan(request, public_id)
    try:
        plans.withdraw(plan, by=Actor.of(request))
        messages.success(request, _("The version is a draft again."))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("advertisers:campaign-commission", plan.campaign.public_id)


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
@require_POST
def discard(request: Request, public_id: str) -> HttpResponse:
    plan = own.plan(request, public_id)
    try:
        plans.discard(plan, by=Actor.of(request))
        messages.success(request, _("The draft is gone."))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("advertisers:campaign-commission", plan.campaign.public_id)
