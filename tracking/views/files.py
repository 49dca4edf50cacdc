"""Files of conversions and of history: handed in, looked at, applied, and what became of each row."""

import csv
from collections.abc import Iterator
from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from advertisers.models import Campaign, Scope
from network import access
from network.actors import Actor
from network.errors import DomainError
from network.files import cell
from network.http import Request
from network.models import Kind
from network.money import Money
from network.roles import Can, allows
from tracking.files import jobs, uploads
from tracking.files.headers import LABELS
from tracking.files.uploads import Read
from tracking.forms.files import ColumnsForm, ImportForm, UploadForm
from tracking.models import FileJob, FileKind, FileRow, FileStatus
from tracking.outcomes import REJECTED

BUYERS: Final = frozenset({Kind.ADVERTISER, Kind.AGENCY, Kind.NETWORK})
IMPORTERS: Final = frozenset({Kind.AGENCY, Kind.NETWORK})
PAGE: Final = 50
SHOWN_ERRORS: Final = 100
COLUMNS: Final = ("order_id", "goal", "amount", "currency", "click_id", "coupon", "publisher", "timestamp", "status")


@access.page(kinds=BUYERS)
def listing(request: Request) -> HttpResponse:
    found = FileJob.objects.visible_to(request.organization).select_related("campaign").order_by("-pk")
    context = {
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "may_manage": allows(request.membership.role, Can.MANAGE),
        "may_import": request.organization.kind in IMPORTERS,
    }
    return render(request, "tracking/file_list.html", context)


@access.page(kinds=BUYERS, can=Can.MANAGE)
def upload(request: Request) -> HttpResponse:
    campaigns = _campaigns(request)
    form = UploadForm(request.POST or None, request.FILES or None, campaigns=campaigns)
    if request.method == "POST" and form.is_valid():
        campaign = get_object_or_404(campaigns, public_id=form.cleaned_data["campaign"])
        if job := _handed_in(request, form, kind=FileKind.UPLOAD, campaign=campaign):
            return redirect("tracking:file-detail", job.public_id)
    return _form_page(request, form, is_import=False)


@access.page(kinds=IMPORTERS, can=Can.MANAGE)
def import_history(request: Request) -> HttpResponse:
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in ("system", "time_zone")}
        if job := _handed_in(request, form, kind=FileKind(form.cleaned_data["kind"]), **values):
            return redirect("tracking:file-detail", job.public_id)
    return _form_page(request, form, is_import=True)


@access.page(kinds=BUYERS)
def detail(request: Request, public_id: str) -> HttpResponse:
    job = _job(request, public_id)
    return render(request, "tracking/file_detail.html", _context(request, job, ColumnsForm(job=job)))


@access.page(kinds=BUYERS)
def progress(request: Request, public_id: str) -> HttpResponse:
    """The part of the page that changes while the work goes on; the whole page once it has ended."""
    job = _job(request, public_id)
    answer = render(request, "tracking/file_detail.html#progress", {"job": job, "totals": _totals(job)})
    if not job.is_busy:
        answer["HX-Refresh"] = "true"
    return answer


@access.page(kinds=BUYERS, can=Can.MANAGE)
@require_POST
def columns(request: Request, public_id: str) -> HttpResponse:
    job = _job(request, public_id)
    form = ColumnsForm(request.POST, job=job)
    if form.is_valid():
        try:
            jobs.map_columns(job, form.mapping, time_zone=form.cleaned_data["time_zone"], by=Actor.of(request))
            return redirect("tracking:file-detail", public_id)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
    return render(request, "tracking/file_detail.html", _context(request, job, form), status=422)


@access.page(kinds=BUYERS, can=Can.MANAGE)
@require_POST
def start(request: Request, public_id: str) -> HttpResponse:
    return _step(request, public_id, jobs.start)


@access.page(kinds=BUYERS, can=Can.MANAGE)
@require_POST
def cancel(request: Request, public_id: str) -> HttpResponse:
    return _step(request, public_id, jobs.cancel)


@access.page(kinds=BUYERS)
def results(request: Request, public_id: str) -> HttpResponse:
    """What became of each row, as CSV."""
    job = _job(request, public_id)
    answer = StreamingHttpResponse(_lines(job), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="results-{job.public_id}.csv"'
    return answer  # type: ignore[return-value]  # Django has no common type of both


class Echo:
    def write(self, text: str) -> str:
        return text


def _lines(job: FileJob) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield "\ufeff" + writer.writerow(["row", "id", "outcome", "code", "message", "report"])
    rows = FileRow.objects.filter(job=job).order_by("number")
    for row in rows.iterator(chunk_size=2_000):
        values = [row.number, cell(row.label), row.outcome, row.code, cell(row.message), row.report_id or ""]
        yield writer.writerow(values)


def _context(request: Request, job: FileJob, form: ColumnsForm) -> dict[str, Any]:
    reads: list[Any] = []
    if job.kind == FileKind.UPLOAD and job.status == FileStatus.READY and not jobs.missing(job):
        reads = [_shown(one) for one in uploads.preview(job)]
    rejected = FileRow.objects.filter(job=job, outcome="rejected").order_by("number")
    return {
        "job": job,
        "form": form,
        "reads": reads,
        "columns": [LABELS[name] for name in COLUMNS],
        "rejected": [(row, _explained(row.code, row.message)) for row in rejected[:SHOWN_ERRORS]],
        "totals": _totals(job),
        "is_missing": jobs.missing(job),
        "may_manage": allows(request.membership.role, Can.MANAGE),
        "may_map": job.status in {FileStatus.READY, FileStatus.FAILED},
    }


def _shown(read: Read) -> tuple[Read, list[tuple[Promise, str]], str]:
    values = [(LABELS[name], read.values.get(name, "")) for name in COLUMNS]
    problem = _explained(read.rejection.code, read.rejection.message) if read.rejection else ""
    return read, values, problem


def _explained(code: str, otherwise: str) -> str:
    """In the reader's language, as the log of postbacks says it."""
    known = REJECTED.get(code)
    return str(known.done) if known else otherwise


def _totals(job: FileJob) -> list[Money]:
    return [Money(amount, currency) for currency, amount in sorted(job.totals.items())]


def _job(request: Request, public_id: str) -> FileJob:
    found = FileJob.objects.visible_to(request.organization).select_related("campaign__advertiser")
    return get_object_or_404(found, public_id=public_id)


def _campaigns(request: Request) -> QuerySet[Campaign]:
    return Campaign.objects.run_by(request.organization, Scope.CONVERSIONS).order_by("name")


def _handed_in(request: Request, form: Any, **values: Any) -> FileJob | None:
    file = form.cleaned_data["file"]
    try:
        return jobs.hand_in(file, name=file.name or "", by=Actor.of(request), **values)
    except DomainError as error:
        form.add_error("file", str(error))
        return None


def _step(request: Request, public_id: str, step: Any) -> HttpResponse:
    try:
        step(_job(request, public_id), by=Actor.of(request))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("tracking:file-detail", public_id)


def _form_page(request: Request, form: Any, *, is_import: bool) -> HttpResponse:
    context = {
        "form": form,
        "is_import": is_import,
        "title": _("Import history") if is_import else _("Upload conversions"),
    }
    return render(request, "tracking/file_form.html", context, status=422 if form.errors else 200)
