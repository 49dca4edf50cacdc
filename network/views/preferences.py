"""What the frame of every page lets a person choose: language, colours, the organization to act for."""

from typing import Final

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from network.accounts import remember_language
from network.context import THEMES
from network.middleware import ACTING
from network.models import Membership

ONE_YEAR: Final = 365 * 24 * 3600


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Keeps the language in a cookie and, for mail, with the person."""
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        return HttpResponseBadRequest()
    if request.user.is_authenticated and request.user.language != language:
        request.user.language = language
        request.user.save(update_fields=["language"])
    response = _back(request)
    remember_language(response, language)
    return response


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    theme = request.POST.get("theme", "")
    if theme not in THEMES:
        return HttpResponseBadRequest()
    response = _back(request)
    response.set_cookie("theme", theme, max_age=ONE_YEAR, secure=settings.SECURE, httponly=True, samesite="Lax")
    return response


@require_POST
@login_required
def switch_organization(request: HttpRequest) -> HttpResponse:
    """From here on the session acts for another of the person's organizations."""
    memberships = Membership.objects.filter(user=request.user.pk)
    membership = get_object_or_404(memberships, organization__public_id=request.POST.get("organization", ""))
    request.session[ACTING] = membership.organization_id
    return _back(request)


def _back(request: HttpRequest) -> HttpResponseRedirect:
    url = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(url if safe else "/")
