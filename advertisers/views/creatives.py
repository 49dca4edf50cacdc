from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from advertisers import access as own
from advertisers import creatives, letters, selectors
from advertisers.forms.creatives import BannersForm, LetterForm, NativeForm, TextLinkForm
from advertisers.models import Campaign, CreativeKind
from advertisers.views.frame import frame
from network import access
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.roles import Can


@access.page(kinds=own.BUYERS)
def listing(request: Request, public_id: str) -> HttpResponse:
    return _page(request, own.campaign(request, public_id), BannersForm(), TextLinkForm())


def _page(
    request: Request,
    campaign: Campaign,
    banners: BannersForm,
    text: TextLinkForm,
    *,
    native: NativeForm | None = None,
    letter: LetterForm | None = None,
) -> HttpResponse:
    every = list(selectors.creatives(campaign))
    context = frame(request, campaign, "creatives") | {
        "banners": [creative for creative in every if creative.kind == CreativeKind.BANNER and not creative.retired_at],
        "texts": [creative for creative in every if creative.kind == CreativeKind.TEXT and not creative.retired_at],
        "natives": [creative for creative in every if creative.kind == CreativeKind.NATIVE and not creative.retired_at],
        "letters": [creative for creative in every if creative.kind == CreativeKind.EMAIL and not creative.retired_at],
        "native_form": native or NativeForm(),
        "letter_form": letter or LetterForm(),
        "retired": [creative for creative in every if creative.retired_at],
        "banner_form": banners,
        "text_form": text,
        "sizes": creatives.SIZES,
    }
    status = 422 if banners.is_bound or text.is_bound or native or letter else 200
    return render(request, "advertisers/creatives.html", context, status=status)


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
@require_POST
def create_banners(request: Request, public_id: str) -> HttpResponse:
    campaign = own.campaign(request, public_id)
    form = BannersForm(request.POST, request.FILES)
    made = form.add_to(campaign, by=Actor.of(request)) if form.is_valid() else []
    if made:
        text = ngettext("%(count)s banner added.", "%(count)s banners added.", len(made))
        messages.success(request, text % {"count": len(made)})
    if form.errors:
        return _page(request, campaign, form, TextLinkForm())
    return redirect("advertisers:campaign-creatives", public_id)


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
@require_POST
def create_text(request: Request, public_id: str) -> HttpResponse:
    campaign = own.campaign(request, public_id)
    form = TextLinkForm(request.POST)
    if form.is_valid():
        try:
            form.add_to(campaign, by=Actor.of(request))
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("Text link added."))
            return redirect("advertisers:campaign-creatives", public_id)
    return _page(request, campaign, BannersForm(), form)


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
@require_POST
def create_native(request: Request, public_id: str) -> HttpResponse:
    campaign = own.campaign(request, public_id)
    form = NativeForm(request.POST, request.FILES)
    if _added(request, campaign, form):
        messages.success(request, _("Native ad added."))
        return redirect("advertisers:campaign-creatives", public_id)
    return _page(request, campaign, BannersForm(), TextLinkForm(), native=form)


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
@require_POST
def create_letter(request: Request, public_id: str) -> HttpResponse:
    campaign = own.campaign(request, public_id)
    form = LetterForm(request.POST)
    if _added(request, campaign, form):
        messages.success(request, _("E-mail added."))
        return redirect("advertisers:campaign-creatives", public_id)
    return _page(request, campaign, BannersForm(), TextLinkForm(), letter=form)


@access.page(kinds=own.BUYERS)
def show_letter(request: Request, public_id: str) -> HttpResponse:
    """The mail as it was cleaned, by itself: nothing in it can act on this site."""
    creative = own.creative(request, public_id)
    if creative.kind != CreativeKind.EMAIL:
        raise Http404
    policy = "default-src 'none'; img-src https: data:; style-src 'unsafe-inline'; sandbox"
    body = letters.filled(creative, link="#", open_pixel="", unsubscribe="#")
    return HttpResponse(
        f'<!doctype html><meta charset="utf-8"><title>{escape(creative.title)}</title>{body}',
        headers={"Content-Security-Policy": policy},
    )


def _added(request: Request, campaign: Campaign, form: NativeForm | LetterForm) -> bool:
    if not form.is_valid():
        return False
    try:
        form.add_to(campaign, by=Actor.of(request))
    except DomainError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return False
    return True


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
@require_POST
def retire(request: Request, public_id: str) -> HttpResponse:
    creative = own.creative(request, public_id)
    try:
        creatives.retire(creative, by=Actor.of(request))
        messages.success(request, _("Retired: publishers no longer find it; what they embedded keeps working."))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("advertisers:campaign-creatives", creative.campaign.public_id)
