import pytest
from django.test import Client

from publishers import links, vanity
from publishers.models import Partnership, VanityName
from tests.cast import Member


def test_it_claims_a_name_in_small_letters(pia: Member) -> None:
    claimed = vanity.claim(pia.organization, name="@Pia.Walks", title=" Pia ", by=pia.actor)
    assert (claimed.name, claimed.title, str(claimed)) == ("pia.walks", "Pia", "@pia.walks")


@pytest.mark.parametrize("name", ["ab", "a" * 31, ".pia", "pia_", "pi a", "pia/x", "پیا", "pia..x", "рia"])
def test_it_refuses_names_that_cannot_be_typed(pia: Member, name: str) -> None:
    with pytest.raises(vanity.BadName):
        vanity.claim(pia.organization, name=name, by=pia.actor)
    assert not VanityName.objects.exists()


@pytest.mark.parametrize("name", ["admin", "Support", "peyvand"])
def test_it_keeps_the_networks_own_names(pia: Member, name: str) -> None:
    with pytest.raises(vanity.NameTaken):
        vanity.claim(pia.organization, name=name, by=pia.actor)


def test_a_name_is_once_in_the_network_for_ever(pia: Member, mallory: Member) -> None:
    mine = vanity.claim(pia.organization, name="walks", by=pia.actor)
    vanity.release(mine, by=pia.actor)
    with pytest.raises(vanity.NameTaken):
        vanity.claim(mallory.organization, name="WALKS", by=mallory.actor)
    again = vanity.claim(pia.organization, name="walks", by=pia.actor)
    assert (again, again.released_at) == (mine, None)


def test_it_puts_own_live_links_below_the_name(partnership: Partnership, pia: Member) -> None:
    claimed = vanity.claim(pia.organization, name="walks", by=pia.actor)
    link = links.grab(partnership, by=pia.actor)
    shown = vanity.add_link(claimed, link=link, slug="Shoes", by=pia.actor)
    assert (shown.slug, shown.label) == ("shoes", partnership.campaign.name)
    with pytest.raises(vanity.SlugTaken):
        vanity.add_link(claimed, link=links.grab(partnership, name="x", by=pia.actor), slug="shoes", by=pia.actor)
    retired = links.retire(links.grab(partnership, name="y", by=pia.actor), by=pia.actor)
    with pytest.raises(vanity.ForeignLink):
        vanity.add_link(claimed, link=retired, slug="y", by=pia.actor)
    vanity.remove_link(shown, by=pia.actor)
    assert not claimed.links.exists()


def test_it_works_on_its_pages(client: Client, partnership: Partnership, pia: Member) -> None:
    client.force_login(pia.user)
    link = links.grab(partnership, by=pia.actor)
    assert client.post("/names/claim/", {"name": "admin"}).status_code == 422
    assert client.post("/names/claim/", {"name": "walks"}).status_code == 302
    at = f"/names/{VanityName.objects.get().public_id}/"
    assert client.post(f"{at}links/add/", {"link": link.code, "slug": "shoes"}).status_code == 302
    assert client.post(f"{at}links/add/", {"link": link.code, "slug": "shoes"}).status_code == 422
    assert "/shoes" in client.get(at).content.decode()
    assert client.post(f"{at}edit/", {"title": "Walks", "about": "x"}).status_code == 302
    assert client.post(f"{at}links/shoes/remove/").status_code == 302
    assert client.post(f"{at}release/").status_code == 302
    assert client.get(at).status_code == 404
