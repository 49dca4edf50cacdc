"""F4 for what publishers are told: the sender is killed between the call and its record."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone

from payouts import sending
from payouts.models import Delivery
from tests import services
from tests.payouts.market import Market, market, open_market
from tests.payouts.receiver import Heard, Receiver, Reply, open_receiver, receiver
from tests.payouts.test_postbacks_out import tell

__all__ = ["market", "open_market", "open_receiver", "receiver"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

PUMP = """
import django
django.setup()
from django.conf import settings
settings.ALLOW_PRIVATE_DESTINATIONS = True
from payouts import sending
sending.pump()
"""
KILLS = int(os.environ.get("OUTBOX_KILLS", "3"))


def test_f4_a_call_that_nobody_recorded_is_made_again_under_the_same_id(market: Market, receiver: Receiver) -> None:
    tell(market, receiver, "/in?id={conversion_id}", events=["recorded"])
    commission = market.sell("1001", 100)
    Delivery.objects.update(created_at=timezone.now() - timedelta(hours=1))  # it does not wait for its click any more
    for _ in range(KILLS):
        kill_in_the_call(receiver)
        [delivery] = Delivery.objects.all()
        assert (delivery.status, delivery.attempts) == ("waiting", 0)
        assert sending.pump() == 0  # whoever held it may still be at it
        Delivery.objects.update(claimed_until=timezone.now())  # the lease ends

    receiver.answers(200)
    assert sending.pump() == 1

    assert [heard.query for heard in receiver.heard] == [{"id": commission.public_id}] * (KILLS + 1)
    assert len({heard.headers["webhook-id"] for heard in receiver.heard}) == 1
    [delivery] = Delivery.objects.all()
    assert (delivery.status, delivery.attempts) == ("sent", 1)
    assert sending.pump() == 0


def kill_in_the_call(receiver: Receiver) -> None:
    """A sender that dies when its call has arrived and before it hears the answer."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "network.settings"}
    with subprocess.Popen([sys.executable, "-c", PUMP], cwd=services.ROOT, env=environment) as sender:

        def kill(_: Heard) -> Reply:
            sender.send_signal(signal.SIGKILL)
            return 200, {}, b"too late"

        receiver.reply = kill
        assert sender.wait(60) == -signal.SIGKILL
