"""Links and banners of one partnership: choose, label, take away."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import reswap, retarget

from advertisers.models import Creative, CreativeKind
from network import access
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.roles import Can, allows
from publishers import coupons, links, selectors, urls_out
from publishers.access import own_link
from publishers.access import partnership as fetch
from publishers.forms import LinkForm
from publishers.models import Partnership, PartnershipStatus, TrackingLink
from publishers.urls_out import qr_png, qr_svg, takeaway
from publishers.views import steps
from publishers.views.profile import PUBLISHER

PAGE = 50


@access.page(kinds=PUBLISHER)
def listing(request: Request, public_id: str) -> HttpResponse:
    partnership = fetch(request, public_id)
    return _page(request, partnership, _form(partnership))


@access.page(kinds=PUBLISHER, can=Can.MANAGE)
@require_POST
@vary_on_headers("HX-Request")
def grab(request: Request, public_id: str) -> HttpResponse:
    partnership = fetch(request, public_id)
    form = _form(partnership, request.POST)
    link = _grabbed(request, partnership, form)
    if link is None:
        if not request.htmx:
            return _page(request, partnership, form, status=422)
        fields = {"campaign": partnership.campaign, "form": form}
        response = render(request, "publishers/link_list.html#link-fields", fields, status=422)
        return reswap(retarget(response, "#link-fields"), "outerHTML")
    if not request.htmx:
        return redirect("publishers:link-show", link.code)
    context = _context(request, partnership, form)
    context["taken"] = takeaway(link, context["slots"])
    return render(request, "publishers/link_grabbed.html", context)


@access.page(kinds=PUBLISHER)
def show(request: Request, code: str) -> HttpResponse:
    link = own_link(request, code)
    slots = urls_out.slots(selectors.pictures(link.partnership.campaign))
    context = {"taken": takeaway(link, slots), "link": link, "may_manage": allows(request.membership.role, Can.MANAGE)}
    return render(request, "publishers/link_show.html", context)


@access.page(kinds=PUBLISHER)
def qr(request: Request, code: str) -> HttpResponse:
    """The QR code as a picture to download."""
    link = own_link(request, code)
    disposition = f'attachment; filename="qr-{link.code}.png"'
    return HttpResponse(qr_png(link), content_type="image/png", headers={"Content-Disposition": disposition})


@access.page(kinds=PUBLISHER)
def qr_vector(request: Request, code: str) -> HttpResponse:
    link = own_link(request, code)
    disposition = f'attachment; filename="qr-{link.code}.svg"'
    return HttpResponse(qr_svg(link), content_type="image/svg+xml", headers={"Content-Disposition": disposition})


@access.page(kinds=PUBLISHER, can=Can.MANAGE)
@require_POST
def retire(request: Request, code: str) -> HttpResponse:
    link = own_link(request, code)
    done = _("The link is retired. Whoever clicks it is sent to the campaign's fallback page.")
    back = reverse("publishers:link-list", args=[link.partnership.public_id])
    return steps.take(request, lambda: links.retire(link, by=Actor.of(request)), done, back)


def _grabbed(request: Request, partnership: Partnership, form: LinkForm) -> TrackingLink | None:
    if not form.is_valid():
        return None
    creative = None
    if wanted := request.POST.get("creative"):
        creative = get_object_or_404(Creative, campaign=partnership.campaign, public_id=wanted)
    try:
        return links.grab(
            partnership,
            creative=creative,
            destination=form.cleaned_data["destination"],
            subs=form.subs,
            name=form.cleaned_data["name"],
            channel=form.cleaned_data["channel"],
            coupon=form.cleaned_data["coupon"],
            by=Actor.of(request),
        )
    except DomainError as error:
        form.add_error(error.field, str(error))
        return None


def _form(partnership: Partnership, data: QueryDict | None = None) -> LinkForm:
    usual = links.usual_channel(partnership.publisher_id)
    codes = coupons.shown_to(partnership.publisher, partnership.campaign)
    return LinkForm(data, channel=usual, codes=codes)


def _page(request: Request, partnership: Partnership, form: LinkForm, status: int = 200) -> HttpResponse:
    context = _context(request, partnership, form)
    return render(request, "publishers/link_list.html", context, status=status)


def _context(request: Request, partnership: Partnership, form: LinkForm) -> dict[str, Any]:
    banners = [one for one in selectors.creatives(partnership.campaign, CreativeKind.BANNER) if one.image]
    size = request.GET.get("size", "")
    page = Paginator(selectors.live_links(partnership), PAGE).get_page(request.GET.get("page"))
    may_manage = allows(request.membership.role, Can.MANAGE)
    return {
        "partnership": partnership,
        "campaign": partnership.campaign,
        "form": form,
        "banners": [one for one in banners if size in {"", _size(one)}],
        "sizes": list(dict.fromkeys(map(_size, banners))),
        "size": size,
        "texts": selectors.creatives(partnership.campaign, CreativeKind.TEXT),
        "natives": selectors.creatives(partnership.campaign, CreativeKind.NATIVE),
        "letters": selectors.creatives(partnership.campaign, CreativeKind.EMAIL),
        "slots": urls_out.slots(selectors.pictures(partnership.campaign)),
        "page": page,
        "takeaways": [takeaway(link) for link in page.object_list],
        "may_grab": may_manage and partnership.status == PartnershipStatus.ACTIVE,
        "may_manage": may_manage,
    }


def _size(banner: Creative) -> str:
    """`300×250`"""
    return f"{banner.image.width}×{banner.image.height}" if banner.image else ""
