"""What a caller of the conversion endpoints sent, as named values: strict, bounded, in our names."""

import json
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from tracking.edge.aliases import REPORT
from tracking.edge.http import Request, read_body
from tracking.edge.parse import MAX_PARAMETERS, decoded, has_controls, pairs
from tracking.edge.refusals import Rejection, invalid_characters, invalid_json, too_long

OURS: Final = frozenset(
    {"click_id", "order_id", "goal", "amount", "currency", "coupon", "customer", "customer_id", "status", "items"}
    | {"timestamp", "token", "refund_id", "reason", "test", "campaign", "publisher", "ip", "via", "ch"}
    | {"disable_postback", "touches", "user_agent", "filled_in"}
)
MAX_FORM: Final = 64 * 1024
FORM: Final = "application/x-www-form-urlencoded"
NOT_A_FORM: Final = Rejection(
    415, "unsupported_media_type", f"Send the parameters in the query or as {FORM}; JSON goes to /v1/conversions."
)
MAX_DEPTH: Final = 8
MAX_VALUE: Final = 8 * 1024


type Named = list[tuple[str, Any]]


async def parameters(request: Request) -> bytes:
    """Those of the query and those of the form, in one."""
    if request.method == "GET":
        return request.query
    if request.headers.get(b"content-encoding", b"identity") != b"identity":
        raise NOT_A_FORM
    body = await read_body(request, MAX_FORM)
    content_type = request.header(b"content-type").partition(";")[0].strip().lower()
    if body and content_type != FORM:
        raise NOT_A_FORM
    return b"&".join(filter(None, [request.query, body]))


def token_of(query: bytes) -> str:
    """The token before all else: without it nothing more is looked at."""
    at = 0 if query.startswith(b"token=") else query.find(b"&token=") + 1
    if at or query.startswith(b"token="):
        end = query.find(b"&", at)
        return decoded(query[at + 6 : end if end > 0 else None]).decode("utf-8", "replace")
    for raw_name, raw_value in pairs(query):
        if REPORT.get(raw_name.decode("latin-1")) == "token":
            return decoded(raw_value).decode("utf-8", "replace")
    return ""


def named(query: bytes) -> Named:
    """Names and values as they came, strictly decoded; raises Rejection."""
    if query.count(b"&") >= MAX_PARAMETERS and len(list(pairs(query))) > MAX_PARAMETERS:
        raise Rejection(400, "too_many_parameters", f"At most {MAX_PARAMETERS} parameters are read.")
    if len(query) <= MAX_VALUE and query.isascii() and b"%" not in query and b"+" not in query:
        text = query.decode("ascii")
        if text.isprintable():  # nothing in it needs a second look
            return [(name, value) for name, _, value in [part.partition("=") for part in text.split("&") if part]]
    found: Named = []
    for raw_name, raw_value in pairs(query):
        name = _strict(raw_name, None)
        found.append((name, _strict(raw_value, name if name in OURS else REPORT.get(name))))
    return found


def from_json(body: bytes) -> Any:
    """Strict JSON: UTF-8, no repeated names, no NaN, bounded depth and numbers. Raises Rejection."""
    if body[:2] in {b"\xff\xfe", b"\xfe\xff"} or body[:3] == b"\xef\xbb\xbf":
        raise invalid_json("The body must be JSON in UTF-8 without a byte order mark.")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise invalid_characters(None) from None
    try:
        found = json.loads(text, object_pairs_hook=_object, parse_int=_integer, parse_constant=_constant)
    except (ValueError, RecursionError):
        raise invalid_json("The body is not valid JSON.") from None
    _check_depth(found, MAX_DEPTH)
    return found


def checked_row(row: Mapping[str, Any]) -> Named:
    """One report from JSON, its texts checked and in normal form C; raises Rejection."""
    if len(row) > MAX_PARAMETERS:
        raise Rejection(400, "too_many_parameters", f"At most {MAX_PARAMETERS} fields are read.")
    return [(_clean(name, None), _clean(value, name)) for name, value in row.items()]


def _strict(raw: bytes, field: str | None) -> str:
    try:
        text = decoded(raw).decode()
    except UnicodeDecodeError:
        raise invalid_characters(field) from None
    return str(_clean(text, field))


def _clean(value: Any, field: str | None) -> Any:
    if isinstance(value, str):
        if len(value) > MAX_VALUE:
            raise too_long(field or "name", MAX_VALUE)
        if has_controls(value):
            raise invalid_characters(field if field in OURS else None)
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [_clean(item, field) for item in value]
    if isinstance(value, dict):
        return {_clean(name, field): _clean(item, field) for name, item in value.items()}
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("repeated name")
    return found


def _integer(digits: str) -> int:
    """Far beyond what any field takes, all integers are alike; reading 5,000 digits exactly would only cost."""
    if len(digits) > 18:
        return -(10**18) if digits[0] == "-" else 10**18
    return int(digits)


def _constant(name: str) -> float:
    raise ValueError(name)


def _check_depth(value: Any, left: int) -> None:
    if isinstance(value, dict | list):
        if not left:
            raise invalid_json(f"The JSON is nested more than {MAX_DEPTH} levels deep.")
        for item in value.values() if isinstance(value, dict) else value:
            if isinstance(item, dict | list):
                _check_depth(item, left - 1)
