from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from advertisers import access as own
from advertisers import campaigns, selectors
from advertisers.forms.campaigns import CampaignForm, NewCampaignForm
from advertisers.models import Campaign, CampaignStatus, Scope, advertisers_of
from advertisers.views.frame import NEW, frame
from network import access
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.models import Kind
from network.roles import Can, allows

PAGE_SIZE = 25
type Action = Callable[..., Campaign]


@access.page(kinds=own.BUYERS)
def listing(request: Request) -> HttpResponse:
    run = Campaign.objects.run_by(request.organization)
    query = {name: request.GET.get(name, "").strip()[:120] for name in ("status", "search", "client")}
    page = Paginator(selectors.campaigns(run, **query), PAGE_SIZE).get_page(request.GET.get("page"))
    counts = selectors.status_counts(run)
    clients = advertisers_of(request.organization, Scope.CAMPAIGNS).order_by("name")
    is_advertiser = request.organization.kind == Kind.ADVERTISER
    context = {
        "page": page,
        "rows": [(campaign, selectors.plans(campaign).shown) for campaign in page],
        "query": query,
        "states": [(value, label, counts[value]) for value, label in [("", _("All")), *CampaignStatus.choices]],
        "in_all": counts[""],
        "clients": [] if is_advertiser else list(clients),
        "may_create": own.is_runner(request.organization) and allows(request.membership.role, Can.MANAGE),
    }
    template = "advertisers/campaigns.html" + ("#campaign-table" if request.htmx else "")
    response = render(request, template, context)
    response["Vary"] = "HX-Request"
    return response


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
def create(request: Request) -> HttpResponse:
    form = NewCampaignForm(
        request.POST or None, organization=request.organization, initial={"client": request.GET.get("client")}
    )
    if request.method == "POST" and form.is_valid():
        advertiser = form.cleaned_data.get("client") or request.organization
        try:
            campaign = campaigns.create(advertiser, by=Actor.of(request), **form.settings)
        except DomainError as error:
            form.add_error(_field_of(form, error), str(error))
        else:
            return redirect("advertisers:plan-edit", campaign.public_id)
    status = 422 if form.is_bound else 200
    return render(
        request,
        "advertisers/campaign_form.html",
        {"form": form, "tab": "settings", "tabs": NEW, "is_wizard": True},
        status=status,
    )


@access.page(kinds=own.BUYERS)
def detail(request: Request, public_id: str) -> HttpResponse:
    campaign = own.campaign(request, public_id)
    return render(request, "advertisers/campaign.html", frame(request, campaign, "overview"))


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
def edit(request: Request, public_id: str) -> HttpResponse:
    campaign = own.campaign(request, public_id)
    fixed = campaigns.are_days_and_currency_fixed(campaign)
    form = CampaignForm.of(campaign, request.POST or None, fixed=fixed)
    if request.method == "POST" and form.is_valid():
        try:
            campaigns.edit(campaign, by=Actor.of(request), **form.settings)
        except DomainError as error:
            form.add_error(_field_of(form, error), str(error))
        else:
            messages.success(request, _("Saved."))
            is_draft = campaign.status == CampaignStatus.DRAFT
            return redirect("advertisers:plan-edit" if is_draft else "advertisers:campaign-detail", public_id)
    context = frame(request, campaign, "settings") | {"form": form}
    return render(request, "advertisers/campaign_form.html", context, status=422 if form.is_bound else 200)


def _field_of(form: CampaignForm, error: DomainError) -> str | None:
    return error.field if error.field in form.fields else None


def _act(action: Action, done: Promise) -> Callable[[Request, str], HttpResponse]:
    """A button on the campaign's page: POST does it and comes back; a broken rule is told there."""

    def act(request: Request, public_id: str) -> HttpResponse:
        campaign = own.campaign(request, public_id)
        try:
            action(campaign, by=Actor.of(request))
        except DomainError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, str(done))
        return redirect("advertisers:campaign-detail", public_id)

    return act


_manage = access.page(kinds=own.RUNNERS, can=Can.MANAGE)
start = _manage(require_POST(_act(campaigns.start, _("The campaign is running. Publishers can find it now."))))
pause = _manage(require_POST(_act(campaigns.pause, _("Paused. Visitors now go to the fallback page."))))
resume = _manage(require_POST(_act(campaigns.resume, _("The campaign is running again."))))
end = _manage(require_POST(_act(campaigns.end, _("The campaign has ended."))))
