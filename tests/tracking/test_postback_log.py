from datetime import datetime, timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from uuid_utils.compat import uuid7

from advertisers import mandates
from advertisers.models import Campaign, Scope
from publishers.models import TrackingLink
from tests.cast import Member
from tests.tracking.stage import click_id, process, refund, report
from tracking import outcomes, postbacks
from tracking.models import Postback
from tracking.outcomes import Outcome

LIST = reverse("tracking:postback-list")


@pytest.fixture
def ada_client(client: Client, ada: Member) -> Client:
    client.force_login(ada.user)
    return client


def text(client: Client, url: str = LIST, **query: str) -> str:
    response = client.get(url, query)
    assert response.status_code == 200
    return unescape(response.content.decode())


def rejected(campaign: Campaign, reason: str = "invalid_amount", *, at: datetime | None = None) -> Postback:
    """As the edge keeps a call that it refused."""
    at = at or timezone.now()
    return Postback.objects.create(
        id=uuid7(nanoseconds=int(at.timestamp() * 1000) * 10**6),
        campaign_id=campaign.pk,
        received_at=at,
        channel="server",
        method="GET",
        raw="order_id=<b>B-1</b>&amount=1,000&token=***",
        fields={"warnings": []},
        status_code=422,
        answer={"status": "rejected", "reason": reason, "message": "The edge's own words.", "field": "amount"},
        accepted=False,
    )


def test_it_says_what_was_done_with_a_call(ada_client: Client, campaign: Campaign, link: TrackingLink) -> None:
    process(report(campaign, "A-1", click_id=click_id(link)))
    page = text(ada_client)
    assert "A-1" in page
    assert "$50.00" in page
    assert "Recorded as a conversion and credited to the publisher of the click." in page


def test_it_says_why_nobody_earns_and_what_to_do(ada_client: Client, campaign: Campaign) -> None:
    process(report(campaign, "A-1", coupon="MAY"))
    page = text(ada_client)
    assert "Recorded, but nobody earns it: the call named no click." in page
    assert "Send the click id that came to your landing page in the address." in page


def test_it_says_the_same_in_persian(ada_client: Client, campaign: Campaign) -> None:
    process(report(campaign, "A-1", coupon="MAY"))
    ada_client.cookies["language"] = "fa"
    page = text(ada_client)
    assert "ثبت شد، ولی به کسی تعلق نمی‌گیرد" in page
    assert "شناسهٔ کلیک" in page


def test_it_tells_that_a_call_is_about_to_take_effect(ada_client: Client, campaign: Campaign) -> None:
    report(campaign, "A-1")
    assert "Accepted, and about to take effect." in text(ada_client)


def test_it_shows_rejected_calls_and_their_parameter(ada_client: Client, campaign: Campaign) -> None:
    rejected(campaign)
    page = text(ada_client, only="rejected")
    assert "Rejected: the amount is not a plain number." in page
    assert '<bdi dir="ltr">amount</bdi>' in page
    assert "No call fits" in text(ada_client, only="accepted")


def test_it_falls_back_on_the_edges_words(ada_client: Client, campaign: Campaign) -> None:
    rejected(campaign, "a_code_of_tomorrow")
    assert "The edge's own words." in text(ada_client)


def test_it_filters(ada_client: Client, campaign: Campaign, link: TrackingLink) -> None:
    process(report(campaign, "A-1", click_id=click_id(link)), refund(campaign, "A-2", 100), report(campaign, "A-3"))
    orders = {name for name in ("A-1", "A-2", "A-3") if name in text(ada_client, outcome="orphan_refund")}
    assert orders == {"A-2"}
    orders = {name for name in ("A-1", "A-2") if f">{name}<" in text(ada_client, order_id="A-1")}
    assert orders == {"A-1"}
    assert "A-3" in text(ada_client, campaign=campaign.public_id)
    assert "A-3" in text(ada_client, campaign="nonsense")  # not a choice: not a filter


def test_it_answers_htmx_with_the_list_alone(ada_client: Client, campaign: Campaign) -> None:
    report(campaign, "A-1")
    response = ada_client.get(LIST, headers={"hx-request": "true"})
    assert response.content.decode().strip().startswith('<div id="postbacks">')
    assert "HX-Request" in response["Vary"]


def test_it_turns_pages_without_losing_a_call(
    ada_client: Client, ada: Member, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postbacks, "PAGE", 3)
    now = timezone.now()
    for number in range(8):
        report(campaign, f"A-{number}", received_at=now + timedelta(seconds=number // 3))  # some at the same instant
    seen: list[str] = []
    before = ""
    for _ in range(3):
        rows, before = postbacks.log(ada.organization, postbacks.Filter(before=before))
        seen += [row.order_id for row in rows]
    assert before == ""
    assert sorted(seen) == [f"A-{number}" for number in range(8)]
    assert "Older" in text(ada_client)
    assert "A-7" in text(ada_client, before="nonsense")


def test_it_shows_one_call_as_it_came(ada_client: Client, campaign: Campaign) -> None:
    call = rejected(campaign)
    response = ada_client.get(reverse("tracking:postback-detail", args=[call.id]))
    page = response.content.decode()
    assert "order_id=&lt;b&gt;B-1&lt;/b&gt;&amp;amount=1,000&amp;token=***" in page
    assert 'dir="ltr"' in page
    assert "<b>B-1</b>" not in page
    assert "Write digits with a point for decimals" in page


class TestAccess:
    def test_it_hides_the_calls_of_others(self, client: Client, campaign: Campaign, mallory: Member) -> None:
        call = rejected(campaign)
        client.force_login(mallory.user)
        assert "B-1" not in text(client)
        assert client.get(reverse("tracking:postback-detail", args=[call.id])).status_code == 404
        assert client.get(reverse("tracking:postback-detail", args=[uuid4()])).status_code == 404

    def test_it_is_no_page_for_publishers(self, client: Client, pia: Member) -> None:
        client.force_login(pia.user)
        assert client.get(LIST).status_code == 403

    def test_it_opens_to_an_agency_by_its_mandate(
        self, client: Client, campaign: Campaign, ada: Member, otto: Member
    ) -> None:
        report(campaign, "A-1")
        client.force_login(otto.user)
        page = text(client)
        assert "A-1" in page
        assert "Ada's Advertiser" in page
        mandates.give(ada.organization, agency=otto.organization, scopes=[Scope.REPORTS], by=ada.actor)
        assert "A-1" not in text(client)

    def test_it_opens_to_the_network(self, client: Client, campaign: Campaign, nima: Member) -> None:
        report(campaign, "A-1")
        client.force_login(nima.user)
        assert "A-1" in text(client)


def test_it_explains_every_outcome() -> None:
    unexplained = set(Outcome) - outcomes.OUTCOMES.keys() - {Outcome.UNPAID, Outcome.HELD}
    assert unexplained == set()
    assert set(outcomes.LOOKS) == set(Outcome)
