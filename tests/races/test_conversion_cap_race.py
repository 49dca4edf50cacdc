"""Sixteen processes count conversions of one campaign at once, in batches, in caps that overlap."""

from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from uuid import uuid4

import pytest
from django.db.models import Count

from advertisers import caps as rules
from advertisers.models import Campaign
from publishers.models import Partnership
from tests.cast import Member
from tests.publishers.conftest import application, campaign, partnership
from tests.races.hands import at_once
from tracking import caps
from tracking.models import CapTaken, CapUse

HANDS, BATCHES, LIMIT = 16, 6, 300
NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
__all__ = ["application", "campaign", "partnership"]

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_cap_takes_more_than_its_limit(campaign: Campaign, partnership: Partnership, ada: Member) -> None:
    for period, of in [("total", None), ("day", None), ("day", partnership.pk), ("week", partnership.pk)]:
        rules.add(campaign, metric="conversions", period=period, limit=LIMIT, partnership_id=of, by=ada.actor)

    def one_hand(seed: int) -> int:
        """How many were counted; each batch has days in an order of its own."""
        dice, counted = Random(seed), 0
        for _ in range(BATCHES):
            moments = [NOON - timedelta(days=dice.randrange(4)) for _ in range(10)]
            wanted = [caps.Wanted(campaign, partnership.pk, uuid4(), at) for at in moments]
            counted += len(wanted) - len(caps.take(wanted))
        return counted

    results = at_once(*[partial(one_hand, seed) for seed in range(HANDS)])
    assert sum(one for one in results if isinstance(one, int)) == LIMIT
    assert not [one for one in results if isinstance(one, Exception)]
    assert max(CapUse.objects.values_list("used", flat=True)) == LIMIT
    remembered = dict(CapTaken.objects.values_list("use").annotate(Count("pk")))
    assert remembered == dict(CapUse.objects.filter(used__gt=0).values_list("pk", "used"))
