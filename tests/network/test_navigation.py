import pytest
from django.test import Client

from network import access, navigation
from network.models import Kind, Membership
from tests.cast import Member


def labels(member: Member, view: str = "reporting:home") -> list[str]:
    membership = Membership.objects.get(user=member.user)
    return [str(link.label) for section in navigation.sections(membership, view) for link in section.links]


def lit(member: Member, view: str) -> list[str]:
    membership = Membership.objects.get(user=member.user)
    return [
        str(link.label) for section in navigation.sections(membership, view) for link in section.links if link.active
    ]


def test_it_shows_each_kind_its_own_pages(nima: Member, ada: Member, pia: Member, otto: Member) -> None:
    assert "Find campaigns" in labels(pia)
    assert "Publishers" not in labels(pia)
    assert "Publishers" in labels(ada)
    assert "Clients" in labels(otto)
    assert "Clients" not in labels(ada)
    assert "Organizations" in labels(nima)


def test_it_shows_only_what_the_role_may_open(pia: Member) -> None:
    assert "Balance" in labels(pia)
    Membership.objects.filter(user=pia.user).update(role="analyst")
    assert "Balance" not in labels(pia)
    assert "Conversions" in labels(pia)


@pytest.mark.parametrize(
    ("view", "label"),
    [
        ("advertisers:campaign-list", "Campaigns"),
        ("advertisers:campaign-detail", "Campaigns"),
        ("advertisers:plan-edit", "Campaigns"),
        ("publishers:partner-detail", "Publishers"),
        ("payouts:conversion-detail", "Conversions"),
        ("reporting:home", "Home"),
    ],
)
def test_it_lights_the_entry_of_the_page(ada: Member, view: str, label: str) -> None:
    assert lit(ada, view) == [label]


def test_it_lights_nothing_on_a_page_outside_the_menu(ada: Member) -> None:
    assert lit(ada, "account_email") == []


def test_it_marks_the_current_page_in_the_menu(client: Client, pia: Member) -> None:
    client.force_login(pia.user)
    html = client.get("/members/").content.decode()
    assert 'class="app-nav-link active" href="/organization/" aria-current="page"' in html
    assert 'class="nav-link active" href="/members/" aria-current="page"' in html


def test_every_entry_leads_to_a_page_that_says_who_may_open_it() -> None:
    for _label, entries in navigation.MENU:
        for entry in (page for item in entries for page in item.pages):
            found: access.Access = navigation.access_of(entry.url)
            assert found.kinds & entry.kinds, f"nobody sees {entry.url}"
            assert found.kinds <= set(Kind)


def test_a_menu_stays_short_enough_for_a_small_screen(nima: Member, ada: Member, pia: Member, otto: Member) -> None:
    for member in (nima, ada, pia, otto):
        assert len(labels(member)) <= 14


def test_pages_of_one_task_share_a_line_and_are_tabs_of_each_other(ada: Member, pia: Member) -> None:
    buyer, publisher = (Membership.objects.get(user=who.user) for who in (ada, pia))
    tabs = navigation.tabs(buyer, "tracking:file-list")
    assert [str(tab.label) for tab in tabs][:2] == ["Postback log", "Files"]
    assert [str(tab.label) for tab in tabs if tab.active] == ["Files"]
    assert lit(ada, "tracking:file-detail") == ["Data exchange"]
    assert navigation.tabs(buyer, "tracking:file-detail") == []
    assert [str(tab.label) for tab in navigation.tabs(publisher, "reporting:breakdown")] == [
        "Performance",
        "Diverted traffic",
    ]


def test_a_member_who_may_open_one_page_of_a_task_sees_its_name(pia: Member) -> None:
    assert {"Organization", "Members"} & set(labels(pia)) == {"Organization"}
    Membership.objects.filter(user=pia.user).update(role="analyst")
    assert navigation.tabs(Membership.objects.get(user=pia.user), "network:organization-settings") == []
