"""Diverted traffic: why visitors did not get to the landing page, and what can be done."""

import csv
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.vary import vary_on_headers

from advertisers.models import Campaign
from network import access, formats
from network.files import cell
from network.http import Request
from network.models import Kind, Organization
from publishers.models import Partnership
from tracking import diversions
from tracking.diversions import Row
from tracking.forms.diversions import DiversionsForm

HEADER = ["day", "campaign", "publisher", "category", "reason", "everflow_code", "clicks"]


@access.page()
@vary_on_headers("HX-Request")
def show(request: Request) -> HttpResponse:
    form = _form(request)
    organization = request.organization
    is_publisher = organization.kind == Kind.PUBLISHER
    reasons = diversions.by_reason(organization, form.wanted)
    total = sum(row.clicks for row in reasons)
    rows = diversions.by(organization, form.wanted, form.group)
    if is_publisher:
        reasons, rows = diversions.by_category(reasons), diversions.by_category(rows)
    names = _names(form.group, rows)
    context = {
        "form": form,
        "reasons": reasons,
        "total": total,
        "share": _share(total, diversions.clicks_in_all(organization, form.wanted)),
        "shares": [(row, _share(row.clicks, total)) for row in reasons],
        "rows": [(names.get(row.key, row.key), row) for row in rows[:500]],
        "group": form.group,
        "is_publisher": is_publisher,
    }
    part = "#diversions" if request.htmx else ""
    return render(request, f"tracking/diversions.html{part}", context)


@access.page()
def export(request: Request) -> HttpResponse:
    """The same as a file: one line per day, campaign, publisher and reason."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="diverted-traffic.csv"'
    response.write("\ufeff")
    out = csv.writer(response)
    is_publisher = request.organization.kind == Kind.PUBLISHER
    out.writerow([name for name in HEADER if not (is_publisher and name in {"reason", "everflow_code", "publisher"})])
    for row in diversions.exported(request.organization, _form(request).wanted):
        shared: list[object] = [row.day.isoformat(), cell(row.campaign)]
        if is_publisher:
            out.writerow([*shared, row.category, row.clicks])
        else:
            number = diversions.reason(row.code).everflow
            out.writerow([*shared, cell(row.publisher), row.category, row.code, number or "", row.clicks])
    return response


def _form(request: Request) -> DiversionsForm:
    organization = request.organization
    is_publisher = organization.kind == Kind.PUBLISHER
    publishers = Organization.objects.filter(pk__in=diversions.partnerships(organization).values("publisher"))
    return DiversionsForm(
        request.GET,
        campaigns=diversions.campaigns(organization).order_by("name", "pk"),
        publishers=[] if is_publisher else publishers.order_by("name", "pk"),
        is_publisher=is_publisher,
    )


def _names(group: str, rows: list[Row]) -> dict[Any, str]:
    keys: set[Any] = {row.key for row in rows}
    if group == "day":
        language = get_language() or "en"
        return {key: formats.day(key, language) for key in keys if isinstance(key, date)}
    if group == "campaign_id":
        return dict(Campaign.objects.filter(pk__in=keys).values_list("pk", "name"))
    return dict(Partnership.objects.filter(pk__in=keys).values_list("pk", "publisher__name"))


def _share(part: int, whole: int) -> int | None:
    """In basis points."""
    return part * 10_000 // whole if whole else None
