"""Order lines as callers write them: a list of objects, the same as JSON text in a query, or Awin's `GROUP:AMOUNT|…`."""

import re
from typing import Any, Final

import orjson

from tracking.edge.amounts import read_amount
from tracking.edge.parse import has_controls
from tracking.edge.refusals import Rejection, invalid_type, too_long

MAX_ITEMS: Final = 200
MAX_FIELDS: Final = 20
MAX_TEXT: Final = 128
MAX_QUANTITY: Final = 1_000_000
TEXTS: Final = ("sku", "category", "brand", "name", "group")
PARTS: Final = re.compile(r"[^:|]{1,64}:\d{1,12}(?:\.\d{1,4})?(?:\|[^:|]{1,64}:\d{1,12}(?:\.\d{1,4})?)*", re.ASCII)

type Item = dict[str, Any]


def read_items(given: Any, currency: str) -> list[Item]:
    """`price` in minor units, `quantity` a whole number, each only where it was given; raises Rejection."""
    if given is None or given == "":
        return []
    if isinstance(given, str):
        given = _from_text(given.strip())
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise invalid_type("items", "a list of objects")
    if len(given) > MAX_ITEMS:
        raise too_long("items", MAX_ITEMS)
    return [found for found in (_item(item, currency) for item in given) if found]


def _from_text(text: str) -> Any:
    if PARTS.fullmatch(text):
        pairs = (part.rpartition(":") for part in text.split("|"))
        return [{"group": group, "price": amount} for group, _, amount in pairs]
    try:
        return orjson.loads(text)
    except ValueError:
        raise invalid_type("items", "a list of objects, written as JSON") from None


def _item(given: Item, currency: str) -> Item:
    if len(given) > MAX_FIELDS:
        raise too_long("items", MAX_FIELDS)
    found: Item = {}
    for name, value in given.items():
        if value is None or value == "":
            continue
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise invalid_type("items", "a list of flat objects")
        if has_controls(name):
            raise _invalid_characters()
        if name in {"price", "discount"}:
            found[name] = _price(value, currency)
        elif name == "quantity":
            found[name] = _quantity(value)
        else:
            found[name[:64]] = _text(value) if name in TEXTS or isinstance(value, str) else value
    return found


def _price(value: Any, currency: str) -> int | None:
    try:
        return read_amount(value, None, currency).minor
    except Rejection as rejection:
        raise Rejection(422, rejection.code, rejection.message, "items") from None


def _quantity(value: Any) -> int:
    text = str(value)
    if not (text.isascii() and text.isdecimal() and len(text) < 8 and 1 <= int(text) <= MAX_QUANTITY):
        raise invalid_type("items", f"objects whose quantity is a whole number from 1 to {MAX_QUANTITY}")
    return int(text)


def _text(value: Any) -> str:
    text = str(value).strip()
    if has_controls(text):
        raise _invalid_characters()
    return text[:MAX_TEXT]


def _invalid_characters() -> Rejection:
    return Rejection(422, "invalid_characters", "Control characters are not accepted.", "items")
