"""A declined conversion makes room in its caps again, while their period lasts."""

from datetime import timedelta

from django.utils import timezone

from advertisers import caps
from network.money import Money
from payouts import accrual, commissions, topups
from payouts.models import Commission
from publishers import links
from publishers.models import Partnership
from tests.cast import Member
from tests.publishers.conftest import application, campaign, partnership
from tests.tracking import stage
from tracking.models import CapUse, Conversion

__all__ = ["application", "campaign", "partnership"]


def sell(partnership: Partnership, pia: Member, order: str) -> tuple[Conversion, Commission | None]:
    link, clicked_at = links.grab(partnership, by=pia.actor), timezone.now() + timedelta(seconds=1)
    click, ordered_at = stage.click_id(link, clicked_at), clicked_at + timedelta(minutes=5)
    report = stage.report(partnership.campaign, order, amount=10_000, click_id=click, received_at=ordered_at)
    stage.process(report)
    return Conversion.objects.get(pk=report.id), accrual.settle(report.id)


def test_it_makes_room_when_it_is_declined(partnership: Partnership, pia: Member, ada: Member, nima: Member) -> None:
    topups.record(ada.organization, amount=Money(100_000, "USD"), reference="once", by=nima.actor)
    caps.add(partnership.campaign, metric="conversions", period="total", limit=1, by=ada.actor)
    first, commission = sell(partnership, pia, "1")
    second, held = sell(partnership, pia, "2")
    assert [(one.verdict, one.reason) for one in (first, second)] == [("valid", ""), ("suspect", "over_cap")]
    assert commission
    assert held
    assert held.status == "held"
    commissions.decline(commission, reason="order_cancelled", by=ada.actor)
    assert CapUse.objects.get().used == 0
    third, _ = sell(partnership, pia, "3")
    assert (third.verdict, CapUse.objects.get().used) == ("valid", 1)
