"""The few pages that a visitor can see here. No script, no tracking, nothing of the request in them."""

from typing import Final

from tracking.edge.http import COMMON, PAGE_POLICY, Response

_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>body{{font:17px/1.6 system-ui,sans-serif;max-width:34rem;margin:18vh auto;padding:0 1.5rem;color:#1d273b}}
h1{{font-size:1.35rem;margin:0 0 .3rem}}p{{margin:0 0 2rem;color:#49566c}}
@media (prefers-color-scheme:dark){{body{{background:#111827;color:#e5e7eb}}p{{color:#9ca3af}}}}</style></head>
<body><main><h1>{title}</h1><p>{text}</p>
<div lang="fa" dir="rtl"><h1>{title_fa}</h1><p>{text_fa}</p></div></main></body></html>
"""


def _page(status: int, title: str, text: str, title_fa: str, text_fa: str, *more: tuple[bytes, bytes]) -> Response:
    body = _PAGE.format(title=title, text=text, title_fa=title_fa, text_fa=text_fa).encode()
    own = [(b"content-type", b"text/html; charset=utf-8"), PAGE_POLICY]
    return Response(status, [*own, *COMMON, *more], body)


_NOT_FOUND: Final = _page(
    404,
    "This link leads nowhere any more",
    "The offer may have ended, or the address was not copied in full. Please go back and try another link.",
    "این لینک دیگر به جایی نمی‌رسد",
    "شاید مهلت پیشنهاد تمام شده یا نشانی کامل کپی نشده است. لطفاً برگردید و لینک دیگری را امتحان کنید.",
)
_STARTING: Final = _page(
    503,
    "One moment, please",
    "This service is just starting. Please try again in a few seconds.",
    "یک لحظه لطفاً",
    "این سرویس در حال راه‌اندازی است. لطفاً چند ثانیهٔ دیگر دوباره تلاش کنید.",
    (b"retry-after", b"2"),
)


def not_found() -> Response:
    return _NOT_FOUND


def starting() -> Response:
    """There is no snapshot yet, neither from the database nor from the disk."""
    return _STARTING
