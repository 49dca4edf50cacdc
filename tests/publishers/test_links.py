import pytest

from advertisers import creatives
from advertisers.models import Creative
from network.models import AuditEntry
from publishers import links, partnerships, profiles, properties
from publishers.models import Partnership, TrackingLink
from tests.cast import Member
from tests.publishers.conftest import running_campaign


def test_it_makes_a_link_to_the_landing_page(partnership: Partnership, pia: Member) -> None:
    link = links.grab(partnership, by=pia.actor)

    assert (link.creative, link.destination, link.subs, link.name) == (None, "", [], "")
    assert len(link.code) == 9
    entry = AuditEntry.objects.get(action="link.grabbed")
    assert (entry.subject, entry.detail) == (
        pia.organization,
        {"code": link.code, "destination": "", "channel": "website"},
    )


def test_it_makes_a_link_of_a_banner_with_labels(partnership: Partnership, pia: Member, banner: Creative) -> None:
    link = links.grab(
        partnership,
        creative=banner,
        destination="https://SHOP.example/shoes",
        subs=["blog", "", "top ", "", ""],
        name=" Shoes ",
        by=pia.actor,
    )

    assert (link.creative, link.destination) == (banner, "https://shop.example/shoes")
    assert (link.subs, link.name) == (["blog", "", "top"], "Shoes")


def test_it_gives_the_same_link_again(partnership: Partnership, pia: Member, banner: Creative) -> None:
    first = links.grab(partnership, creative=banner, subs=["a"], by=pia.actor)
    again = links.grab(partnership, creative=banner, subs=["a", "", ""], by=pia.actor)

    assert again == first
    assert TrackingLink.objects.count() == 1
    assert AuditEntry.objects.filter(action="link.grabbed").count() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"subs": ["b"]},
        {"subs": ["a", "b"]},
        {"name": "x"},
        {"destination": "https://shop.example/x"},
        {"creative": None},
        {"channel": "email"},
    ],
)
def test_it_makes_another_link_for_other_values(
    partnership: Partnership, pia: Member, banner: Creative, other: dict[str, object]
) -> None:
    values: dict[str, object] = {"creative": banner, "subs": ["a"]}
    first = links.grab(partnership, **values, by=pia.actor)  # type: ignore[arg-type]
    second = links.grab(partnership, **(values | other), by=pia.actor)  # type: ignore[arg-type]
    assert second.code != first.code


@pytest.mark.parametrize(
    ("kind", "channel"),
    [("coupon", "coupon"), ("blog", "website"), ("influencer", "influencer"), ("email", "email"), ("app", "app")],
)
def test_it_takes_the_channel_that_the_publisher_is(
    partnership: Partnership, pia: Member, kind: str, channel: str
) -> None:
    profiles.describe(pia.organization, kind=kind, description="", audience="", by=pia.actor)
    assert links.grab(partnership, by=pia.actor).channel == channel


def test_it_takes_the_channel_of_the_property_before_that(partnership: Partnership, pia: Member) -> None:
    profiles.describe(pia.organization, kind="blog", description="", audience="", by=pia.actor)
    letter = properties.add(pia.organization, kind="email", name="Letter", url="https://letter.example/", by=pia.actor)
    link = links.grab(partnership, shown_on=letter, by=pia.actor)
    assert (link.channel, link.shown_on) == ("email", letter)


def test_it_takes_the_channel_that_is_chosen(partnership: Partnership, pia: Member) -> None:
    assert links.grab(partnership, channel="native", by=pia.actor).channel == "native"


def test_it_refuses_an_unknown_channel(partnership: Partnership, pia: Member) -> None:
    with pytest.raises(links.UnknownChannel):
        links.grab(partnership, channel="television", by=pia.actor)
    assert not TrackingLink.objects.exists()


def test_it_retires_a_link_once(partnership: Partnership, pia: Member) -> None:
    link = links.grab(partnership, by=pia.actor)

    retired = links.retire(link, by=pia.actor)
    again = links.retire(link, by=pia.actor)

    assert retired.retired_at == again.retired_at is not None
    assert AuditEntry.objects.filter(action="link.retired").count() == 1


def test_it_makes_a_new_link_in_place_of_a_retired_one(partnership: Partnership, pia: Member) -> None:
    link = links.retire(links.grab(partnership, by=pia.actor), by=pia.actor)
    assert links.grab(partnership, by=pia.actor).code != link.code


@pytest.mark.parametrize(
    "destination", ["https://evil.example/", "https://shop.example.evil/", "https://www.shop.example/"]
)
def test_it_refuses_a_deep_link_elsewhere(partnership: Partnership, pia: Member, destination: str) -> None:
    with pytest.raises(links.DeepLinkElsewhere) as error:
        links.grab(partnership, destination=destination, by=pia.actor)
    assert error.value.field == "destination"
    assert not TrackingLink.objects.exists()


@pytest.mark.parametrize(
    "destination", ["//shop.example/", "javascript:alert(1)", "https://shop.example\\@evil.example/"]
)
def test_it_refuses_a_malformed_deep_link(partnership: Partnership, pia: Member, destination: str) -> None:
    with pytest.raises(links.BadDeepLink) as error:
        links.grab(partnership, destination=destination, by=pia.actor)
    assert error.value.field == "destination"
    assert not TrackingLink.objects.exists()


@pytest.mark.parametrize("label", ["a" * 257, "a\r\nSet-Cookie: b", "a\x00", "a\u2028b", "a\u202eb"])
def test_it_refuses_a_label_that_is_not_plain(partnership: Partnership, pia: Member, label: str) -> None:
    with pytest.raises(links.BadSubId) as error:
        links.grab(partnership, subs=["fine", label], by=pia.actor)
    assert error.value.field == "sub2"
    assert not TrackingLink.objects.exists()


@pytest.mark.parametrize("status", ["applied", "invited", "paused", "declined", "ended"])
def test_it_refuses_a_link_without_an_active_partnership(partnership: Partnership, pia: Member, status: str) -> None:
    Partnership.objects.update(status=status)
    with pytest.raises(links.NotAPartner):
        links.grab(partnership, by=pia.actor)
    assert not TrackingLink.objects.exists()


def test_it_refuses_a_retired_creative(partnership: Partnership, ada: Member, pia: Member, banner: Creative) -> None:
    banner = creatives.retire(banner, by=ada.actor)
    with pytest.raises(links.CreativeGone):
        links.grab(partnership, creative=banner, by=pia.actor)
    assert not TrackingLink.objects.exists()


def test_it_refuses_a_creative_of_another_campaign(ada: Member, pia: Member, partnership: Partnership) -> None:
    other = running_campaign(ada, "Other")
    foreign = creatives.add_text(other, name="Foreign", text="Foreign", by=ada.actor)
    with pytest.raises(links.CreativeGone):
        links.grab(partnership, creative=foreign, by=pia.actor)
    assert not TrackingLink.objects.exists()


def test_it_keeps_links_when_the_partnership_is_renewed(partnership: Partnership, ada: Member, pia: Member) -> None:
    link = links.grab(partnership, by=pia.actor)
    partnerships.end(partnership, by=ada.actor)
    renewed = partnerships.apply(partnership.campaign, publisher=pia.organization, by=pia.actor)
    partnerships.approve(renewed, by=ada.actor)
    assert links.grab(partnership, by=pia.actor) == link
