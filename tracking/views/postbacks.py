from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.vary import vary_on_headers

from advertisers.models import Campaign, Scope
from network import access
from network.http import Request
from network.models import Kind
from tracking import postbacks as calls
from tracking.forms.postbacks import LogFilterForm
from tracking.models import Postback

BUYERS = {Kind.ADVERTISER, Kind.AGENCY, Kind.NETWORK}


@access.page(kinds=BUYERS)
@vary_on_headers("HX-Request")
def listing(request: Request) -> HttpResponse:
    campaigns = list(Campaign.objects.run_by(request.organization, Scope.CONVERSIONS).order_by("name"))
    form = LogFilterForm(request.GET, campaigns=campaigns)
    wanted = form.cleaned_data if form.is_valid() else {}
    before = request.GET.get("before", "")
    rows, more = calls.log(request.organization, calls.Filter(**wanted, before=before))
    context = {
        "form": form,
        "rows": rows,
        "more": more,
        "before": before,
        "only": wanted.get("only", ""),
        "has_clients": request.organization.kind != Kind.ADVERTISER,
        "has_campaigns": bool(campaigns),
    }
    part = "#postbacks" if request.htmx else ""
    return render(request, f"tracking/postback_list.html{part}", context)


@access.page(kinds=BUYERS)
def detail(request: Request, postback_id: UUID) -> HttpResponse:
    postback = get_object_or_404(Postback.objects.visible_to(request.organization).by_ids([postback_id]))
    [row] = calls.rows([postback])
    return render(request, "tracking/postback_detail.html", {"row": row, "postback": postback})
