"""Who wants no more mail about an advertiser: lists are uploaded, and downloaded as hashes by publishers before they mail.

Hashes are of the trimmed address in lower case. SHA-256, and MD5 because the mailing programs of the field still ask for
it; neither is a secret, both only keep addresses out of files that travel.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import batched
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from advertisers.models import Suppression, SuppressionSource
from network import audit
from network.actors import Actor
from network.errors import DomainError
from network.files import cell
from network.models import Organization

MAX_BYTES: Final = 20 * 1024 * 1024
MAX_LINES: Final = 500_000
SHA256, MD5, LABELS = "sha256", "md5", "labels"
FORMS: Final = (SHA256, MD5, LABELS)
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_MD5: Final = re.compile(r"[0-9a-f]{32}")
_BATCH: Final = 5_000


class ListTooLarge(DomainError):
    code = "list_too_large"
    message = _("A list has at most 500,000 lines and 20 MB. Upload it in parts.")
    status = 413


class ListUnreadable(DomainError):
    code = "list_unreadable"
    message = _("This file is not text. Upload a CSV or text file with one address or hash per line.")


@dataclass(frozen=True, slots=True)
class Uploaded:
    """`refused` are the numbers of the first lines that are neither an address nor a hash."""

    added: int
    known: int
    refused: list[int]
    refused_in_all: int


@transaction.atomic
def upload(advertiser: Organization, *, data: bytes, by: Actor) -> Uploaded:
    """One address or hash per line, in the first column; a heading is passed over. What is on the list already stays."""
    lines = _lines(data)
    rows: list[Suppression] = []
    refused: list[int] = []
    for number, line in enumerate(lines, start=1):
        cell = line.partition(",")[0].partition(";")[0].strip().strip('"').strip()
        if not cell:
            continue
        if hashes := _hashes(cell):
            rows.append(Suppression(advertiser=advertiser, source=SuppressionSource.UPLOAD, **hashes))
        elif number > 1 or "@" in cell:
            refused.append(number)
    before = Suppression.objects.filter(advertiser=advertiser).count()
    for batch in batched(rows, _BATCH):
        Suppression.objects.bulk_create(batch, ignore_conflicts=True)
    added = Suppression.objects.filter(advertiser=advertiser).count() - before
    audit.record(by, "suppression.uploaded", advertiser, added=added, refused=len(refused))
    return Uploaded(added, len(rows) - added, refused[:20], len(refused))


def hashed(address: str) -> dict[str, str]:
    plain = address.strip().lower().encode()
    md5 = hashlib.md5(plain, usedforsecurity=False).hexdigest()
    return {"sha256": hashlib.sha256(plain).hexdigest(), "md5": md5}


@transaction.atomic
def download(advertiser: Organization, *, publisher: Organization, form: str, by: Actor) -> Iterator[str]:
    """Lines of hashes in that form, or this publisher's own labels of those who unsubscribed through its mails."""
    audit.record(by, "suppression.downloaded", advertiser, subject=publisher, form=form)
    found = of(advertiser)
    if form == LABELS:
        return _column(found.filter(publisher=publisher).exclude(label=""), "label")
    return _column(found.exclude(**{form: ""}), form)


def of(advertiser: Organization) -> QuerySet[Suppression]:
    return Suppression.objects.filter(advertiser=advertiser)


def _column(found: QuerySet[Suppression], name: str) -> Iterator[str]:
    yield f"{name}\n"
    for value in found.order_by("pk").values_list(name, flat=True).iterator(chunk_size=_BATCH):
        yield f"{_quoted(value)}\n"


def _quoted(value: str) -> str:
    """As one cell of a CSV. Labels come from the links of mails, in which anybody can write."""
    value = cell(value)
    return '"' + value.replace('"', '""') + '"' if any(mark in value for mark in '",;') else value


def _lines(data: bytes) -> Iterable[str]:
    if len(data) > MAX_BYTES:
        raise ListTooLarge(field="file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ListUnreadable(field="file") from None
    if "\0" in text:
        raise ListUnreadable(field="file")
    lines = text.splitlines()
    if len(lines) > MAX_LINES:
        raise ListTooLarge(field="file")
    return lines


def _hashes(cell: str) -> dict[str, str] | None:
    text = cell.lower()
    if _SHA256.fullmatch(text):
        return {"sha256": text}
    if _MD5.fullmatch(text):
        return {"md5": text}
    try:
        validate_email(cell)
    except ValidationError:
        return None
    return hashed(cell)
