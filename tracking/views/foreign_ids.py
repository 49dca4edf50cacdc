from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from advertisers.models import System
from network import access
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.models import Kind
from network.roles import Can
from tracking import foreign_ids
from tracking.models import ForeignId

STAFF = {Kind.NETWORK, Kind.AGENCY}
PAGE = 100
MAX_BYTES = 1024 * 1024


class FilterForm(forms.Form):
    helper = FormHelper()
    helper.form_tag = False

    system = forms.ChoiceField(label=_("System"), required=False, choices=[("", _("Any")), *System.choices])
    account = forms.CharField(
        label=_("Account over there"), required=False, max_length=64, widget=forms.TextInput(attrs={"dir": "ltr"})
    )
    foreign_id = forms.CharField(
        label=_("Id over there"), required=False, max_length=128, widget=forms.TextInput(attrs={"dir": "ltr"})
    )


class TableForm(forms.Form):
    helper = FormHelper()
    helper.form_tag = False

    account = forms.CharField(
        label=_("Account over there"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"dir": "ltr", "spellcheck": "false"}),
        help_text=_(
            "Only if several accounts of one system move here: its network id, its host name or its enterprise id."
            " Links on a host name named here are answered, once it points to the tracking host."
        ),
    )
    table = forms.CharField(
        label=_("Rows"),
        max_length=MAX_BYTES,
        widget=forms.Textarea(attrs={"rows": 10, "dir": "ltr", "class": "font-monospace", "spellcheck": "false"}),
        help_text=_("As CSV or copied from a spreadsheet: system, kind, id over there, ours."),
    )


@access.page(kinds=STAFF)
def listing(request: Request) -> HttpResponse:
    form = FilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    found = ForeignId.objects.visible_to(request.organization).order_by("name")
    found = found.select_related("campaign", "publisher", "creative", "goal", "link")
    for name in ("system", "account", "foreign_id"):
        if wanted.get(name):
            found = found.filter(**{name: wanted[name]})
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    accounts = foreign_ids.accounts_of({(one.system, one.kind, one.foreign_id) for one in page})
    context = {
        "form": form,
        "page": page,
        "page_obj": page,
        "is_filtered": any(wanted.values()),
        "rows": [(one, len(accounts.get((one.system, one.kind, one.foreign_id), ())) > 1) for one in page],
    }
    part = "#ids" if request.htmx else ""
    return render(request, f"tracking/foreign_id_list.html{part}", context)


@access.page(kinds=STAFF, can=Can.MANAGE)
def take_in(request: Request) -> HttpResponse:
    """First what would happen, row by row; then, on the same form's second button, it happens."""
    form = TableForm(request.POST or None)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        by = Actor.of(request)
        try:
            rows = foreign_ids.read(form.cleaned_data["table"], account=form.cleaned_data["account"], by=by)
        except DomainError as error:
            form.add_error("table", str(error.message))
        else:
            good = [row for row in rows if not row.error]
            if "confirm" in request.POST and good:
                count = foreign_ids.take_in(good, by=by)
                words = ngettext("%(count)s id was taken in.", "%(count)s ids were taken in.", count)
                messages.success(request, words % {"count": count})
                return redirect("tracking:foreign-id-list")
            context |= {"rows": rows, "good": len(good), "bad": len(rows) - len(good)}
    return render(request, "tracking/foreign_id_import.html", context)


@access.page(kinds=STAFF, can=Can.MANAGE)
@require_POST
def forget(request: Request, pk: int) -> HttpResponse:
    found = get_object_or_404(ForeignId.objects.visible_to(request.organization), pk=pk)
    foreign_ids.forget(found, by=Actor.of(request))
    messages.success(request, _("The id means nothing here any more."))
    return redirect("tracking:foreign-id-list")
