"""Many hands take the same link at once: one link comes of it, because the partnership's row is locked."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Barrier
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection

from publishers import links
from publishers.models import Partnership, TrackingLink
from tests.cast import Member
from tests.publishers.conftest import application, campaign, partnership

HANDS = 6
__all__ = ["application", "campaign", "partnership"]

pytestmark = pytest.mark.django_db(transaction=True)


def grab_at_once(partnership: Partnership, pia: Member) -> set[str]:
    barrier = Barrier(HANDS)

    def grab() -> str:
        try:
            barrier.wait()
            return links.grab(partnership, subs=["race"], by=pia.actor).code
        finally:
            connection.close()

    with ThreadPoolExecutor(HANDS) as pool:
        futures = [pool.submit(grab) for _ in range(HANDS)]
        return {future.result() for future in futures}


@contextmanager
def unguarded() -> Iterator[None]:
    """The same action without its lock, all hands past the look for an existing link before anyone makes one."""
    looked, make = Barrier(HANDS), TrackingLink.objects.create

    def found(partnership: Partnership) -> Partnership:
        return Partnership.objects.select_related("campaign", "publisher").get(pk=partnership.pk)

    def create(**values: Any) -> TrackingLink:
        looked.wait()
        return make(**values)

    with patch.object(links, "_locked", found), patch.object(TrackingLink.objects, "create", create):
        yield


@pytest.mark.parametrize(("guard", "made"), [(nullcontext, 1), (unguarded, HANDS)], ids=["locked", "control"])
def test_it_makes_one_link(
    partnership: Partnership, pia: Member, guard: Callable[[], AbstractContextManager[None]], made: int
) -> None:
    with guard():
        codes = grab_at_once(partnership, pia)

    assert (len(codes), TrackingLink.objects.count()) == (made, made)
