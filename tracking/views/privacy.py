"""How long personal data is kept, and who asked to be forgotten."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from network import access, network_settings
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.models import Kind, NetworkSettings
from network.roles import Can
from tracking import erasures
from tracking.forms.privacy import ErasureForm, RetentionForm
from tracking.models import ErasureRequest

STAFF = frozenset({Kind.NETWORK})


@require_http_methods(["GET", "HEAD", "POST"])
@access.page(kinds=STAFF, can=Can.ADMINISTER)
def privacy(request: Request) -> HttpResponse:
    form = RetentionForm(request.POST or None, initial=RetentionForm.values_of(NetworkSettings.current()))
    if request.method == "POST" and form.is_valid():
        network_settings.keep_data(by=Actor.of(request), **form.cleaned_data)
        messages.success(request, _("The times are saved. They take effect within hours."))
        return redirect("tracking:privacy")
    return _page(request, form=form, status=422 if form.is_bound else 200)


@access.page(kinds=STAFF, can=Can.ADMINISTER)
@require_POST
def erase(request: Request) -> HttpResponse:
    form = ErasureForm(request.POST)
    if form.is_valid():
        try:
            erasures.request(**form.cleaned_data, by=Actor.of(request))
        except DomainError as error:
            form.add_error("value", str(error))
        else:
            messages.success(request, _("The request is taken; the data is erased within minutes."))
            return redirect("tracking:privacy")
    return _page(request, erasure=form, status=422)


def _page(request: Request, *, status: int, **forms: Any) -> HttpResponse:
    found = ErasureRequest.objects.select_related("requested_by").order_by("-requested_at")
    context = {
        "form": RetentionForm(initial=RetentionForm.values_of(NetworkSettings.current())),
        "erasure": ErasureForm(),
        "page": Paginator(found, 25).get_page(request.GET.get("page")),
    }
    return render(request, "tracking/privacy.html", context | forms, status=status)
