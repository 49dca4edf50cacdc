"""Rules about who buys, each at, below and above its threshold."""

from datetime import timedelta

import pytest
from django.utils import timezone

from advertisers.models import Campaign
from network import logins
from network.models import LoginAddress, Membership
from network.roles import Role
from publishers.models import TrackingLink
from tests.cast import Member, person
from tests.tracking import stage
from tests.tracking.quality.conftest import VALID, Sell, only, verdict
from tracking import conversions
from tracking.models import Conversion


class TestR14:
    def test_it_holds_an_order_of_the_publishers_own_people(self, sell: Sell, pia: Member) -> None:
        sale = sell("A-1", email="PIA+shop@example.com")
        assert (verdict(sale), only(sale).inputs) == (("suspect", "self_referral"), {"same": "mail"})

    def test_it_holds_an_order_from_the_publishers_own_domain(self, sell: Sell, pia: Member) -> None:
        sale = sell("A-1", email="somebody@example.com")
        assert (verdict(sale), only(sale).inputs) == (("suspect", "self_referral"), {"same": "mail domain"})

    def test_everybodys_provider_is_no_tie(self, sell: Sell, pia: Member) -> None:
        user = person("pia.private@gmail.com", "Pia")
        Membership.objects.create(user=user, organization=pia.organization, role=Role.ANALYST)
        assert verdict(sell("A-1", email="somebody@gmail.com")) == VALID
        assert verdict(sell("A-2", email="pi.aprivate+x@googlemail.com")) == ("suspect", "self_referral")

    def test_other_mails_are_others(self, sell: Sell) -> None:
        assert verdict(sell("A-1", email="buyer@elsewhere.example")) == VALID


class TestR14ByLogin:
    @pytest.mark.parametrize(("hours", "held"), [(0, True), (23, True), (25, False)])
    def test_it_holds_an_order_from_where_the_publisher_logs_in(
        self, sell: Sell, pia: Member, hours: int, *, held: bool
    ) -> None:
        logins.note(pia.user, "198.51.100.7")
        LoginAddress.objects.update(at=timezone.now() - timedelta(hours=hours))
        sale = sell("A-1")
        assert verdict(sale) == (("suspect", "self_referral") if held else VALID)
        if held:
            assert only(sale).inputs == {"same": "address"}

    def test_a_neighbour_or_somebody_elses_login_is_nothing(self, sell: Sell, pia: Member, ada: Member) -> None:
        logins.note(pia.user, "198.51.100.8")
        logins.note(ada.user, "198.51.100.7")
        assert verdict(sell("A-1")) == VALID


class TestR15:
    def test_the_sixth_sale_of_an_address_in_a_day_is_held(self, sell: Sell) -> None:
        assert [verdict(sell(f"A-{n}"))[0] for n in range(6)] == ["valid"] * 5 + ["suspect"]
        assert only(stage.conversion("A-5")).inputs == {"conversions": 6, "most": 5, "hours": 24}

    def test_the_second_lead_is(self, sell: Sell) -> None:
        assert verdict(sell("A-1", goal="lead")) == VALID
        assert verdict(sell("A-2", goal="lead")) == ("suspect", "repeated_address")

    def test_a_day_later_it_is_forgotten(self, sell: Sell) -> None:
        now = timezone.now().replace(microsecond=0)
        sell("A-1", goal="lead", at=now - timedelta(hours=24))
        assert verdict(sell("A-2", goal="lead", at=now)) == VALID
        sell("A-3", goal="lead", at=now - timedelta(hours=50), click={"ip": "198.51.100.9"})
        late = now - timedelta(hours=26, milliseconds=1)
        assert verdict(sell("A-4", goal="lead", at=late, click={"ip": "198.51.100.9"}))[0] == "suspect"

    def test_the_buyers_address_counts_before_the_clicks(self, sell: Sell) -> None:
        sell("A-1", goal="lead", ip="203.0.113.5")
        assert verdict(sell("A-2", goal="lead", ip="203.0.113.6")) == VALID
        assert verdict(sell("A-3", goal="lead", ip="203.0.113.5")) == ("suspect", "repeated_address")

    def test_two_of_one_batch_know_of_each_other(self, campaign: Campaign, link: TrackingLink) -> None:
        reports = [
            stage.report(campaign, f"A-{n}", goal="lead", amount=None, click_id=stage.click_id(link), ip="203.0.113.5")
            for n in range(3)
        ]
        conversions.process_all(reports)
        found = Conversion.objects.order_by("occurred_at").values_list("verdict", flat=True)
        assert list(found) == ["valid", "suspect", "suspect"]


def test_r16_the_second_conversion_of_a_device_is_held(sell: Sell) -> None:
    assert verdict(sell("A-1", gaid="38400000-8cf0-11bd-b23e-10b96e40000d")) == VALID
    again = sell("A-2", gaid="38400000-8CF0-11BD-B23E-10B96E40000D")
    assert (verdict(again), only(again).inputs) == (("suspect", "repeated_device"), {"conversions": 2, "most": 1})
    assert verdict(sell("A-3", gaid="another")) == VALID
    assert verdict(sell("A-4", gaid="00000000-0000-0000-0000-000000000000")) == VALID
    assert verdict(sell("A-5", gaid="00000000-0000-0000-0000-000000000000")) == VALID


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("a@mailinator.com", "disposable"),
        ("a@x.yopmail.com", "disposable"),
        ("info@shop.example", "role"),
        ("Sales+1@shop.example", "role"),
        ("ida@shop.example", ""),
        ("mailinator.com@shop.example", ""),
        ("not an address", ""),
    ],
)
def test_r27_it_holds_leads_with_throwaway_mails(sell: Sell, address: str, kind: str) -> None:
    lead = sell("A-1", goal="lead", email=address)
    assert verdict(lead) == (("suspect", "throwaway_mail") if kind else VALID)
    if kind:
        assert only(lead).inputs == {"kind": kind}
    assert verdict(sell("A-1", email=address)) == VALID
