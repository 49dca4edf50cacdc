"""What a publisher must know before it mails about a campaign: who wants no mail from its advertiser."""

from django.http import Http404, HttpResponse, StreamingHttpResponse

from advertisers import suppressions
from network import access
from network.actors import Actor
from network.http import Request
from network.roles import Can
from publishers.access import partnership as fetch
from publishers.models import PartnershipStatus
from publishers.views.profile import PUBLISHER

PARTNERS = frozenset({PartnershipStatus.ACTIVE, PartnershipStatus.PAUSED})


@access.page(kinds=PUBLISHER, can=Can.MANAGE)
def download(request: Request, public_id: str, form: str) -> HttpResponse:
    """For partners only: whose application waits or was declined has nothing to mail."""
    partnership = fetch(request, public_id)
    if form not in suppressions.FORMS or partnership.status not in PARTNERS:
        raise Http404
    campaign = partnership.campaign
    lines = suppressions.download(campaign.advertiser, publisher=request.organization, form=form, by=Actor.of(request))
    disposition = f'attachment; filename="suppression-{campaign.public_id}-{form}.csv"'
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = disposition
    return answer  # type: ignore[return-value]  # Django has no common type of both
