"""What a publisher must know before it mails about a campaign: who wants no mail from its advertiser."""

from django.http import Http404, HttpResponse, StreamingHttpResponse

from advertisers import suppressions
from network import access
from network.actors import Actor
from network.http import Request
from network.roles import Can
from publishers.access import partnership as fetch
from publishers.views.profile import PUBLISHER


@access.page(kinds=PUBLISHER, can=Can.MANAGE)
def download(request: Request, public_id: str, form: str) -> HttpResponse | StreamingHttpResponse:
    campaign = fetch(request, public_id).campaign
    if form not in suppressions.FORMS:
        raise Http404
    lines = suppressions.download(campaign.advertiser, publisher=request.organization, form=form, by=Actor.of(request))
    disposition = f'attachment; filename="suppression-{campaign.public_id}-{form}.csv"'
    return StreamingHttpResponse(
        lines, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition}
    )
