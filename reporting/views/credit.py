"""The attribution report: how much each publisher or channel on the paths to conversions did for them."""

import csv
import io
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.vary import vary_on_headers

from network import access
from network.errors import DomainError
from network.files import cell
from network.http import Request
from network.models import Kind
from network.money import to_major
from reporting import journeys
from reporting.credit import Model
from reporting.figures import campaigns_seen_by
from reporting.forms import CreditForm
from reporting.names import TITLES, Names
from reporting.views.breakdown import currencies_of, slice_of

BUYERS: Final = {Kind.ADVERTISER, Kind.AGENCY, Kind.NETWORK}
TEXTS: Final[dict[Model, Promise]] = {
    Model.LAST: gettext_lazy("All of it to the last touch before the conversion."),
    Model.FIRST: gettext_lazy("All of it to the first touch of the path."),
    Model.LINEAR: gettext_lazy("The same part to each touch of the path."),
    Model.POSITION: gettext_lazy("40% to the first and 40% to the last touch, 20% to those between them."),
    Model.DECAY: gettext_lazy("Half as much for each 7 days that a touch was before the conversion."),
    Model.MARKOV: gettext_lazy(
        "By what part conversions would fall without this publisher or channel, worked out from the paths of all visitors"
        " who agreed to be recognised, those who did not buy among them."
    ),
}


@access.page(kinds=BUYERS)
@vary_on_headers("HX-Request")
def credit(request: Request) -> HttpResponse:
    form = _form(request)
    report = None
    if form.is_valid():
        try:
            report = _report(request, form)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
    context: dict[str, Any] = {"form": form, "report": report}
    if report:
        by = form.cleaned_data["by"]
        names = Names(by, (line.key for line in report.lines))
        context |= {
            "title": TITLES[by],
            "text": TEXTS[Model(form.cleaned_data["model"])],
            "rows": [(names.of(line.key), line) for line in report.lines],
        }
    part = "#credit" if request.htmx else ""
    return render(request, f"reporting/credit.html{part}", context)


@access.page(kinds=BUYERS)
def credit_file(request: Request) -> HttpResponse:
    """The same as CSV: plain numbers, money in major units."""
    form = _form(request)
    form.is_valid()
    report = _report(request, form)
    by, model = form.cleaned_data.get("by", "publisher"), form.cleaned_data.get("model", Model.LINEAR)
    names = Names(by, (line.key for line in report.lines))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(
        [
            str(TITLES[by]),
            _("On the path"),
            _("Credit"),
            _("Share"),
            _("Net sales"),
            _("Last touch"),
            _("First touch"),
            _("Currency"),
        ]
    )
    for line in report.lines:
        figures = [line.on_path, f"{line.hundredths / 100:.2f}", f"{float(line.share or 0) * 100:.4f}"]
        money = f"{to_major(line.sales):f}"
        writer.writerow([cell(names.of(line.key)), *figures, money, line.last, line.first, line.currency])
    answer = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="attribution-{model}.csv"'
    return answer


def _form(request: Request) -> CreditForm:
    data = request.GET.copy()
    data.setdefault("model", Model.LINEAR)
    data.setdefault("by", "publisher")
    campaigns = campaigns_seen_by(request.organization).order_by("name")
    return CreditForm(data, campaigns=campaigns, currencies=currencies_of(request))


def _report(request: Request, form: CreditForm) -> journeys.CreditReport:
    wanted = form.cleaned_data
    model = Model(wanted.get("model") or Model.LINEAR)
    return journeys.report(slice_of(request, wanted), model, wanted.get("by") or "publisher")
