"""Ids of other systems: read, shown, taken in; old links get their links."""

import pytest
from django.test import Client

from advertisers import campaigns
from network.models import AuditEntry
from publishers.models import Partnership, TrackingLink
from tests.cast import Member
from tracking import foreign_ids
from tracking.models import ForeignId

pytestmark = pytest.mark.django_db


def errors(table: str, by: object) -> list[str]:
    return [str(row.error) for row in foreign_ids.read(table, by=by)]  # type: ignore[arg-type]


def test_it_takes_in_campaign_and_publisher_and_connects_the_two(nima: Member, partnership: Partnership) -> None:
    campaign, publisher = partnership.campaign, partnership.publisher
    table = f"system;kind;id;ours\ntune;campaign;1001;{campaign.public_id}\nTUNE;publisher;2002;{publisher.public_id}\n"
    rows = foreign_ids.read("\ufeff" + table, by=nima.actor)
    assert [row.error for row in rows] == ["", ""]
    assert foreign_ids.take_in(rows, by=nima.actor) == 2
    pair = ForeignId.objects.get(kind="link")
    assert pair.foreign_id == f"{campaign.public_id}|2002"
    assert pair.link
    assert pair.link.partnership == partnership
    assert AuditEntry.objects.filter(action="foreign_ids.imported").count() == 1
    assert foreign_ids.connect(["tune"], by=nima.actor) == 0


def test_each_bad_row_says_why(nima: Member, partnership: Partnership) -> None:
    ours = partnership.campaign.public_id
    table = "\n".join(
        [
            f"voila,campaign,1,{ours}",
            f"tune,offer,1,{ours}",
            f"tune,campaign,,{ours}",
            "tune,campaign,1,nothing",
            f"tune,campaign,1,{ours},yes,not-an-address",
            f"tune,campaign,2,{ours}",
            f"tune,campaign,2,{ours}",
        ]
    )
    found = errors(table, nima.actor)
    assert [bool(text) for text in found] == [True, True, True, True, True, False, True]
    assert len(set(found)) == 7


def test_an_agency_takes_in_ids_of_its_clients_campaigns_only(
    otto: Member, mallory: Member, partnership: Partnership
) -> None:
    ours = partnership.campaign.public_id
    table = f"tune,campaign,1,{ours}\ntune,publisher,2,{partnership.publisher.public_id}\ntune,campaign,3,{ours},yes"
    assert [bool(text) for text in errors(table, otto.actor)] == [False, True, True]
    assert all(errors(table, mallory.actor))


def test_what_stands_for_something_of_others_is_not_replaced(
    nima: Member, otto: Member, partnership: Partnership
) -> None:
    ours = partnership.campaign.public_id
    foreign_ids.take_in(
        foreign_ids.read(f"tune,publisher,7,{partnership.publisher.public_id}", by=nima.actor), by=nima.actor
    )
    rows = foreign_ids.read(f"tune,campaign,7,{ours}", by=otto.actor)
    assert (rows[0].error, rows[0].is_new) == ("", True)
    foreign_ids.take_in(rows, by=otto.actor)
    again = foreign_ids.read(f"tune,campaign,7,{ours}", by=nima.actor)
    assert (again[0].error, again[0].is_new) == ("", False)


def test_nobody_takes_the_links_of_others_campaigns(
    nima: Member, mallory: Member, partnership: Partnership, pia: Member
) -> None:
    """The name of a pair, "campaign|publisher", is that campaign's own, also before the pair is there."""
    theirs = campaigns.create(
        mallory.organization,
        name="Mallory's",
        objective="sales",
        landing_url="https://mallory.example/",
        currency="USD",
        by=mallory.actor,
    )
    joined = Partnership.objects.create(campaign=theirs, publisher=pia.organization, status="active")
    link = TrackingLink.objects.create(partnership=joined)
    rows = foreign_ids.read(f"tune,link,{partnership.campaign.public_id}|2002,{link.code}", by=mallory.actor)
    assert rows[0].error
    own = foreign_ids.read(f"tune,link,{theirs.public_id}|2002,{link.code}", by=mallory.actor)
    assert not own[0].error
    plain = foreign_ids.read(f"tune,link,77|2002,{link.code}", by=mallory.actor)
    assert not plain[0].error


def test_staff_may_let_a_campaign_take_reports_without_a_token(nima: Member, partnership: Partnership) -> None:
    table = f"tune,campaign,1,{partnership.campaign.public_id},yes,203.0.113.7 198.51.100.0/24"
    foreign_ids.take_in(foreign_ids.read(table, by=nima.actor), by=nima.actor)
    kept = ForeignId.objects.get()
    assert (kept.accepts_unsigned, kept.allowed_ips) == (True, ["203.0.113.7/32", "198.51.100.0/24"])


def test_the_page_shows_the_rows_before_it_takes_them_in(
    nima: Member, partnership: Partnership, client: Client
) -> None:
    client.force_login(nima.user)
    table = f"tune,campaign,1001,{partnership.campaign.public_id}\ntune,campaign,1002,nothing"
    shown = client.post("/foreign-ids/import/", {"table": table})
    assert shown.status_code == 200
    assert (shown.context["good"], shown.context["bad"]) == (1, 1)
    assert not ForeignId.objects.exists()
    done = client.post("/foreign-ids/import/", {"table": table, "confirm": "1"})
    assert done.status_code == 302
    listed = client.get("/foreign-ids/")
    assert "1001" in listed.content.decode()
    client.post(f"/foreign-ids/{ForeignId.objects.get().pk}/forget/")
    assert not ForeignId.objects.exists()


def test_two_accounts_of_one_system_keep_their_own_numbers(nima: Member, partnership: Partnership) -> None:
    ours, publisher = partnership.campaign.public_id, partnership.publisher.public_id
    other = campaigns.create(
        partnership.campaign.advertiser,
        name="Second",
        objective="sales",
        landing_url="https://second.example/",
        currency="USD",
        by=nima.actor,
    )
    Partnership.objects.create(campaign=other, publisher=partnership.publisher, status="active")
    first = foreign_ids.read(
        f"tune,campaign,5,{ours}\ntune,publisher,7,{publisher}", account="One.Example", by=nima.actor
    )
    assert [(row.error, row.account, row.others) for row in first] == [("", "one.example", [])] * 2
    foreign_ids.take_in(first, by=nima.actor)
    table = (
        f"tune,campaign,5,{other.public_id},,,two\ntune,publisher,7,{publisher},,,two\ntune,campaign,6,{ours},,,no good"
    )
    second = foreign_ids.read(table, by=nima.actor)
    assert [(bool(row.error), row.is_new, row.others) for row in second] == [
        (False, True, ["one.example"]),
        (False, True, ["one.example"]),
        (True, True, []),
    ]
    foreign_ids.take_in(second, by=nima.actor)
    assert set(ForeignId.objects.filter(kind="link").values_list("account", "foreign_id", "campaign__name")) == {
        ("one.example", f"{ours}|7", partnership.campaign.name),
        ("two", f"{other.public_id}|7", "Second"),
    }


def test_pages_say_that_an_id_stands_in_several_accounts(
    nima: Member, partnership: Partnership, client: Client
) -> None:
    client.force_login(nima.user)
    row = f"tune,campaign,5,{partnership.campaign.public_id}"
    client.post("/foreign-ids/import/", {"table": row, "account": "one", "confirm": "1"})
    shown = client.post("/foreign-ids/import/", {"table": row, "account": "two"})
    assert "Also in another account" in shown.content.decode()
    client.post("/foreign-ids/import/", {"table": row, "account": "two", "confirm": "1"})
    assert client.get("/foreign-ids/").content.decode().count("Also in another account") == 2
    assert len(client.get("/foreign-ids/?account=one").context["rows"]) == 1


@pytest.mark.parametrize(
    "text",
    [
        "\ufefftune,campaign,1001,{}",
        "system;kind;foreign_id;ours\r\ntune;campaign;1001;{}\n\r\n",
        "tune\tcampaign\t1001\t{}\r\n",
        '"tune","campaign","1001","{}"',
        " Tune , Campaign , 1001 , {} ",
    ],
)
def test_b53_tables_as_spreadsheets_write_them_are_read(nima: Member, partnership: Partnership, text: str) -> None:
    [row] = foreign_ids.read(text.format(partnership.campaign.public_id), by=nima.actor)
    assert (row.error, row.id, row.target) == ("", ("tune", "campaign", "1001"), partnership.campaign)


@pytest.mark.parametrize("text", ["\x00", '"', "=cmd|' /C calc'!A0", "," * 5_000, "a\u202eb,c,d", '"a\nb",c'])
def test_b53_what_is_no_table_is_refused_or_says_why(nima: Member, text: str) -> None:
    try:
        rows = foreign_ids.read(text, by=nima.actor)
    except foreign_ids.NothingToTakeIn:
        return
    assert all(row.error for row in rows)
