"""GET /v/<code>.gif: a banner was seen, half of it for a second. Sent by the banner tag."""

from tracking.edge import impressions
from tracking.edge.http import Answer, Request
from tracking.edge.state import Edge


def viewed(edge: Edge, request: Request, code: bytes) -> Answer:
    return impressions.impression(edge, request, code, b"view")
