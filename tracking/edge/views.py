"""GET /v/<code>.gif: a banner was seen, half of it for a second. Sent by the banner tag."""

from tracking.edge import impressions
from tracking.edge.http import Request, Response
from tracking.edge.state import Edge


async def viewed(edge: Edge, request: Request, code: bytes) -> Response:
    return await impressions.impression(edge, request, code, "view")
