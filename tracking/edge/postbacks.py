"""GET and POST /postback: one report from the advertiser's server, as a query or a form."""

from typing import Final

from tracking.edge import inputs, intake
from tracking.edge.http import Receive, Request, Response, read_body
from tracking.edge.refusals import Rejection
from tracking.edge.state import Edge

MAX_BODY: Final = 64 * 1024
FORM: Final = "application/x-www-form-urlencoded"
NOT_A_FORM: Final = Rejection(
    415, "unsupported_media_type", f"Send the parameters in the query or as {FORM}; JSON goes to /v1/conversions."
)


async def postback(edge: Edge, request: Request, receive: Receive) -> Response:
    try:
        query = await _parameters(request, receive)
        token = inputs.token_of(query)
        campaign = intake.campaign_with(edge, token)
    except Rejection as rejection:
        return intake.rejected(rejection)
    by = intake.caller(edge, request, "server", query.decode("utf-8", "replace"), token)
    try:
        made = intake.entry(edge, campaign, inputs.named(query), by)
    except Rejection as rejection:
        return intake.answered(intake.refused(edge, rejection, campaign, by))
    await edge.inbox.submit([made])
    return intake.answered(made)


async def _parameters(request: Request, receive: Receive) -> bytes:
    """Those of the query and those of the form, in one."""
    if request.method == "GET":
        return request.query
    if request.headers.get(b"content-encoding", b"identity") != b"identity":
        raise NOT_A_FORM
    body = await read_body(request, receive, MAX_BODY)
    content_type = request.header(b"content-type").partition(";")[0].strip().lower()
    if body and content_type != FORM:
        raise NOT_A_FORM
    return b"&".join(filter(None, [request.query, body]))
