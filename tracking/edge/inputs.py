"""What a caller of the conversion endpoints sent, as named values: strict, bounded, in our names."""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Final

from tracking.edge import clickid
from tracking.edge.aliases import CLICK_ID_NAMES, REPORT
from tracking.edge.callers import parsed
from tracking.edge.parse import MAX_NAME, MAX_PARAMETERS, decoded, has_controls, pairs
from tracking.edge.refusals import Rejection, duplicated, invalid_characters, invalid_json, too_long

OURS: Final = frozenset(
    {"click_id", "order_id", "goal", "amount", "currency", "coupon", "customer", "status", "items", "timestamp"}
    | {"token", "refund_id", "reason", "test", "campaign", "ip", "via"}
)
MAX_DEPTH: Final = 8
MAX_VALUE: Final = 8 * 1024
PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)


def token_of(query: bytes) -> str:
    """The token before all else: without it nothing more is looked at."""
    for raw_name, raw_value in pairs(query):
        if REPORT.get(name := raw_name.decode("latin-1"), name) == "token":
            return decoded(raw_value).decode("utf-8", "replace")
    return ""


def from_query(query: bytes) -> tuple[dict[str, Any], list[str]]:
    """Values in our names, and warnings; raises Rejection."""
    found = list(pairs(query))
    if len(found) > MAX_PARAMETERS:
        raise Rejection(400, "too_many_parameters", f"At most {MAX_PARAMETERS} parameters are read.")
    return in_our_names([(_strict(name, None), value) for name, value in found], decode=True)


def in_our_names(given: Iterable[tuple[str, Any]], *, decode: bool = False) -> tuple[dict[str, Any], list[str]]:
    values: dict[str, Any] = {}
    aliased: dict[str, Any] = {}
    warnings: list[str] = []
    for name, raw in given:
        if len(name) > MAX_NAME:
            raise Rejection(422, "too_long", f"The name of a parameter may have at most {MAX_NAME} characters.")
        if "[" in name or "{" in name:
            raise Rejection(422, "invalid_parameter", "Parameters are plain names, without brackets or braces.")
        ours = name if name in OURS else REPORT.get(name)
        value = _strict(raw, ours) if decode else raw
        if name in OURS:
            _put(values, name, value)
        elif name in CLICK_ID_NAMES and isinstance(value, str) and clickid.looks_like_one(value):
            _put_same(aliased, "click_id", value)
        elif ours:
            _put_same(aliased, ours, value)
        else:
            warnings.append(f"unknown_parameter:{name}" if PLAIN_NAME.fullmatch(name) else "unknown_parameter")
    if "ip" in values and not (isinstance(values["ip"], str) and parsed(values["ip"])):
        warnings.append("invalid_ip")
        del values["ip"]
    return {**aliased, **values}, list(dict.fromkeys(warnings))


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


def checked_row(row: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """One report from JSON, in our names, its texts checked and in normal form C; raises Rejection."""
    if len(row) > MAX_PARAMETERS:
        raise Rejection(400, "too_many_parameters", f"At most {MAX_PARAMETERS} fields are read.")
    return in_our_names([(_clean(name, None), _clean(value, name)) for name, value in row.items()])


def _put(values: dict[str, Any], name: str, value: Any) -> None:
    if name in values:
        raise duplicated(name)
    values[name] = value


def _put_same(values: dict[str, Any], name: str, value: Any) -> None:
    """Two aliases may name one thing only if they say the same."""
    if values.setdefault(name, value) != value:
        raise duplicated(name)


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
