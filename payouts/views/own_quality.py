"""A publisher's page about the quality of its traffic: categories and appeals, never rules or thresholds."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from network import access
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.models import Kind
from network.roles import Can, allows
from payouts import quality
from payouts.forms_quality import AppealForm
from tracking.models import AppealStatus, CaseStatus, QualityCase
from tracking.quality import cases

PUBLISHER = frozenset({Kind.PUBLISHER})
DAYS = 30


@access.page(kinds=PUBLISHER)
def overview(request: Request) -> HttpResponse:
    page = Paginator(quality.own_cases(request.organization), 30).get_page(request.GET.get("page"))
    context = {
        "traffic": quality.traffic(request.organization, days=DAYS, today=timezone.now().date()),
        "page": page,
        "rows": quality.rows(page.object_list, reader=request.organization),
        "days": DAYS,
    }
    return render(request, "payouts/quality.html", context)


@access.page(kinds=PUBLISHER)
def case(request: Request, public_id: str) -> HttpResponse:
    found = get_object_or_404(quality.own_cases(request.organization), public_id=public_id)
    return _case(request, found, AppealForm())


def _case(request: Request, found: QualityCase, form: AppealForm, status: int = 200) -> HttpResponse:
    [row] = quality.rows([found], reader=request.organization)
    appeals = list(found.appeals.order_by("-pk"))
    waits = any(one.status == AppealStatus.WAITING for one in appeals)
    may_write = allows(request.membership.role, Can.MANAGE)
    context: dict[str, Any] = {
        "row": row,
        "case": found,
        "appeals": appeals,
        "form": form,
        "may_appeal": may_write and not waits and found.status != CaseStatus.CLEARED,
    }
    return render(request, "payouts/quality_case.html", context, status=status)


@access.page(kinds=PUBLISHER, can=Can.MANAGE)
@require_POST
def appeal(request: Request, public_id: str) -> HttpResponse:
    found = get_object_or_404(quality.own_cases(request.organization), public_id=public_id)
    form = AppealForm(request.POST)
    if not form.is_valid():
        return _case(request, found, form, 422)
    try:
        cases.appeal(found, text=form.cleaned_data["text"], by=Actor.of(request))
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Your appeal is sent; a person reads it and answers by mail."))
    return redirect("payouts:quality-case", public_id)
