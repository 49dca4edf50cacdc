"""R36 and R37: publishers that are one, and those who come back under another name."""

import pytest

from network import logins, organizations
from network.models import Kind, Membership
from network.roles import Role
from publishers import properties
from publishers.models import PublisherKind, TrackingLink
from tests.cast import Member, member, person
from tests.tracking.quality.test_statistics import count, found, sold
from tracking.models import Conversion, QualityCase
from tracking.quality import accounts, cases, thresholds


def declare(who: Member, url: str) -> None:
    properties.add(who.organization, kind=PublisherKind.BLOG, name=url[8:40], url=url, by=who.actor)


def paul(second_link: TrackingLink) -> Member:
    """The publisher of the second link, who came after Pia."""
    organization = second_link.partnership.publisher
    return Member(organization.memberships.get().user, organization)


@pytest.fixture(autouse=True)
def without_a_common_domain(pia: Member, second_link: TrackingLink) -> None:
    """The cast has its mail at one domain."""
    pia.user.email, other = "pia@gmail.com", paul(second_link).user
    other.email = "paul@gmail.com"
    pia.user.save()
    other.save()


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("https://www.reviews.example/a", "reviews.example"),
        ("https://instagram.com/Pia/", "instagram.com/pia"),
        ("https://instagram.com/", ""),
        ("https://pia.wordpress.com/x", "pia.wordpress.com"),
    ],
)
def test_on_a_platform_the_page_is_the_site(address: str, site: str) -> None:
    assert accounts.site(address) == site


class TestR36:
    def test_it_holds_the_later_of_two_with_one_site(
        self, link: TrackingLink, second_link: TrackingLink, pia: Member
    ) -> None:
        declare(pia, "https://reviews.example/")
        declare(paul(second_link), "https://www.reviews.example/best")
        sold(link, 1)
        sold(second_link, 1)
        assert found(link) == {}
        assert found(second_link) == {"R36": "H"}
        assert QualityCase.objects.get().evidence == {"same": ["site"], "account": pia.organization.public_id}
        verdicts = dict(Conversion.objects.values_list("partnership", "reason"))
        assert verdicts == {link.partnership_id: "", second_link.partnership_id: "duplicate_account"}

    def test_a_platform_is_no_tie_but_a_page_on_it_is(
        self, link: TrackingLink, second_link: TrackingLink, pia: Member
    ) -> None:
        count(second_link, 10)
        declare(pia, "https://instagram.com/pia")
        declare(paul(second_link), "https://instagram.com/paul")
        assert found(second_link) == {}
        declare(paul(second_link), "https://instagram.com/Pia")
        assert found(second_link) == {"R36": "H"}

    def test_a_mailbox_is_one_however_it_is_spelled(
        self, link: TrackingLink, second_link: TrackingLink, pia: Member
    ) -> None:
        count(second_link, 10)
        user = person("p.i.a+second@googlemail.com", "Pia again")
        Membership.objects.create(user=user, organization=second_link.partnership.publisher, role=Role.ANALYST)
        assert found(second_link) == {"R36": "H"}
        assert QualityCase.objects.get().evidence["same"] == ["mail"]

    def test_a_person_in_both_is_a_tie(self, link: TrackingLink, second_link: TrackingLink, pia: Member) -> None:
        count(second_link, 10)
        organization = second_link.partnership.publisher
        Membership.objects.create(user=pia.user, organization=organization, role=Role.ANALYST)
        assert found(second_link) == {"R36": "H"}
        assert QualityCase.objects.get().evidence["same"] == ["mail", "person"]

    def test_logins_count_only_where_somebody_wants_it(
        self, link: TrackingLink, second_link: TrackingLink, pia: Member, ada: Member
    ) -> None:
        count(second_link, 10)
        for user in (pia.user, paul(second_link).user):
            logins.note(user, "198.51.100.99")
        assert found(second_link) == {}
        thresholds.change(link.partnership.campaign, {"duplicate_account": 2}, by=ada.actor)
        assert found(second_link) == {"R36": "H"}

    def test_once_it_is_cleared_the_same_is_not_brought_up_again(
        self, link: TrackingLink, second_link: TrackingLink, pia: Member, nima: Member
    ) -> None:
        count(second_link, 10)
        declare(pia, "https://reviews.example/")
        declare(paul(second_link), "https://reviews.example/")
        found(second_link)
        cases.clear(QualityCase.objects.get(), by=nima.actor)
        QualityCase.objects.update(decided_at="2025-01-01T00:00:00Z")
        found(second_link)
        assert QualityCase.objects.get().status == "cleared"

    def test_it_may_be_switched_off(
        self, link: TrackingLink, second_link: TrackingLink, pia: Member, ada: Member
    ) -> None:
        count(second_link, 10)
        declare(pia, "https://reviews.example/")
        declare(paul(second_link), "https://reviews.example/")
        thresholds.change(link.partnership.campaign, {"duplicate_account": 0}, by=ada.actor)
        assert found(second_link) == {}


class TestR37:
    def test_it_holds_who_shares_a_site_with_a_suspended_publisher(
        self, link: TrackingLink, nima: Member, pia: Member
    ) -> None:
        bad = member("Bob", Kind.PUBLISHER, nima)
        declare(bad, "https://reviews.example/")
        declare(pia, "https://reviews.example/")
        sold(link, 2)
        assert found(link) == {}
        organizations.suspend(bad.organization, reason="Stuffing", by=nima.actor)
        assert found(link) == {"R37": "H"}
        assert QualityCase.objects.get().evidence == {"same": ["site"], "account": bad.organization.public_id}
        assert set(Conversion.objects.values_list("reason", flat=True)) == {"banned_elsewhere"}
