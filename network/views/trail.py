"""The audit log as a page."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from network import access, trail
from network.http import Request
from network.models import AuditEntry
from network.roles import Can
from network.views.forms import AuditFilter

PER_PAGE = 50


@require_safe
@access.page(can=Can.ADMINISTER)
def audit_list(request: Request) -> HttpResponse:
    form = AuditFilter(request.GET, topics=list(trail.topics().items()))
    entries = AuditEntry.objects.visible_to(request.organization).select_related("user", "organization")
    if form.is_valid():
        text, topic = form.cleaned_data["q"].strip(), form.cleaned_data["topic"]
        entries = entries.matching(text, request.organization) if text else entries
        entries = entries.filter(action__startswith=f"{topic}.") if topic else entries
    page = Paginator(entries.order_by("-id"), PER_PAGE).get_page(request.GET.get("page"))
    lines = [trail.line(entry, request.organization) for entry in page]
    part = "#audit-table" if request.htmx and not request.htmx.boosted else ""
    return render(request, f"network/audit.html{part}", {"form": form, "page": page, "lines": lines})
