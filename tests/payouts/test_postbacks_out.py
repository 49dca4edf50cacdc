"""What publishers are told by postback, over real HTTP; the schedule by a clock that the test turns."""

import base64
import hashlib
import hmac
import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from network import destinations, loops
from network.errors import DomainError
from payouts import calls, commissions, deliveries, facts, sending
from payouts.models import Commission, Delivery, DeliveryStatus
from publishers import postbacks
from publishers.models import PostbackEvent, PublisherPostback
from tests.payouts.market import Market
from tests.payouts.receiver import OpenReceiver, Receiver
from tests.tracking import stage
from tracking.keys import read_click_id
from tracking.models import Attribution, Click

ALL = PostbackEvent.values
FULL = "/in?id={conversion_id}&payout={payout}{currency}&status={status}&s1={sub1}&event={event}&mine={aff_click_id}"


def tell(market: Market, receiver: Receiver | str, path: str = FULL, **changes: Any) -> PublisherPostback:
    base = receiver if isinstance(receiver, str) else receiver.url
    values: dict[str, Any] = {"method": "GET", "events": ALL, "url": base + path} | changes
    return postbacks.save(publisher=market.pia.organization, by=market.pia.actor, **values)


class Clock:
    """Django's now, wherever it is asked; `turn` puts it on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = timezone.now()
        monkeypatch.setattr(timezone, "now", lambda: self.now)

    def turn(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def with_subs(market: Market, order: str, subs: list[str], **fields: Any) -> Commission:
    """A sale after a click whose row is there."""
    at, nonce = stage.to_ms(timezone.now() - timedelta(minutes=5)), 4711
    Click.objects.create(
        campaign_id=market.campaign.pk,
        at=at,
        nonce=nonce,
        partnership_id=market.partnership.pk,
        link_id=market.link.pk,
        day=at.date(),
        received_at=at,
        subs=subs,
        source="blog",
        extra={"click": "mine-1"},
    )
    return market.sell(order, click_id=stage.click_id(market.link, at, nonce), **fields)


def test_it_tells_of_a_conversion(market: Market, receiver: Receiver) -> None:
    tell(market, receiver)
    commission = with_subs(market, "1001", ["news letter&x=1", "may"])
    assert sending.pump() == 1
    [heard] = receiver.heard
    assert heard.query == {
        "id": commission.public_id,
        "payout": "8.00USD",
        "status": "pending",
        "s1": "news letter&x=1",
        "event": "recorded",
        "mine": "mine-1",
    }
    [delivery] = Delivery.objects.all()
    assert (delivery.status, delivery.attempts, delivery.history[0]["status"]) == ("sent", 1, 200)
    assert delivery.history[0]["answer"] == "ok"


def test_it_tells_each_state_once(market: Market, receiver: Receiver) -> None:
    tell(market, receiver)
    commission = market.sell("1001")
    commissions.approve(commission, by=market.ada.actor)
    market.refund("1001", 2_500)
    market.settle()
    Delivery.objects.update(created_at=timezone.now() - timedelta(hours=1))  # its click's row never came
    while sending.pump():
        pass
    told = [(heard.query["event"], heard.query["status"], heard.query["payout"]) for heard in receiver.heard]
    assert told == [
        ("recorded", "pending", "8.00USD"),
        ("approved", "approved", "8.00USD"),
        ("refunded", "approved", "6.00USD"),
    ]


def test_it_tells_only_what_is_wanted(market: Market, receiver: Receiver) -> None:
    lead = market.campaign.goals.get(code="lead")
    tell(market, receiver, "/approved", events=["approved"])
    tell(market, receiver, "/leads", partnership=market.partnership, goal=lead)
    tell(market, receiver, "/campaign", partnership=market.partnership, events=["recorded"])
    market.sell("1001")
    assert [one.postback.url[len(receiver.url) :] for one in Delivery.objects.all()] == ["/campaign"]


def test_it_stays_silent_where_the_advertiser_says_so(market: Market, receiver: Receiver) -> None:
    tell(market, receiver)
    commission = market.sell("1001", disable_postback=True)
    commissions.approve(commission, by=market.ada.actor)
    assert {(one.event, one.status) for one in Delivery.objects.all()} == {
        ("recorded", "suppressed"),
        ("approved", "suppressed"),
    }
    assert sending.pump() == 0


def test_it_signs_as_the_specification_says(market: Market, receiver: Receiver) -> None:
    postback = tell(market, receiver, "/in?sig={signature}", method="POST")
    postbacks.renew_secret(postback, by=market.pia.actor)
    market.sell("1001")
    Delivery.objects.update(created_at=timezone.now() - timedelta(hours=1))
    sending.pump()
    [heard] = receiver.heard
    stored = PublisherPostback.objects.get()
    signed = f"{heard.headers['webhook-id']}.{heard.headers['webhook-timestamp']}.{heard.body}".encode()

    def mac(secret: str, content: bytes) -> bytes:
        return hmac.new(base64.b64decode(secret.removeprefix("whsec_")), content, hashlib.sha256).digest()

    assert heard.headers["webhook-signature"].split() == [
        f"v1,{base64.b64encode(mac(secret, signed)).decode()}" for secret in (stored.secret, stored.former_secret)
    ]
    body = json.loads(heard.body)
    assert (body["type"], body["data"]["payout"], body["data"]["order_id"]) == ("conversion.recorded", "8.00", "1001")
    data = body["data"]
    plain = ".".join(data[name] for name in ("conversion_id", "event", "payout", "currency", "timestamp"))
    assert heard.query["sig"] == mac(stored.secret, plain.encode()).hex()


def test_it_waits_for_the_sub_ids_of_the_click(market: Market, receiver: Receiver, clock: Clock) -> None:
    tell(market, receiver)
    market.sell("1001")
    assert sending.pump() == 0
    clock.turn(seconds=16)
    assert sending.pump() == 0
    clock.turn(minutes=10)
    assert sending.pump() == 1


def failing(market: Market, receiver: Receiver, clock: Clock) -> Delivery:
    tell(market, receiver)
    market.sell("1001")
    Delivery.objects.update(created_at=timezone.now() - timedelta(hours=1))
    return Delivery.objects.get()


def test_it_follows_the_schedule_for_75_hours(market: Market, receiver: Receiver, clock: Clock) -> None:
    receiver.answers(500, b"down")
    failing(market, receiver, clock)
    start, tried = clock.now, []
    while True:
        made = sending.pump()
        assert made == 1
        tried.append((clock.now - start).total_seconds())
        delivery = Delivery.objects.get()
        if delivery.status != DeliveryStatus.WAITING:
            break
        clock.now = delivery.next_try_at - timedelta(milliseconds=1)
        assert sending.pump() == 0
        clock.now = delivery.next_try_at
    minutes, hours = 60, 3600
    waits = [5, 5 * minutes, 30 * minutes, *(h * hours for h in (2, 5, 10, 14, 20, 24))]
    assert tried == [sum(waits[:number]) for number in range(10)]
    assert tried[-1] == 75 * hours + 35 * minutes + 5
    assert delivery.status == "failed"
    assert {heard.headers["webhook-id"] for heard in receiver.heard} == {f"msg_{delivery.public_id}"}


def test_it_recovers_after_failures(market: Market, receiver: Receiver, clock: Clock) -> None:
    receiver.answers(500)
    failing(market, receiver, clock)
    sending.pump()
    assert PublisherPostback.objects.get().failing_since == clock.now
    receiver.answers(204)
    clock.turn(seconds=5)
    sending.pump()
    assert Delivery.objects.get().status == "sent"
    assert PublisherPostback.objects.get().failing_since is None


def test_it_leaves_a_receiver_alone_as_long_as_it_asks(market: Market, receiver: Receiver, clock: Clock) -> None:
    receiver.answers(429, retry_after="600")
    failing(market, receiver, clock)
    sending.pump()
    market.sell("1002")
    Delivery.objects.update(created_at=timezone.now() - timedelta(hours=1))
    clock.turn(seconds=599)
    assert sending.pump() == 0
    clock.turn(seconds=1)
    receiver.answers(200)
    assert sending.pump() == 2


@pytest.mark.parametrize(
    "asked",
    [
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2024 00:00:00 +99999999999999999",
        "Mon, 01 Jan 2024 00:00:00 +9999",
        "٣٠",
        "soon",
    ],
)
def test_it_takes_no_harm_from_what_a_receiver_asks(market: Market, receiver: Receiver, asked: str) -> None:
    """One receiver's header must not stop the calls of all others."""
    tell(market, receiver)
    market.sell("1001")
    Delivery.objects.update(created_at=timezone.now() - timedelta(hours=1))
    receiver.answers(429, retry_after=asked.encode().decode("latin-1"))
    assert sending.pump() == 1
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts) == ("waiting", 1)
    assert PublisherPostback.objects.get().paused_until is None


def test_it_survives_a_call_that_breaks(market: Market, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(call: object) -> tuple[int, str, str]:
        raise RuntimeError("of a library")

    tell(market, receiver)
    market.sell("1001")
    Delivery.objects.update(created_at=timezone.now() - timedelta(hours=1))
    monkeypatch.setattr(calls, "_exchange", broken)
    assert sending.pump(longest=1) == 1
    assert Delivery.objects.get().history[0]["error"] == "unreachable"


def test_it_tells_nobody_the_click_id_of_another_publisher(market: Market, receiver: Receiver) -> None:
    """A conversion that its coupon wins is reported with another one's click."""
    sale = with_subs(market, "1001", [])
    ours = facts.gather(Delivery(commission=sale, happened_at=timezone.now(), event="recorded"))["click_id"]
    assert read_click_id(ours).nonce == 4711
    attribution = Attribution.objects.filter(conversion=sale.conversion)
    attribution.update(kind="coupon", clicked_at=None, click_nonce=None)
    again = Commission.objects.select_related("conversion__attribution").get(pk=sale.pk)
    told = facts.gather(Delivery(commission=again, happened_at=timezone.now(), event="recorded"))
    assert (told["click_id"], told["aff_click_id"], told["source"]) == ("", "", "")


def test_it_stops_for_good_when_the_receiver_is_gone(
    market: Market, receiver: Receiver, clock: Clock, django_capture_on_commit_callbacks: Any
) -> None:
    receiver.answers(410)
    failing(market, receiver, clock)
    market.sell("1002")
    Delivery.objects.update(created_at=timezone.now() - timedelta(hours=1))
    with django_capture_on_commit_callbacks() as callbacks:
        sending.pump()
    postback = PublisherPostback.objects.get()
    assert (postback.is_active, postback.stopped_reason) == (False, "gone")
    assert set(Delivery.objects.values_list("status", flat=True)) == {"failed"}
    assert len(callbacks) == 1  # the mail to the owner


def test_it_switches_off_what_fails_for_five_days(market: Market, receiver: Receiver, clock: Clock) -> None:
    receiver.answers(500)
    failing(market, receiver, clock)
    sending.pump()
    clock.turn(days=5)
    sending.pump()
    postback = PublisherPostback.objects.get()
    assert (postback.is_active, postback.stopped_reason) == (False, "failing")


def test_it_follows_no_redirect(market: Market, receiver: Receiver, clock: Clock) -> None:
    receiver.answers(302, location=f"{receiver.url}/in")
    failing(market, receiver, clock)
    sending.pump()
    delivery = Delivery.objects.get()
    assert len(receiver.heard) == 1
    assert (delivery.status, delivery.history[0]["status"], delivery.history[0]["error"]) == (
        "waiting",
        302,
        "redirect",
    )


def test_it_gives_up_on_a_slow_answer(
    market: Market, receiver: Receiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payouts.calls.TIMEOUT", 0.3)
    receiver.is_slow(2)
    failing(market, receiver, clock)
    sending.pump()
    assert Delivery.objects.get().history[0]["error"] == "timeout"


def test_it_gives_up_on_an_answer_that_drips(
    market: Market, open_receiver: OpenReceiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_receiver()
    monkeypatch.setattr("payouts.calls.TIMEOUT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                for byte in b"HTTP/1.1 200 OK\r\nX-A: aaaaaaaaaaaaaaaaaaaaaaaaaaa":
                    try:
                        connection.send(bytes([byte]))
                    except OSError:
                        return
                    time.sleep(0.1)

        threading.Thread(target=drip, daemon=True).start()
        started = time.monotonic()
        failing(market, Receiver(url=f"http://127.0.0.1:{server.getsockname()[1]}"), clock)
        sending.pump()
    assert Delivery.objects.get().history[0]["error"] == "timeout"
    assert time.monotonic() - started < 4


@pytest.fixture
def expired(tmp_path: Path) -> Iterator[str]:
    """An https receiver with a certificate that nobody vouches for and that ended long ago."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        str(key),
        "-out",
        str(certificate),
    ]
    dates = ["-not_before", "20200101000000Z", "-not_after", "20200201000000Z"]
    subject = ["-subj", "/CN=127.0.0.1"]
    made = subprocess.run([*command, *subject, *dates], capture_output=True, check=False)
    if made.returncode:
        subprocess.run([*command, *subject, "-days", "1"], capture_output=True, check=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                    with connection, context.wrap_socket(connection, server_side=True):
                        pass
                except ssl.SSLError:
                    continue
                except OSError:
                    return

        threading.Thread(target=greet, daemon=True).start()
        yield f"https://127.0.0.1:{server.getsockname()[1]}"


def test_it_trusts_no_expired_certificate(
    market: Market, open_receiver: OpenReceiver, expired: str, clock: Clock
) -> None:
    open_receiver()
    failing(market, Receiver(url=expired), clock)
    sending.pump()
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.history[0]["error"]) == ("waiting", "tls")


def test_it_delays_no_receiver_for_a_slow_one(market: Market, open_receiver: OpenReceiver) -> None:
    slow, quick = open_receiver("127.0.0.2"), open_receiver("127.0.0.3")
    slow.is_slow(6)
    tell(market, slow, "/slow")
    for number in range(10):
        market.sell(f"slow-{number}", 100)
    tell(market, quick, "/quick")
    market.sell("quick", 100)
    Delivery.objects.update(created_at=timezone.now() - timedelta(hours=1))
    started = time.monotonic()
    sending.pump(longest=1.0)
    [heard] = quick.heard
    assert heard.at - started < 1
    assert slow.most_at_once == sending.PER_HOST
    assert Delivery.objects.filter(status="sent").count() == 1 + sending.PER_HOST


def test_it_sends_again_what_a_killed_sender_had(market: Market, receiver: Receiver, clock: Clock) -> None:
    failing(market, receiver, clock)
    [claimed] = sending.claim(10)  # and then the process is killed
    assert sending.pump() == 0
    clock.turn(seconds=61)
    assert sending.pump() == 1
    assert receiver.heard[0].headers["webhook-id"] == f"msg_{claimed.public_id}"


def test_it_sends_a_test_and_sends_again(market: Market, receiver: Receiver) -> None:
    postback = tell(market, receiver, "/in?id={conversion_id}&test={test}")
    delivery = deliveries.send_test(postback, by=market.pia.actor)
    sending.pump()
    assert receiver.heard[0].query == {"id": "test", "test": "1"}
    deliveries.send_again(delivery, by=market.pia.actor)
    sending.pump()
    assert len(receiver.heard) == 2
    assert len({heard.headers["webhook-id"] for heard in receiver.heard}) == 1


FORBIDDEN = (
    *("http://127.0.0.1/", "http://localhost/", "http://0/", "http://2130706433/", "http://0x7f.1/", "http://127.1/"),
    *("http://0177.0.0.1/", "http://[::1]/", "http://[::ffff:169.254.169.254]/", "http://[64:ff9b::7f00:1]/"),
    *("http://[2002:7f00:1::]/", "http://169.254.169.254/", "http://[fd00:ec2::254]/", "http://10.1.2.3/"),
    *("http://172.16.0.1/", "http://192.168.1.1/", "http://100.64.0.1/", "http://0.0.0.0/", "http://224.0.0.1/"),
    *("http://①②⑦.⓪.⓪.①/", "http://１２７.0.0.1/"),
)


@pytest.mark.parametrize("url", FORBIDDEN)
def test_it_calls_no_private_address(url: str) -> None:
    with pytest.raises(DomainError):
        loops.run(destinations.resolve(url))


@pytest.mark.parametrize("port", [0, 22, 25, 5432, 6379, 8080])
def test_it_calls_no_unusual_port(port: int, settings: Settings) -> None:
    """Neither when it is entered nor when it is called; the operator may allow it, and that for one private place."""
    url = f"https://93.184.215.14:{port}/in"
    with pytest.raises(destinations.PortNotAllowed):
        destinations.check_text(url)
    with pytest.raises(destinations.PortNotAllowed):
        loops.run(destinations.resolve(url))
    settings.OUTGOING_PORTS = [443, port]
    assert loops.run(destinations.resolve(url)).port == port


def test_the_operator_may_name_a_private_place(settings: Settings) -> None:
    settings.PRIVATE_DESTINATIONS = ["10.1.2.3:8080"]
    assert loops.run(destinations.resolve("http://10.1.2.3:8080/in")) == ("http", "10.1.2.3", 8080, "10.1.2.3")
    for url in ("http://10.1.2.3/in", "http://10.1.2.4:8080/in", "http://10.1.2.3:8081/in"):
        with pytest.raises(DomainError):
            destinations.check_text(url)
        with pytest.raises(DomainError):
            loops.run(destinations.resolve(url))


@pytest.mark.parametrize("url", ["ftp://example.com/", "http://user:pw@example.com/", "http://", "//x", "http://a b/"])
def test_it_takes_no_other_address(url: str) -> None:
    with pytest.raises(destinations.BadDestination):
        destinations.check_text(url)
