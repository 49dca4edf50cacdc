from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from advertisers import access as own
from advertisers import coupons, selectors
from advertisers.forms.coupons import CouponEditForm, CouponForm, CouponListForm
from advertisers.models import Campaign
from advertisers.views.frame import frame
from network import access
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.models import Kind, Organization, OrganizationStatus
from network.roles import Can

PAGE = 50


@access.page(kinds=own.BUYERS)
def listing(request: Request, public_id: str) -> HttpResponse:
    return _page(request, own.campaign(request, public_id))


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
@require_POST
def create(request: Request, public_id: str) -> HttpResponse:
    campaign = own.campaign(request, public_id)
    form = CouponForm(request.POST, publishers=publishers())
    if form.is_valid():
        try:
            made = coupons.create(campaign, code=form.cleaned_data["code"], terms=form.terms, by=Actor.of(request))
        except DomainError as error:
            form.add_error(_field(form, error), str(error))
        else:
            messages.success(request, _("The code %(code)s is there.") % {"code": made.code})
            return redirect("advertisers:coupon-list", public_id)
    return _page(request, campaign, form=form, status=422)


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
@require_POST
def create_many(request: Request, public_id: str) -> HttpResponse:
    campaign = own.campaign(request, public_id)
    form = CouponListForm(request.POST, request.FILES, publishers=publishers(), prefix="list")
    if form.is_valid():
        codes = [(code, form.terms) for code in form.cleaned_data["found"]]
        try:
            made = coupons.create_many(campaign, codes=codes, by=Actor.of(request))
        except DomainError as error:
            form.add_error(_field(form, error), str(error))
        else:
            text = ngettext("%(count)s code added.", "%(count)s codes added.", len(made))
            messages.success(request, text % {"count": len(made)})
            return redirect("advertisers:coupon-list", public_id)
    return _page(request, campaign, list_form=form, status=422)


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
def edit(request: Request, public_id: str) -> HttpResponse:
    coupon = own.coupon(request, public_id)
    form = CouponEditForm.of(coupon, request.POST or None, publishers=publishers())
    if request.method == "POST" and form.is_valid():
        try:
            coupons.edit(coupon, terms=form.terms, by=Actor.of(request))
        except DomainError as error:
            form.add_error(_field(form, error), str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("advertisers:coupon-list", coupon.campaign.public_id)
    context = frame(request, coupon.campaign, "codes") | {"form": form, "coupon": coupon}
    return render(request, "advertisers/coupon_form.html", context, status=422 if form.errors else 200)


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
@require_POST
def retire(request: Request, public_id: str) -> HttpResponse:
    coupon = own.coupon(request, public_id)
    try:
        coupons.retire(coupon, by=Actor.of(request))
        messages.success(request, _("Retired: sales with it are attributed as if they had no code."))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("advertisers:coupon-list", coupon.campaign.public_id)


def publishers() -> QuerySet[Organization]:
    found = Organization.objects.filter(kind=Kind.PUBLISHER, status=OrganizationStatus.ACTIVE)
    return found.order_by("name", "pk")


def _page(
    request: Request,
    campaign: Campaign,
    *,
    form: CouponForm | None = None,
    list_form: CouponListForm | None = None,
    status: int = 200,
) -> HttpResponse:
    search = request.GET.get("q", "").strip()[:64]
    context: dict[str, Any] = frame(request, campaign, "codes") | {
        "page": Paginator(selectors.coupons(campaign, search), PAGE).get_page(request.GET.get("page")),
        "q": search,
        "form": form or CouponForm(publishers=publishers()),
        "list_form": list_form or CouponListForm(publishers=publishers(), prefix="list"),
    }
    return render(request, "advertisers/coupons.html", context, status=status)


def _field(form: CouponForm | CouponListForm | CouponEditForm, error: DomainError) -> str | None:
    named = {"valid_from": "first", "valid_until": "last"}.get(error.field or "", error.field)
    return named if named in form.fields else None
