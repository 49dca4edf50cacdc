"""The API keys of the acting organization."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from network import access, keys
from network.actors import Actor
from network.http import Request
from network.models import ApiKey
from network.roles import Can
from network.views.forms import KeyForm


@require_safe
@access.page(can=Can.ADMINISTER)
def key_list(request: Request) -> HttpResponse:
    rows = ApiKey.objects.filter(organization=request.organization).select_related("created_by")
    return render(request, "network/keys.html", {"keys": rows.order_by("revoked_at", "-id")})


@require_http_methods(["GET", "HEAD", "POST"])
@access.page(can=Can.ADMINISTER)
def key_create(request: Request) -> HttpResponse:
    """The answer to the POST is the only page that ever shows the key."""
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        scopes = [keys.Scope(scope) for scope in form.cleaned_data["scopes"]]
        key, secret = keys.create(
            request.organization, name=form.cleaned_data["name"], scopes=scopes, by=Actor.of(request)
        )
        return render(request, "network/key_made.html", {"key": key, "secret": secret})
    return render(request, "network/key_form.html", {"form": form}, status=422 if form.is_bound else 200)


@require_POST
@access.page(can=Can.ADMINISTER)
def key_revoke(request: Request, public_id: str) -> HttpResponse:
    key = get_object_or_404(ApiKey, organization=request.organization, public_id=public_id)
    keys.revoke(key, by=Actor.of(request))
    messages.success(request, _("The key “%(name)s” is revoked.") % {"name": key.name})
    return redirect("network:key-list")
