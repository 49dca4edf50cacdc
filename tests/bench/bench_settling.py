"""New conversions into commissions and the books, one worker."""

import time
from typing import Final
from uuid import UUID

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from network.money import Money
from payouts import accrual, proof, tasks, topups
from payouts.models import Commission
from publishers.models import TrackingLink
from tests.cast import Member
from tracking.models import Conversion

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

CONVERSIONS: Final = 2_000
ALONE: Final = 200


def test_settling(link: TrackingLink, ada: Member, nima: Member, capsys: pytest.CaptureFixture[str]) -> None:
    topups.record(ada.organization, amount=Money(10_000_000, "USD"), reference="bank", by=nima.actor)
    first = fill(link, ALONE)
    began = time.perf_counter()
    for pk in first:
        accrual.settle(pk)
    alone = ALONE / (time.perf_counter() - began)
    fill(link, CONVERSIONS)
    began = time.perf_counter()
    tasks.settle_conversions()
    together = CONVERSIONS / (time.perf_counter() - began)
    with capsys.disabled():
        print(f"\nSettled {together:10,.0f} conversions/s together, {alone:,.0f} one by one")
    assert Commission.objects.count() == CONVERSIONS + ALONE
    assert proof.verify() == []


def fill(link: TrackingLink, number: int) -> list[UUID]:
    campaign, now = link.partnership.campaign, timezone.now()
    goal = campaign.goals.get(code="sale")
    made = Conversion.objects.bulk_create(
        Conversion(
            id=uuid7(),
            campaign=campaign,
            goal=goal,
            order_id=str(uuid7()),
            occurred_at=now,
            received_at=now,
            day=now.date(),
            amount=5_000,
            currency="USD",
            partnership=link.partnership,
            link=link,
            subs=[],
            channel="server",
            is_trusted=True,
        )
        for _ in range(number)
    )
    return [conversion.pk for conversion in made]
