"""Dead letters: events that could not be stored. They are looked at, and sent again when what made them fail is repaired."""

from collections.abc import Iterator
from contextlib import closing
from typing import Final

from django.db import transaction
from django.db.models import Count, QuerySet

from tracking.ingest.stream import Stream
from tracking.models import DeadLetter

PORTION: Final = 500


def reasons() -> list[tuple[str, int]]:
    """How many by reason, most first."""
    counts = DeadLetter.objects.values_list("reason").annotate(number=Count("pk")).order_by("-number", "reason")
    return list(counts)


def latest(reason: str = "", limit: int = 20) -> QuerySet[DeadLetter]:
    return _of(reason).order_by("-pk")[:limit]


def send_again(reason: str = "") -> int:
    """Into the stream, where they are events like others; their number. One that still fails comes back here.

    They leave in the transaction that sends them: if that breaks, some are sent twice, and count once all the same.
    """
    with closing(Stream.open()) as stream:
        return sum(_portions(stream, reason))


def _portions(stream: Stream, reason: str) -> Iterator[int]:
    last = DeadLetter.objects.order_by("-pk").values_list("pk", flat=True).first() or 0  # not those that come back
    while True:
        with transaction.atomic():
            letters = list(
                _of(reason).filter(pk__lte=last).order_by("pk").select_for_update(skip_locked=True)[:PORTION]
            )
            stream.add(bytes(letter.event) for letter in letters)
            DeadLetter.objects.filter(pk__in=[letter.pk for letter in letters]).delete()
        if not letters:
            return
        yield len(letters)


def _of(reason: str) -> QuerySet[DeadLetter]:
    return DeadLetter.objects.filter(reason=reason) if reason else DeadLetter.objects.all()
