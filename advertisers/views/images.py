from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from advertisers.models import Image

A_YEAR: Final = 365 * 24 * 3600
HEADERS: Final = {
    "Cache-Control": f"public, max-age={A_YEAR}, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
    "Timing-Allow-Origin": "*",
}


@require_safe
def show(request: HttpRequest, sha256: str, extension: str) -> HttpResponse:
    """A banner's bytes, for publishers' sites: the same for everybody and for ever, so no session, no cookie, no Vary."""
    image = Image.objects.filter(sha256=sha256).defer("data").first()
    if image is None or image.extension != extension:
        raise Http404
    headers = HEADERS | {"ETag": f'"{sha256}"'}
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")]
    if "*" in known or headers["ETag"] in known:
        response = HttpResponse(status=304, headers=headers)
        del response["Content-Type"]
        return response
    return HttpResponse(image.data, headers=headers | {"Content-Type": image.content_type})
