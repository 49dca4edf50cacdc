"""The report by sub id, source, country and so on: as a page, and as a file."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.vary import vary_on_headers

from network import access
from network.errors import DomainError
from network.files import cell
from network.http import Request
from network.models import Kind, Organization
from publishers.models import Partnership
from reporting import breakdowns
from reporting.breakdowns import Breakdown, Key, Line
from reporting.columns import Column, columns_for
from reporting.figures import Slice, campaigns_seen_by
from reporting.forms import BreakdownForm
from reporting.names import TITLES, Names
from reporting.periods import Period, PeriodTooLong

PAGE: Final = 100
LONGEST: Final = 366
DEFAULT: Final = {Kind.PUBLISHER: "sub1"}


@dataclass(frozen=True, slots=True)
class Row:
    names: list[str]
    line: Line
    cells: list[tuple[Column, Any]]


@access.page()
@vary_on_headers("HX-Request")
def breakdown(request: Request) -> HttpResponse:
    form = _form(request)
    form.is_valid()
    try:
        report = Report.asked(request, form)
    except DomainError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        report = None
    context: dict[str, Any] = {"form": form, "report": report}
    if report:
        context["page"] = Paginator(report.keys, PAGE).get_page(request.GET.get("page"))
        context["rows"] = report.rows(context["page"].object_list)
    part = "#breakdown" if request.htmx else ""
    return render(request, f"reporting/breakdown.html{part}", context)


@access.page()
def breakdown_file(request: Request) -> HttpResponse:
    """The same as CSV: every row, plain numbers, money in major units."""
    form = _form(request)
    form.is_valid()
    report = Report.asked(request, form)
    answer = StreamingHttpResponse(_lines(report), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{"-".join(report.by)}-{report.period.last}.csv"'
    return answer  # type: ignore[return-value]  # Django has no common type of both


class Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _lines(report: "Report") -> Iterator[str]:
    writer = csv.writer(Echo())
    titles = [*(str(title) for title in report.titles), *(str(column.label) for column in report.columns)]
    yield "\ufeff" + writer.writerow([*titles, _("Currency")])
    for start in range(0, len(report.keys), 1000):
        for row in report.rows(report.keys[start : start + 1000]):
            figures = [column.plain(row.line) for column in report.columns]
            yield writer.writerow([*map(cell, row.names), *figures, row.line.currency])


@dataclass(frozen=True)
class Report:
    by: tuple[str, ...]
    period: Period
    columns: tuple[Column, ...]
    lines: dict[Key, Line]
    keys: list[Key]
    currency: str
    sort: str

    @classmethod
    def asked(cls, request: Request, form: BreakdownForm) -> "Report":
        """What the form names, and for the rest the last 30 days by the usual dimension."""
        wanted = form.cleaned_data
        kind = Kind(request.organization.kind)
        by = (wanted.get("by") or DEFAULT.get(kind, "source"), wanted.get("then") or "")
        part = slice_of(request, wanted)
        names = tuple(dict.fromkeys(name for name in by if name))
        lines = Breakdown(part, names).lines()
        if "publisher" in names:
            lines = breakdowns.by_publisher(lines, names.index("publisher"))
        columns = columns_for(kind)
        sort = wanted.get("sort") or ("" if "day" in names else "clicks")
        return cls(names, part.period, columns, lines, _sorted(lines, columns, names, sort), part.currency, sort)

    @property
    def titles(self) -> list[Any]:
        return [TITLES[name] for name in self.by]

    @property
    def total(self) -> list[tuple[Column, Any]]:
        return _cells(self.columns, breakdowns.total(self.lines.values(), self.currency))

    def rows(self, keys: list[Key]) -> list[Row]:
        names = [Names(name, (key[place] for key in keys)) for place, name in enumerate(self.by)]
        return [
            Row(
                [one.of(value) for one, value in zip(names, key, strict=True)],
                self.lines[key],
                _cells(self.columns, self.lines[key]),
            )
            for key in keys
        ]


def _sorted(lines: dict[Key, Line], columns: tuple[Column, ...], by: tuple[str, ...], sort: str) -> list[Key]:
    """The largest figure first; by day the latest first; ties in the order of their values."""
    keys = sorted(lines, key=lambda key: tuple(map(str, key)))
    if column := next((one for one in columns if one.code == sort), None):

        def figure(key: Key) -> Any:
            value = column.value(lines[key])
            return -1 if value is None else getattr(value, "amount", value)

        return sorted(keys, key=figure, reverse=True)
    if "day" in by:
        return sorted(keys, key=lambda key: key[by.index("day")], reverse=True)
    return keys


def _cells(columns: tuple[Column, ...], line: Line) -> list[tuple[Column, Any]]:
    return [(column, column.value(line)) for column in columns]


def slice_of(request: Request, wanted: dict[str, Any]) -> Slice:
    campaigns = campaigns_seen_by(request.organization)
    campaign = campaigns.filter(public_id=wanted.get("campaign") or "").first()
    currency = wanted.get("currency") or (campaign.currency if campaign else currencies_of(request)[0])
    if campaign:
        currency = campaign.currency
    zones = campaigns.filter(currency=currency).order_by().values_list("time_zone", flat=True).distinct()
    usual = Period.latest(30, zones)
    last = wanted.get("until") or (usual.last if not wanted.get("since") else max(usual.last, wanted["since"]))
    first = wanted.get("since") or last - timedelta(days=29)
    period = Period(first, last)
    if not 1 <= period.length <= LONGEST or last > timezone.localdate() + timedelta(days=2):
        raise PeriodTooLong(field="since")
    publisher = Organization.objects.filter(kind=Kind.PUBLISHER, public_id=wanted.get("publisher") or "").first()
    return Slice(request.organization, currency, period, campaign, publisher)


def currencies_of(request: Request) -> list[str]:
    """The organization's own first."""
    own = request.organization.currency
    found = set(campaigns_seen_by(request.organization).order_by().values_list("currency", flat=True)) or {own}
    return sorted(found, key=lambda one: (one != own, one))


def _form(request: Request) -> BreakdownForm:
    campaigns = campaigns_seen_by(request.organization).order_by("name")
    publishers: list[Organization] = []
    if request.organization.kind != Kind.PUBLISHER:
        joined = Partnership.objects.filter(campaign__in=campaigns, decided_at__isnull=False)
        publishers = list(Organization.objects.filter(pk__in=joined.values("publisher")).order_by("name"))
    data = request.GET.copy()
    data.setdefault("by", DEFAULT.get(Kind(request.organization.kind), "source"))
    return BreakdownForm(
        data,
        kind=request.organization.kind,
        campaigns=campaigns,
        publishers=publishers,
        currencies=currencies_of(request),
    )
