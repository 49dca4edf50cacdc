from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from advertisers import access as own
from advertisers import app_links
from advertisers.forms.apps import AppForm
from advertisers.models import App, Measurement
from advertisers.views.frame import frame
from network import access
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.roles import Can


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
def edit(request: Request, public_id: str) -> HttpResponse:
    """Where clicks from phones go."""
    campaign = own.campaign(request, public_id)
    app = App.objects.filter(campaign=campaign).first()
    form = AppForm.of(app, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            app_links.describe(campaign, **form.cleaned_data, by=Actor.of(request))
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("Saved. Clicks from phones go there now."))
            return redirect("advertisers:app-edit", public_id)
    templates = [(Measurement(name).label, template) for name, template in app_links.TEMPLATES.items()]
    context = frame(request, campaign, "app") | {
        "form": form,
        "app": app,
        "templates": templates,
        "macros": [f"{{{name}}}" for name in app_links.MACROS],
    }
    return render(request, "advertisers/app_form.html", context, status=422 if form.errors else 200)


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
@require_POST
def remove(request: Request, public_id: str) -> HttpResponse:
    campaign = own.campaign(request, public_id)
    app_links.remove(campaign, by=Actor.of(request))
    messages.success(request, _("Removed. Phones go to the landing page again."))
    return redirect("advertisers:app-edit", public_id)
