"""A publisher applies by several hands at once: one application comes of it, the others hear that it is there already."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Barrier
from typing import Any
from unittest.mock import patch

import pytest
from django.db import IntegrityError, connection

from advertisers.models import Campaign
from network.errors import DomainError
from publishers import partnerships
from publishers.models import Partnership
from tests.cast import Member
from tests.publishers.conftest import campaign

HANDS = 6
__all__ = ["campaign"]

pytestmark = pytest.mark.django_db(transaction=True)


def apply_at_once(campaign: Campaign, pia: Member) -> Counter[str]:
    barrier = Barrier(HANDS)

    def apply() -> str:
        try:
            barrier.wait()
            return partnerships.apply(campaign, publisher=pia.organization, by=pia.actor).status
        except DomainError as error:
            return error.code
        except IntegrityError:
            return "integrity error"
        finally:
            connection.close()

    with ThreadPoolExecutor(HANDS) as pool:
        futures = [pool.submit(apply) for _ in range(HANDS)]
        return Counter(future.result() for future in futures)


@contextmanager
def unguarded() -> Iterator[None]:
    """The same action without the lock on the campaign, all hands past the look before anyone writes.

    Then only the constraint of the database holds, and what it says is not for people.
    """
    looked, make = Barrier(HANDS), Partnership.objects.create

    def create(**values: Any) -> Partnership:
        looked.wait()
        return make(**values)

    def unlocked(**options: Any) -> Any:
        return Campaign.objects.all()

    with (
        patch.object(Campaign.objects, "select_for_update", unlocked),
        patch.object(Partnership.objects, "create", create),
    ):
        yield


@pytest.mark.parametrize(
    ("guard", "refusal"), [(nullcontext, "already_partner"), (unguarded, "integrity error")], ids=["locked", "control"]
)
def test_it_takes_one_application(
    campaign: Campaign, pia: Member, guard: Callable[[], AbstractContextManager[None]], refusal: str
) -> None:
    with guard():
        answers = apply_at_once(campaign, pia)

    assert answers == {"applied": 1, refusal: HANDS - 1}
    assert Partnership.objects.count() == 1
