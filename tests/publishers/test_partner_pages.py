"""The pages of those who look after a campaign's publishers."""

import pytest

from advertisers import mandates
from advertisers.models import Campaign, Scope
from network.models import Kind, Organization
from publishers import partnerships, profiles, properties, selectors
from publishers.models import Partnership
from tests.cast import Member, member
from tests.publishers.conftest import draft_campaign, running_campaign
from tests.publishers.test_pages import signed_in, text_of


@pytest.fixture
def petra(nima: Member) -> Member:
    """Petra, another publisher."""
    return member("Petra", Kind.PUBLISHER, nima, website="https://petra.example/")


def test_it_lists_applications_first(partnership: Partnership, petra: Member, ada: Member) -> None:
    partnerships.apply(partnership.campaign, publisher=petra.organization, message="Me too", by=petra.actor)
    page = text_of(signed_in(ada), "/partners/")
    assert page.index("Petra&#x27;s Publisher</a>") < page.index("Pia&#x27;s Publisher</a>")
    assert "Me too" in page


def test_it_shows_clients_to_an_agency_alone(application: Partnership, ada: Member, otto: Member) -> None:
    assert "<th>Client</th>" in text_of(signed_in(otto), "/partners/")
    assert "<th>Client</th>" not in text_of(signed_in(ada), "/partners/")


@pytest.mark.parametrize(
    ("query", "found"), [("q=pia", True), ("q=petra", False), ("status=applied", True), ("status=active", False)]
)
def test_it_filters(application: Partnership, ada: Member, query: str, *, found: bool) -> None:
    page = text_of(signed_in(ada), f"/partners/?{query}")
    assert ("Pia&#x27;s Publisher</a>" in page) == found


def test_it_filters_by_campaign(application: Partnership, ada: Member) -> None:
    other, client = running_campaign(ada, "Other"), signed_in(ada)
    assert "Pia&#x27;s Publisher</a>" in text_of(client, f"/partners/?campaign={application.campaign.public_id}")
    assert "Pia&#x27;s Publisher</a>" not in text_of(client, f"/partners/?campaign={other.public_id}")


def test_it_shows_the_publisher(application: Partnership, otto: Member, pia: Member) -> None:
    profiles.describe(pia.organization, kind="blog", description="Shoes since 1999", audience="Runners", by=pia.actor)
    properties.add(
        pia.organization,
        kind="blog",
        name="Shoe blog",
        url="https://shoes.example/",
        monthly_visitors=1200,
        by=pia.actor,
    )
    page = text_of(signed_in(otto), f"/partners/{application.public_id}/")
    for expected in (
        "Shoes since 1999",
        "Runners",
        "Shoe blog",
        "https://shoes.example/",
        "1,200",
        "I write about shoes.",
    ):
        assert expected in page


def test_it_does_not_name_people(application: Partnership, ada: Member, pia: Member) -> None:
    assert pia.user.email not in text_of(signed_in(ada), f"/partners/{application.public_id}/")


def test_it_approves(application: Partnership, otto: Member) -> None:
    signed_in(otto).post(f"/partners/{application.public_id}/approve/")
    application.refresh_from_db()
    assert (application.status, application.decided_by) == ("active", otto.organization)


def test_it_declines_with_a_reason(application: Partnership, ada: Member) -> None:
    signed_in(ada).post(f"/partners/{application.public_id}/decline/", {"reason": "Too small"})
    application.refresh_from_db()
    assert (application.status, application.reason) == ("declined", "Too small")


def test_it_asks_for_the_reason_beside_the_field(application: Partnership, ada: Member) -> None:
    response = signed_in(ada).post(f"/partners/{application.public_id}/decline/", {"reason": " "})
    assert response.status_code == 422
    assert "Give a reason: the publisher will read it." in response.content.decode()
    application.refresh_from_db()
    assert application.status == "applied"


def test_it_pauses_resumes_and_ends(partnership: Partnership, ada: Member) -> None:
    client, seen = signed_in(ada), []
    for step in ("pause", "resume", "end"):
        client.post(f"/partners/{partnership.public_id}/{step}/", {"reason": "Because"})
        partnership.refresh_from_db()
        seen.append((partnership.status, partnership.reason))
    assert seen == [("paused", "Because"), ("active", ""), ("ended", "Because")]


def test_it_tells_that_a_step_came_too_late(partnership: Partnership, ada: Member) -> None:
    client = signed_in(ada)
    response = client.post(f"/partners/{partnership.public_id}/decline/", {"reason": "Too small"})
    assert "no longer waits for a decision" in text_of(client, response["Location"])


@pytest.mark.parametrize(("decision", "status"), [("approve", "active"), ("decline", "declined")])
def test_it_decides_many_at_once(
    application: Partnership, petra: Member, ada: Member, decision: str, status: str
) -> None:
    other = partnerships.apply(application.campaign, publisher=petra.organization, by=petra.actor)
    values = {"partnership": [application.public_id, other.public_id], "decision": decision, "reason": "All of you"}

    signed_in(ada).post("/partners/decide/", values)

    assert list(Partnership.objects.values_list("status", flat=True)) == [status, status]


def test_it_declines_nobody_without_a_reason(application: Partnership, ada: Member) -> None:
    client = signed_in(ada)
    client.post("/partners/decide/", {"partnership": [application.public_id], "decision": "decline"})
    application.refresh_from_db()
    assert application.status == "applied"
    assert "Give a reason" in text_of(client, "/partners/")


def test_it_decides_only_applications_of_its_own(application: Partnership, mallory: Member) -> None:
    signed_in(mallory).post("/partners/decide/", {"partnership": [application.public_id], "decision": "approve"})
    application.refresh_from_db()
    assert application.status == "applied"


def test_it_invites(campaign: Campaign, petra: Member, otto: Member) -> None:
    profiles.describe(petra.organization, kind="blog", description="Private words", audience="Runners", by=petra.actor)
    client = signed_in(otto)
    page = text_of(client, f"/partners/invite/?campaign={campaign.public_id}&q=petra")
    assert "Petra&#x27;s Publisher" in page
    assert "https://petra.example/" in page
    assert "Blog" in page
    for hidden in ("Private words", "Runners", petra.user.email):
        assert hidden not in page

    values = {"campaign": campaign.public_id, "publisher": petra.organization.public_id, "message": "Join us"}
    response = client.post("/partners/invite/", values)

    invited = Partnership.objects.get()
    assert (invited.status, invited.message, invited.publisher) == ("invited", "Join us", petra.organization)
    assert "Petra&#x27;s Publisher</div>" not in text_of(client, response["Location"])


def test_it_invites_only_into_campaigns_of_its_own(campaign: Campaign, petra: Member, mallory: Member) -> None:
    values = {"campaign": campaign.public_id, "publisher": petra.organization.public_id}
    assert signed_in(mallory).post("/partners/invite/", values).status_code == 404
    assert not Partnership.objects.exists()


def test_it_invites_only_publishers(campaign: Campaign, mallory: Member, ada: Member) -> None:
    values = {"campaign": campaign.public_id, "publisher": mallory.organization.public_id}
    assert signed_in(ada).post("/partners/invite/", values).status_code == 404
    assert not Partnership.objects.exists()


def test_it_offers_no_campaign_that_has_not_begun(ada: Member) -> None:
    draft_campaign(ada)
    assert "No campaign takes publishers" in text_of(signed_in(ada), "/partners/invite/")


def test_it_closes_when_the_mandate_ends(application: Partnership, ada: Member, otto: Member) -> None:
    client, url = signed_in(otto), f"/partners/{application.public_id}/"
    assert client.get(url).status_code == 200
    mandates.give(ada.organization, agency=otto.organization, scopes=[Scope.REPORTS], by=ada.actor)
    assert client.get(url).status_code == 404
    assert client.post(f"{url}approve/").status_code == 404
    application.refresh_from_db()
    assert application.status == "applied"


def waiting(organization: Organization) -> list[Partnership]:
    return list(selectors.applications_waiting(organization))


def test_it_hands_applications_to_the_work_queue(
    application: Partnership, petra: Member, *, ada: Member, otto: Member, nima: Member, mallory: Member, pia: Member
) -> None:
    second = partnerships.apply(application.campaign, publisher=petra.organization, by=petra.actor)
    for deciding in (ada, otto, nima):
        assert waiting(deciding.organization) == [application, second]
    for other in (mallory, pia):
        assert waiting(other.organization) == []
    assert selectors.counts(otto.organization) == {
        "applied": 2, "invited": 0, "active": 0, "paused": 0, "declined": 0, "ended": 0,
    }  # fmt: skip
