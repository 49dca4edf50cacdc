"""The pages about quality: what staff decide on, what the publisher sees, thresholds, and the past judged again."""

import time
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from advertisers import caps
from network.models import AuditEntry, Kind
from payouts import recomputes
from publishers import links, partnerships
from publishers.models import TrackingLink
from tests.cast import Member, member
from tests.payouts.market import Market
from tracking import keys, mailboxes
from tracking.models import Conversion, QualityAppeal, QualityCase, QualityRun
from tracking.quality import cases, thresholds
from tracking.quality.rules import Category


def client_of(member: Member) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


@pytest.fixture
def held(market: Market) -> Market:
    """Two sales of 100.00, each two seconds after its click, held."""
    for order in ("A-1001", "A-1002"):
        market.sell(order, clicked_at=timezone.now() - timedelta(seconds=2))
    return market


@pytest.fixture
def case(held: Market) -> QualityCase:
    return QualityCase.objects.get()


def verdicts() -> set[str]:
    return set(Conversion.objects.values_list("verdict", flat=True))


class TestCases:
    def test_it_lists_what_waits_with_the_money_behind_it(self, held: Market, case: QualityCase) -> None:
        page = client_of(held.nima).get("/quality/cases/").content.decode()
        assert "Conversion too soon after the click" in page
        assert "Pia&#x27;s Publisher" in page
        assert "$16.00" in page

    def test_it_filters(self, held: Market, case: QualityCase) -> None:
        client = client_of(held.nima)
        assert "No case fits" in client.get("/quality/cases/", {"status": "declined"}).content.decode()
        assert "No case fits" in client.get("/quality/cases/", {"rule": "R9", "status": ""}).content.decode()
        assert "too soon" in client.get("/quality/cases/", {"rule": "R10", "publisher": "pia"}).content.decode()

    def test_an_empty_list_says_what_will_come(self, nima: Member) -> None:
        assert "Nothing to decide" in client_of(nima).get("/quality/cases/").content.decode()

    def test_it_shows_the_evidence(self, held: Market, otto: Member, case: QualityCase) -> None:
        page = client_of(otto).get(f"/quality/cases/{case.public_id}/").content.decode()
        assert "A-1001" in page
        assert "Seconds after the click" in page
        assert "Clear and release" in page

    def test_it_clears(self, held: Market, case: QualityCase) -> None:
        client_of(held.nima).post(f"/quality/cases/{case.public_id}/clear/", {"note": "a test"})
        case.refresh_from_db()
        assert (case.status, case.note, case.decided_by) == ("cleared", "a test", held.nima.user)
        assert verdicts() == {"valid"}
        assert AuditEntry.objects.filter(action="case.cleared").exists()

    def test_it_declines_and_tells_the_publisher(self, held: Market, case: QualityCase) -> None:
        answer = client_of(held.nima).post(f"/quality/cases/{case.public_id}/decline/", {"category": "timing"})
        assert answer.status_code == 302
        case.refresh_from_db()
        assert (case.status, case.category) == ("declined", Category.TIMING)
        assert verdicts() == {"invalid"}

    def test_it_asks_for_the_category(self, held: Market, case: QualityCase) -> None:
        answer = client_of(held.nima).post(f"/quality/cases/{case.public_id}/decline/", {"category": ""})
        assert answer.status_code == 422
        assert verdicts() == {"suspect"}

    @pytest.mark.parametrize(
        ("decision", "status", "verdict"), [("clear", "cleared", "valid"), ("decline", "declined", "invalid")]
    )
    def test_it_decides_in_bulk(
        self, held: Market, case: QualityCase, decision: str, status: str, verdict: str
    ) -> None:
        held.report(
            "B-1",
            clicked_at=timezone.now() - timedelta(minutes=1),
            mail=mailboxes.told(keys.customer_key(), "pia@example.com"),
        )
        chosen = list(QualityCase.objects.values_list("public_id", flat=True))
        assert len(chosen) == 2
        client_of(held.nima).post("/quality/cases/decide/", {"case": chosen, "decision": decision})
        assert set(QualityCase.objects.values_list("status", flat=True)) == {status}
        assert verdicts() == {verdict}

    def test_a_stranger_sees_and_decides_nothing(self, held: Market, case: QualityCase, mallory: Member) -> None:
        client = client_of(mallory)
        assert client.get(f"/quality/cases/{case.public_id}/").status_code == 404
        client.post("/quality/cases/decide/", {"case": [case.public_id], "decision": "clear"})
        assert verdicts() == {"suspect"}


class TestPublisher:
    def test_the_page_tells_categories_and_no_rules(self, held: Market, case: QualityCase) -> None:
        page = client_of(held.pia).get("/quality/").content.decode()
        detail = client_of(held.pia).get(f"/quality/reviews/{case.public_id}/").content.decode()
        for text in (page, detail):
            assert "Unusual timing" in text
            assert "$16.00" in text
            assert "R10" not in text
            assert "Threshold" not in text
            assert "too soon" not in text

    def test_a_publisher_without_reviews_reads_what_they_are(self, pia: Member) -> None:
        assert "Nothing is under review" in client_of(pia).get("/quality/").content.decode()

    def test_it_appeals_and_is_heard(self, held: Market, case: QualityCase) -> None:
        cases.decline(case, category=Category.TIMING, by=held.nima.actor)
        pia, nima = client_of(held.pia), client_of(held.nima)
        pia.post(f"/quality/reviews/{case.public_id}/appeal/", {"text": "My readers had the cart open."})
        assert QualityAppeal.objects.get().status == "waiting"
        page = nima.get("/quality/cases/", {"status": ""}).content.decode()
        assert "Appealed" in page
        nima.post(f"/quality/cases/{case.public_id}/answer/", {"answer": "Checked.", "decision": "accept"})
        assert verdicts() == {"valid"}
        assert "Checked." in pia.get(f"/quality/reviews/{case.public_id}/").content.decode()

    def test_one_appeal_at_a_time(self, held: Market, case: QualityCase) -> None:
        pia = client_of(held.pia)
        for _ in range(2):
            pia.post(f"/quality/reviews/{case.public_id}/appeal/", {"text": "Please."})
        assert QualityAppeal.objects.count() == 1
        assert pia.post(f"/quality/reviews/{case.public_id}/appeal/", {"text": " "}).status_code == 422


class TestThresholds:
    def test_the_network_sets_its_own(self, held: Market) -> None:
        client = client_of(held.nima)
        assert "Shortest time from the click to a sale" in client.get("/quality/thresholds/").content.decode()
        client.post("/quality/thresholds/", {"sale_seconds": "25"})
        assert thresholds.of_network()["sale_seconds"] == 25
        client.post("/quality/thresholds/", {"sale_seconds": ""})
        assert thresholds.of_network()["sale_seconds"] == 10

    def test_an_agency_sets_those_of_a_campaign(self, held: Market, otto: Member) -> None:
        path = f"/quality/thresholds/{held.campaign.public_id}/"
        client_of(otto).post(path, {"sale_seconds": "5"})
        assert thresholds.of_campaign(held.campaign.pk)["sale_seconds"] == 5
        assert client_of(otto).post(path, {"sale_seconds": "-1"}).status_code == 422
        assert thresholds.of_campaign(held.campaign.pk)["sale_seconds"] == 5

    def test_it_is_tried_on_the_past_first(self, held: Market) -> None:
        client = client_of(held.nima)
        today = timezone.now().date().isoformat()
        path = f"/quality/thresholds/{held.campaign.public_id}/"
        answer = client.post(path, {"sale_seconds": "1", "preview": "1", "first": today, "last": today})
        run = QualityRun.objects.get()
        assert answer["Location"] == f"/quality/runs/{run.public_id}/"
        assert "is left" in client.get(answer["Location"]).content.decode()
        recomputes.work(until=time.monotonic() + 10)
        page = client.get(answer["Location"]).content.decode()
        assert "Use these thresholds and apply" in page
        assert "$16.00" in page
        assert verdicts() == {"suspect"}

        client.post(f"/quality/runs/{run.public_id}/apply/")
        recomputes.work(until=time.monotonic() + 10)
        assert verdicts() == {"valid"}
        assert thresholds.of_campaign(held.campaign.pk)["sale_seconds"] == 1
        assert "Done" in client.get("/quality/runs/").content.decode()

    def test_a_discarded_one_changes_nothing(self, held: Market) -> None:
        client = client_of(held.nima)
        today = timezone.now().date().isoformat()
        client.post("/quality/thresholds/", {"sale_seconds": "1", "preview": "1", "first": today, "last": today})
        recomputes.work(until=time.monotonic() + 10)
        client.post(f"/quality/runs/{QualityRun.objects.get().public_id}/discard/")
        assert verdicts() == {"suspect"}
        assert thresholds.of_network()["sale_seconds"] == 10


class TestEvidence:
    """Numbers of ours are nobody's business: publishers have names, for those who may know them."""

    @pytest.fixture
    def paul(self, market: Market) -> TrackingLink:
        paul = member("Paul", Kind.PUBLISHER, market.nima)
        applied = partnerships.apply(market.campaign, publisher=paul.organization, by=paul.actor)
        return links.grab(partnerships.approve(applied, by=market.ada.actor), by=paul.actor)

    def evidence(self, market: Market, rule: str, **found: object) -> str:
        case = cases.refresh(
            market.partnership.pk, rule, window=(timezone.now(), timezone.now()), evidence=found, action="H"
        )
        assert case
        return f"/quality/cases/{case.public_id}/"

    def test_a_partner_of_the_campaign_has_a_name(self, market: Market, paul: TrackingLink) -> None:
        path = self.evidence(market, "R9", partnership=paul.partnership_id)
        assert "Paul&#x27;s Publisher" in client_of(market.ada).get(path).content.decode()

    def test_the_owner_of_a_code_has_one_too(self, market: Market, paul: TrackingLink) -> None:
        path = self.evidence(market, "R30", owner=paul.partnership.publisher_id)
        assert "Paul&#x27;s Publisher" in client_of(market.ada).get(path).content.decode()

    def test_who_works_elsewhere_is_known_to_the_network_alone(self, market: Market) -> None:
        stranger = member("Stranger", Kind.PUBLISHER, market.nima)
        path = self.evidence(market, "R37", same=["site", "person"], account=stranger.organization.public_id)
        page = client_of(market.nima).get(path).content.decode()
        assert "Stranger&#x27;s Publisher" in page
        assert "Site · Person" in page
        page = client_of(market.ada).get(path).content.decode()
        assert "Stranger" not in page
        assert stranger.organization.public_id not in page
        assert "Another publisher" in page


def test_what_is_above_a_cap_is_decided_in_the_same_place(market: Market) -> None:
    caps.add(market.campaign, metric="conversions", period="total", limit=1, by=market.ada.actor)
    market.sell("A-1")
    commission = market.sell("A-2")
    case = QualityCase.objects.get()
    assert (case.rule, case.signals.get().conversion.order_id, commission.status) == ("CAP", "A-2", "held")
    page = client_of(market.ada).get(f"/quality/cases/{case.public_id}/").content.decode()
    assert "More conversions than the campaign&#x27;s cap" in page
    client_of(market.ada).post(f"/quality/cases/{case.public_id}/clear/")
    market.settle()
    commission.refresh_from_db()
    assert commission.status == "pending"


class TestTheCampaignsPage:
    def test_it_leads_those_who_judge_to_its_thresholds(self, market: Market, otto: Member) -> None:
        path = reverse("advertisers:campaign-detail", args=[market.campaign.public_id])
        thresholds_of_it = reverse("payouts:campaign-thresholds", args=[market.campaign.public_id])
        for who in (market.nima, otto):
            assert thresholds_of_it in client_of(who).get(path).content.decode()
        assert thresholds_of_it not in client_of(market.ada).get(path).content.decode()
