"""Order lines as Partnerize and Rakuten write them, in our words: `amount` of the whole order and `items`."""

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import zip_longest
from typing import Final
from urllib.parse import quote, quote_from_bytes

import orjson

from tracking.edge.parse import MAX_PARAMETERS, decoded, visitor_parameters

_REPORT: Final = b"/conversion/"
_PLAIN: Final = re.compile(r"\d{1,15}(?:\.\d{1,4})?", re.ASCII)
_OURS: Final = {"category": "category", "sku": "sku", "value": "price", "quantity": "quantity"}
_RENAMED: Final = {b"campaign": b"campaignref"}  # `campaign` is a name of ours


def partnerize(path: bytes) -> bytes:
    """Of `/conversion/name:value/…/[name:value/…][…]`, as a query. The value of a line is that of one piece."""
    head, bracket, lines = path.removeprefix(_REPORT).replace(b"%5B", b"[").replace(b"%5D", b"]").partition(b"[")
    found = [b"%b=%b" % (_RENAMED.get(name, name), _requoted(value)) for name, value in _colons(head)]
    if bracket:
        items = [
            {ours: value for name, value in _texts(line) if (ours := _OURS.get(name))}
            for line in lines.split(b"[")[:MAX_PARAMETERS]
        ]
        found += [_amount([(item.get("price", ""), item.get("quantity", "1")) for item in items]), _items(items)]
    return b"&".join(found)


def rakuten(query: bytes) -> bytes:
    """Of lists with a bar between their parts. The amount of a line is that of all its pieces, in hundredths."""
    named, _ = visitor_parameters(query)
    skus, quantities, cents = (named.get(name, "").split("|") for name in ("skulist", "qlist", "amtlist"))
    lines = [*zip_longest(skus, quantities, cents, fillvalue="")][:MAX_PARAMETERS]
    if not any(any(line) for line in lines):
        return b""
    amount = [(_shifted(amount), "1") for _sku, _quantity, amount in lines if amount]
    items = [_line(*line) for line in lines]
    return b"&".join([_amount(amount), _items(items)])


def _line(sku: str, quantity: str, cents: str) -> dict[str, str]:
    """The price is that of one piece; where the amount does not divide, the line is one piece."""
    pieces = int(quantity) if quantity.isascii() and quantity.isdecimal() and len(quantity) < 8 else 1
    is_whole = cents.isascii() and cents.isdecimal() and len(cents) < 16 and pieces > 1 and int(cents) % pieces == 0
    price, number = (_shifted(str(int(cents) // pieces)), quantity) if is_whole else (_shifted(cents), "")
    return {name: value for name, value in (("sku", sku), ("quantity", number), ("price", price)) if value}


def _colons(path: bytes) -> Iterator[tuple[bytes, bytes]]:
    for segment in path.split(b"/"):
        name, colon, value = segment.partition(b":")
        if colon:
            yield name, value


def _texts(line: bytes) -> Iterator[tuple[str, str]]:
    for name, value in _colons(line.rstrip(b"/").removesuffix(b"]")):
        yield name.decode("latin-1"), decoded(value).decode("utf-8", "replace")


def _requoted(value: bytes) -> bytes:
    return quote_from_bytes(decoded(value)).encode()


def _shifted(hundredths: str) -> str:
    """What is no number stays as it is, to be refused where amounts are read."""
    is_number = hundredths.isascii() and hundredths.isdecimal() and len(hundredths) < 16
    return f"{Decimal(hundredths) / 100:f}" if is_number else hundredths


def _amount(lines: list[tuple[str, str]]) -> bytes:
    """The sum; of lines that are no numbers the first bad text, to be refused where amounts are read."""
    total = Decimal(0)
    for each, pieces in lines:
        if not _PLAIN.fullmatch(each) or not (pieces.isascii() and pieces.isdecimal() and len(pieces) < 8):
            return f"amount={quote(each, errors='replace')}".encode()
        total += Decimal(each) * int(pieces)
    return f"amount={total.normalize():f}".encode()


def _items(items: list[dict[str, str]]) -> bytes:
    return f"items={quote(orjson.dumps([item for item in items if item]))}".encode()
