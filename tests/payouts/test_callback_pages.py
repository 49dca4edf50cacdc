"""The pages on which a publisher looks after its postbacks."""

from django.test import Client
from django.urls import reverse

from payouts import sending
from payouts.models import Delivery
from publishers.models import PublisherPostback
from tests.payouts.market import Market
from tests.payouts.receiver import Receiver


def sign_in(market: Market) -> Client:
    client = Client()
    client.force_login(market.pia.user)
    return client


def add(client: Client, url: str, **changes: str | list[str]) -> PublisherPostback:
    values: dict[str, str | list[str]] = {"url": url, "reach": "", "events": ["recorded", "approved"], "method": "GET"}
    client.post(reverse("payouts:callback-create"), values | changes)
    return PublisherPostback.objects.latest("pk")


def test_it_adds_one_for_all_campaigns(market: Market) -> None:
    postback = add(sign_in(market), "https://tracker.example/in?id={aff_sub}")
    assert (postback.publisher, postback.partnership, postback.goal) == (market.pia.organization, None, None)
    assert (postback.host, postback.events) == ("tracker.example", ["recorded", "approved"])


def test_it_adds_one_for_a_goal(market: Market) -> None:
    reach = f"{market.partnership.public_id}.lead"
    postback = add(sign_in(market), "https://tracker.example/", reach=reach)
    assert postback.partnership == market.partnership
    assert postback.goal == market.campaign.goals.get(code="lead")


def test_it_says_what_is_wrong_beside_the_field(market: Market) -> None:
    for url, word in (
        ("http://127.0.0.1/", "public internet"),
        ("tracker", "https://"),
        ("https://{sub1}.example/", "cannot be a macro"),
    ):
        answer = sign_in(market).post(reverse("payouts:callback-create"), {"url": url, "events": "recorded"})
        assert answer.status_code == 422
        assert word in answer.text
    answer = sign_in(market).post(reverse("payouts:callback-create"), {"url": "https://a.example/", "method": "GET"})
    assert "Choose at least one event" in answer.text
    assert not PublisherPostback.objects.exists()


def test_it_warns_of_unknown_macros(market: Market) -> None:
    client = sign_in(market)
    add(client, "https://tracker.example/?a={sub1}&b={nonsense}")
    page = client.get(reverse("payouts:callback-list"))
    assert "{nonsense}" in page.text


def test_it_shows_the_calls_with_what_came_back(market: Market, receiver: Receiver) -> None:
    client = sign_in(market)
    receiver.answers(500, b"<b>broken</b>")
    postback = add(client, f"{receiver.url}/in?id={{conversion_id}}")
    client.post(reverse("payouts:callback-test", args=[postback.public_id]))
    sending.pump()
    call = Delivery.objects.get()
    assert "Failed" in client.get(reverse("payouts:callback-log")).text
    page = client.get(reverse("payouts:callback-call", args=[call.public_id])).text
    assert "&lt;b&gt;broken&lt;/b&gt;" in page
    assert f"GET {receiver.url}/in?id=test" in page
    client.post(reverse("payouts:callback-again", args=[call.public_id]))
    receiver.answers(200)
    sending.pump()
    call.refresh_from_db()
    assert (call.status, len(call.history)) == ("sent", 2)


def test_it_switches_off_renews_and_removes(market: Market) -> None:
    client = sign_in(market)
    postback = add(client, "https://tracker.example/in")
    client.post(reverse("payouts:callback-switch", args=[postback.public_id]), {"on": "0"})
    client.post(reverse("payouts:callback-renew-secret", args=[postback.public_id]))
    stored = PublisherPostback.objects.get()
    assert not stored.is_active
    assert (stored.former_secret, stored.secret != postback.secret) == (postback.secret, True)
    client.post(reverse("payouts:callback-remove", args=[postback.public_id]))
    assert "tracker.example" not in client.get(reverse("payouts:callback-list")).text.split("toast")[0]
