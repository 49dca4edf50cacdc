"""Hosts of referrers: whether one looks like another; signs of paid traffic in an address."""

import re
from urllib.parse import urlsplit

PAID = re.compile(
    r"[?&#;](gclid|gad_source|gbraid|wbraid|msclkid|fbclid|ttclid|yclid|twclid|li_fat_id)=", re.IGNORECASE
)
PAID_IDS = ("gclid", "msclkid", "fbclid", "ttclid")


def host(address: str) -> str:
    """Without `www.`; "" where it has none."""
    try:
        found = urlsplit(address).hostname or ""
    except ValueError:
        return ""
    return found.rstrip(".").removeprefix("www.")


def is_within(one: str, other: str) -> bool:
    """The same host, or below it."""
    return one == other or one.endswith(f".{other}")


def is_lookalike(one: str, other: str) -> bool:
    """One letter more, less, another, or two changed places."""
    if one == other or abs(len(one) - len(other)) > 1 or min(len(one), len(other)) < 4:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    if len(one) == len(other):
        swapped = one[start : start + 2] == other[start : start + 2][::-1] and one[start + 2 :] == other[start + 2 :]
        return swapped or one[start + 1 :] == other[start + 1 :]
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return longer[start + 1 :] == shorter[start:]


def paid_sign(address: str) -> str:
    found = PAID.search(address)
    return found[1].lower() if found else ""
