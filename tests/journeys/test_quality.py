"""Bots, repeated clicks and a hasty order, from the events to the publisher's balance: gross, net, held, decided, paid."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from payouts import commissions
from payouts.models import Commission
from tests.payouts.conftest import market, open_market
from tests.payouts.market import OpenMarket
from tests.tracking import stage
from tracking import selectors
from tracking.models import Conversion, DailyBreakdown, DailyCount, QualityCase

__all__ = ["market", "open_market"]


def test_from_bad_traffic_to_good_money(open_market: OpenMarket) -> None:
    market = open_market({"click": (10 * 1_000_000, 0), "sale": (0, 800)})
    nima, pia = Client(), Client()
    nima.force_login(market.nima.user)
    pia.force_login(market.pia.user)

    # Six people, one of whom clicks three times within seconds; two robots; one picture that pretends to be a click.
    at = timezone.now() - timedelta(minutes=5)
    people = [stage.event(market.link, at, ip=f"198.51.100.{n}") for n in range(6)]
    again = [stage.event(market.link, at + timedelta(seconds=n), ip="198.51.100.0") for n in (3, 9)]
    robots = [stage.event(market.link, at, ua=stage.GOOGLEBOT, ip=f"198.51.100.{n}") for n in (20, 21)]
    stuffed = stage.event(market.link, at, ip="198.51.100.30", flags=["fetch_metadata"])
    stage.send(market.redis, *people, *again, *robots, stuffed)
    stage.ingest(market.redis)
    market.settle()

    counts = selectors.counts(DailyCount.objects.all())
    assert (counts.clicks, counts.invalid_clicks, counts.gross_clicks) == (6, 5, 11)
    reasons = dict(DailyBreakdown.objects.filter(dimension="reason").values_list("value", "invalid_clicks"))
    assert reasons == {"duplicate_click": 2, "known_robot": 2, "fetch_metadata": 1}
    assert market.books()["pending"] == 60

    # Two orders: one after four minutes, one after three seconds.
    market.report("A-1001", 10_000, clicked_at=at)
    market.report("A-1002", 20_000, clicked_at=timezone.now() - timedelta(seconds=3))
    market.settle()
    books = market.books()
    assert (books["pending"], books["held"]) == (60 + 800, 1_600)

    # Staff see the case, Pia sees its category and appeals, staff accept: everything is payable in the end.
    case = QualityCase.objects.get()
    assert "Conversion too soon after the click" in nima.get("/quality/cases/").content.decode()
    page = pia.get("/quality/").content.decode()
    assert "Unusual timing" in page
    assert "too soon" not in page
    nima.post(f"/quality/cases/{case.public_id}/decline/", {"category": "timing"})
    market.settle()
    assert "held" not in market.books()
    assert set(Conversion.objects.values_list("order_id", "verdict")) == {("A-1001", "valid"), ("A-1002", "invalid")}
    pia.post(f"/quality/reviews/{case.public_id}/appeal/", {"text": "She had the cart open in another tab."})
    nima.post(f"/quality/cases/{case.public_id}/answer/", {"answer": "That fits the log.", "decision": "accept"})
    market.settle()
    assert market.books()["pending"] == 60 + 800 + 1_600
    for commission in Commission.objects.filter(status="pending"):
        commissions.approve(commission, by=market.ada.actor)
    assert market.books()["payable"] == 2_460
