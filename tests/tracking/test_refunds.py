from itertools import permutations

import pytest

from advertisers.models import Campaign
from network.models import AuditEntry
from network.money import Money
from publishers.models import TrackingLink
from tests.cast import Member
from tests.tracking.stage import click_id, conversion, process, refund, report
from tracking import refunds
from tracking.models import Conversion, Refund
from tracking.outcomes import Outcome


@pytest.fixture
def sale(campaign: Campaign, link: TrackingLink) -> Conversion:
    """50.00 dollars, settled."""
    process(report(campaign, "A-1", click_id=click_id(link)))
    Conversion.objects.update(needs_settling=False)
    return conversion("A-1")


class TestReported:
    def test_it_belongs_to_the_sale(self, campaign: Campaign, sale: Conversion) -> None:
        postback = refund(campaign, "A-1", 2_000, reason="Too small")
        assert process(postback) == [Outcome.REFUNDED]
        found = Refund.objects.get()
        assert (found.conversion, found.refund_id, found.amount, found.currency) == (sale, "r1", 2_000, "USD")
        assert (found.reason, found.channel) == ("Too small", "server")
        assert conversion("A-1").needs_settling
        assert conversion("A-1").flags == []

    def test_it_may_be_the_whole_sale(self, campaign: Campaign, sale: Conversion) -> None:
        process(refund(campaign, "A-1", None))
        assert Refund.objects.get().amount is None
        assert refunds.refunded(sale) == 5_000

    def test_it_waits_for_its_sale(self, campaign: Campaign, link: TrackingLink) -> None:
        assert process(refund(campaign, "A-1", 2_000)) == [Outcome.ORPHAN_REFUND]
        assert Refund.objects.get().conversion is None
        process(report(campaign, "A-1", click_id=click_id(link)))
        assert Refund.objects.get().conversion == conversion("A-1")
        assert conversion("A-1").needs_settling

    def test_it_is_taken_once(self, campaign: Campaign, sale: Conversion) -> None:
        results = process(refund(campaign, "A-1", 2_000), refund(campaign, "A-1", 2_000))
        assert results == [Outcome.REFUNDED, Outcome.DUPLICATE]
        assert refunds.refunded(sale) == 2_000

    def test_it_remarks_on_refunds_larger_than_the_sale(self, campaign: Campaign, sale: Conversion) -> None:
        process(refund(campaign, "A-1", 3_000), refund(campaign, "A-1", 2_001, refund_id="r2"))
        assert conversion("A-1").flags == ["refund_exceeds_sale"]

    def test_it_goes_to_the_sale_and_not_to_the_lead(self, campaign: Campaign, link: TrackingLink) -> None:
        lead = report(campaign, "A-1", click_id=click_id(link), goal="lead", amount=None)
        process(lead, report(campaign, "A-1", click_id=click_id(link)), refund(campaign, "A-1", 1_000))
        assert Refund.objects.get().conversion == conversion("A-1", "sale")

    def test_it_goes_to_the_only_conversion_there_is(self, campaign: Campaign, link: TrackingLink) -> None:
        lead = report(campaign, "A-1", click_id=click_id(link), goal="lead", amount=None)
        process(lead, refund(campaign, "A-1", None))
        assert Refund.objects.get().conversion == conversion("A-1", "lead")

    @pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
    def test_it_ends_the_same_however_an_order_is_shuffled(
        self, campaign: Campaign, link: TrackingLink, order: tuple[int, ...]
    ) -> None:
        reports = [
            report(campaign, "A-1", click_id=click_id(link), goal="lead", amount=None),
            report(campaign, "A-1", click_id=click_id(link)),
            refund(campaign, "A-1", 1_000),
            refund(campaign, "A-1", 500, refund_id="r2"),
        ]
        process(*(reports[number] for number in order))
        assert refunds.refunded(conversion("A-1", "sale")) == 1_500
        assert refunds.refunded(conversion("A-1", "lead")) == 0
        assert not Conversion.objects.exclude(needs_settling=True).exists()


class TestByHand:
    def test_it_records_and_audits(self, sale: Conversion, ada: Member) -> None:
        found = refunds.record(sale, amount=Money(1_500, "USD"), reason=" Damaged ", by=ada.actor)
        assert (found.conversion, found.amount, found.currency, found.reason) == (sale, 1_500, "USD", "Damaged")
        assert (found.channel, found.refund_id, found.order_id) == ("page", "page-1", "A-1")
        assert conversion("A-1").needs_settling
        entry = AuditEntry.objects.get(action="refund.recorded")
        assert (entry.user, entry.subject) == (ada.user, ada.organization)
        assert entry.detail == {"order": "A-1", "amount": 1_500, "currency": "USD", "reason": "Damaged"}

    def test_it_means_the_rest_when_no_amount_is_given(self, sale: Conversion, ada: Member) -> None:
        refunds.record(sale, amount=Money(1_500, "USD"), by=ada.actor)
        assert refunds.record(sale, by=ada.actor).amount == 3_500
        assert refunds.refunded(sale) == 5_000

    @pytest.mark.parametrize(
        ("amount", "error"),
        [
            (Money(0, "USD"), refunds.RefundNotPositive),
            (Money(-1, "USD"), refunds.RefundNotPositive),
            (Money(5_001, "USD"), refunds.RefundExceedsSale),
            (Money(100, "EUR"), refunds.RefundInOtherCurrency),
        ],
    )
    def test_it_refuses_a_wrong_amount(
        self, sale: Conversion, ada: Member, amount: Money, error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            refunds.record(sale, amount=amount, by=ada.actor)
        assert not Refund.objects.exists()
        assert not conversion("A-1").needs_settling

    def test_it_refuses_more_than_is_left(self, sale: Conversion, ada: Member) -> None:
        refunds.record(sale, by=ada.actor)
        with pytest.raises(refunds.RefundExceedsSale):
            refunds.record(sale, by=ada.actor)
        with pytest.raises(refunds.RefundExceedsSale):
            refunds.record(sale, amount=Money(1, "USD"), by=ada.actor)

    def test_it_refuses_a_number_that_is_taken(self, sale: Conversion, campaign: Campaign, ada: Member) -> None:
        process(refund(campaign, "A-1", 1_000))
        with pytest.raises(refunds.RefundRepeated):
            refunds.record(sale, amount=Money(100, "USD"), refund_id="r1", by=ada.actor)

    def test_it_takes_an_order_by_its_number(self, sale: Conversion, campaign: Campaign, ada: Member) -> None:
        assert refunds.record_for_order(campaign, "A-1", amount=Money(100, "USD"), by=ada.actor).conversion == sale
        with pytest.raises(refunds.OrderUnknown):
            refunds.record_for_order(campaign, "A-2", amount=Money(100, "USD"), by=ada.actor)
