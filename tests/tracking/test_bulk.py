"""Rows that go in by COPY are those that were given, as `bulk_create` would have stored them."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from advertisers.models import Campaign
from tracking import bulk
from tracking.models import Attribution, Conversion, Verdict
from tracking.models.conversions import TouchKind


def conversion(campaign: Campaign, order: str, **fields: object) -> Conversion:
    now = timezone.now()
    return Conversion(
        id=uuid7(),
        campaign=campaign,
        goal=campaign.goals.get(code="sale"),
        order_id=order,
        occurred_at=now - timedelta(microseconds=1),
        received_at=now,
        day=now.date(),
        currency="USD",
        channel="server",
        is_trusted=True,
        **fields,
    )


def test_it_stores_what_was_given(campaign: Campaign) -> None:
    full = conversion(
        campaign,
        'tab\there, \\N and "quotes", پیوند',
        amount=2**40,
        subs=["a,b", "{}", "", "\\"],
        items=[{"name": "شال\n", "price": 5, "gift": None}],
        verdict=Verdict.SUSPECT,
        flags=[],
    )
    bare = conversion(campaign, "bare", subs=None)
    bulk.insert([full, bare])
    for given in (full, bare):
        stored = Conversion.objects.get(pk=given.pk)
        for field in Conversion._meta.concrete_fields:
            assert getattr(stored, field.attname) == getattr(given, field.attname), field.name


def test_it_writes_down_when(campaign: Campaign) -> None:
    sale, before = conversion(campaign, "1"), timezone.now()
    bulk.insert([sale])
    bulk.insert([Attribution(conversion=sale, kind=TouchKind.CLICK, window_days=30, code="")])
    stored = Attribution.objects.get(conversion=sale)
    assert before <= stored.decided_at <= timezone.now()
    assert stored.kind == "click"


def test_it_stores_all_or_none(campaign: Campaign) -> None:
    with pytest.raises(IntegrityError, match="conversion_once"), transaction.atomic():
        bulk.insert([conversion(campaign, "1"), conversion(campaign, "2"), conversion(campaign, "1")])
    assert not Conversion.objects.exists()


def test_it_takes_no_rows_at_all(db: None) -> None:
    bulk.insert([])
