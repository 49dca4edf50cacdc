"""A person who is forgotten is forgotten in the log of calls to publishers, too."""

import pytest

from payouts import sending, tasks
from payouts.models import Delivery
from tests.payouts.market import Market
from tests.payouts.receiver import Receiver
from tests.payouts.test_postbacks_out import tell, with_subs
from tracking import erasures
from tracking.models import ErasedConversion
from tracking.tasks import erase


@pytest.fixture
def forgotten(market: Market, receiver: Receiver) -> None:
    """Somebody's sale whose publisher wants to hear of it, and the request."""
    tell(market, receiver)
    with_subs(market, "1001", ["newsletter", "may"])
    erasures.request("order", "1001", by=market.nima.actor)


@pytest.mark.usefixtures("forgotten")
def test_what_was_told_is_blanked() -> None:
    sending.pump()
    before = Delivery.objects.get()
    assert "mine-1" in before.history[0]["url"]
    assert (erase(), tasks.forget_erased()) == (1, 1)
    delivery = Delivery.objects.get()
    assert [delivery.facts[name] for name in ("click_id", "aff_click_id", "order_id", "customer")] == [""] * 4
    assert (delivery.facts["sub1"], delivery.facts["payout"]) == ("newsletter", "8.00")
    [attempt] = delivery.history
    assert (attempt["url"], attempt["answer"], attempt["status"]) == ("", "", 200)
    assert not ErasedConversion.objects.exists()
    assert tasks.forget_erased() == 0


@pytest.mark.usefixtures("forgotten")
def test_what_is_to_be_sent_is_sent_first(receiver: Receiver) -> None:
    assert (erase(), tasks.forget_erased()) == (1, 0)
    sending.pump()
    assert len(receiver.heard) == 1
    assert tasks.forget_erased() == 1
    assert Delivery.objects.get().history[0]["url"] == ""
