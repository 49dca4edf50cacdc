from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from advertisers import access as own
from advertisers import landing_pages
from advertisers.forms.landing_pages import LandingPageForm, NewLandingPageForm, SharesForm
from advertisers.models import Campaign, Creative, LandingPage
from advertisers.views.frame import frame
from network import access
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.roles import Can


@access.page(kinds=own.BUYERS)
def listing(request: Request, public_id: str) -> HttpResponse:
    return _page(request, own.campaign(request, public_id))


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
@require_POST
def add(request: Request, public_id: str) -> HttpResponse:
    campaign = own.campaign(request, public_id)
    form = NewLandingPageForm(request.POST)
    if form.is_valid():
        try:
            landing_pages.add(campaign, by=Actor.of(request), **form.cleaned_data)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("Added. Visitors are shared out from now on."))
            return redirect("advertisers:campaign-landing-pages", public_id)
    return _page(request, campaign, new=form)


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
def edit(request: Request, public_id: str) -> HttpResponse:
    page = own.landing_page(request, public_id)
    form = LandingPageForm(request.POST or None, initial={"name": page.name, "url": page.url})
    if request.method == "POST" and form.is_valid():
        landing_pages.edit(page, by=Actor.of(request), **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("advertisers:campaign-landing-pages", page.campaign.public_id)
    context = frame(request, page.campaign, "landing") | {"form": form, "page": page}
    return render(request, "advertisers/landing_page_form.html", context, status=422 if form.is_bound else 200)


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
@require_POST
def share_out(request: Request, public_id: str) -> HttpResponse:
    campaign = own.campaign(request, public_id)
    form = _pages_form(campaign, request)
    if form.is_valid():
        landing_pages.share_out(campaign, form.weights, by=Actor.of(request))
        messages.success(request, _("Saved. The edges follow within a second."))
        return redirect("advertisers:campaign-landing-pages", public_id)
    return _page(request, campaign, pages=form)


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
@require_POST
def weigh_creatives(request: Request, public_id: str) -> HttpResponse:
    campaign = own.campaign(request, public_id)
    form = _creatives_form(campaign, request)
    if form.is_valid():
        landing_pages.weigh_creatives(campaign, form.weights, by=Actor.of(request))
        messages.success(request, _("Saved. The edges follow within a second."))
        return redirect("advertisers:campaign-landing-pages", public_id)
    return _page(request, campaign, creatives=form)


def _pages_form(campaign: Campaign, request: Request | None = None) -> SharesForm[LandingPage]:
    found = LandingPage.objects.filter(campaign=campaign).order_by("-is_active", "created_at", "pk")
    return SharesForm(found, request.POST if request else None, prefix="page")


def _creatives_form(campaign: Campaign, request: Request | None = None) -> SharesForm[Creative]:
    offered = Creative.objects.filter(campaign=campaign, retired_at=None).select_related("image")
    found = offered.defer("image__data").order_by("kind", "created_at", "pk")
    return SharesForm(found, request.POST if request else None, prefix="creative")


def _page(
    request: Request,
    campaign: Campaign,
    *,
    new: NewLandingPageForm | None = None,
    pages: SharesForm[LandingPage] | None = None,
    creatives: SharesForm[Creative] | None = None,
) -> HttpResponse:
    context = frame(request, campaign, "landing") | {
        "new_form": new or NewLandingPageForm(),
        "pages_form": pages or _pages_form(campaign),
        "creatives_form": creatives or _creatives_form(campaign),
    }
    status = 422 if new or pages or creatives else 200
    return render(request, "advertisers/landing_pages.html", context, status=status)
