"""A campaign whose advertiser cannot pay takes no more visitors, until what waits is paid."""

from datetime import timedelta

from django.utils import timezone

from advertisers.models import Campaign
from network.models import AuditEntry
from network.money import Money
from payouts import accrual, funding, topups
from publishers import links
from publishers.models import Partnership
from tests.cast import Member
from tests.publishers.conftest import application, campaign, partnership
from tests.tracking import stage

__all__ = ["application", "campaign", "partnership"]


def sell(partnership: Partnership, pia: Member, order: str) -> None:
    link, clicked_at = links.grab(partnership, by=pia.actor), timezone.now() + timedelta(seconds=1)
    click = stage.click_id(link, clicked_at)
    ordered_at = clicked_at + timedelta(minutes=5)
    report = stage.report(partnership.campaign, order, amount=10_000, click_id=click, received_at=ordered_at)
    stage.process(report)
    accrual.settle(report.id)


def is_out(campaign: Campaign) -> bool:
    return Campaign.objects.get(pk=campaign.pk).out_of_funds_at is not None


def test_it_stops_at_the_first_commission_that_is_not_covered(partnership: Partnership, pia: Member) -> None:
    sell(partnership, pia, "1")
    sell(partnership, pia, "2")
    assert is_out(partnership.campaign)
    assert AuditEntry.objects.filter(action="campaign.out_of_funds").count() == 1


def test_it_goes_on_once_all_that_waited_is_paid(
    partnership: Partnership, pia: Member, ada: Member, nima: Member
) -> None:
    sell(partnership, pia, "1")
    sell(partnership, pia, "2")

    def top_up(amount: int, reference: str) -> None:
        money = Money(amount, "USD")
        topups.record(ada.organization, amount=money, reference=reference, by=nima.actor)
        accrual.settle_unfunded(100, advertiser=ada.organization)

    top_up(1_000, "first")
    assert (funding.reopen(), is_out(partnership.campaign)) == (0, True)
    top_up(1_000, "second")
    assert (funding.reopen(ada.organization), is_out(partnership.campaign)) == (1, False)


def test_it_goes_on_as_long_as_there_are_funds(
    partnership: Partnership, pia: Member, ada: Member, nima: Member
) -> None:
    topups.record(ada.organization, amount=Money(960, "USD"), reference="once", by=nima.actor)
    sell(partnership, pia, "1")
    assert not is_out(partnership.campaign)
