import html
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.utils.safestring import SafeData
from pytest_django import Settings

from advertisers import creatives
from advertisers.models import Creative
from publishers import links, urls_out
from publishers.models import Partnership, TrackingLink
from tests.cast import Member
from tests.publishers.conftest import png

HOSTILE = """"><script>alert('1')</script>&amp;<img src=x onerror=alert(1)>"""


class Elements(HTMLParser):
    """All start tags with their attributes, and the text between."""

    def __init__(self, code: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(code)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(autouse=True)
def _addresses(settings: Settings) -> None:
    settings.TRACKING_URL = "https://t.example"
    settings.SITE_URL = "https://network.example"


def test_it_writes_a_banners_code(partnership: Partnership, pia: Member, banner: Creative) -> None:
    link = links.grab(partnership, creative=banner, subs=["blog", "", "top"], by=pia.actor)
    assert banner.image
    src = f"https://network.example{banner.image.path}"

    assert urls_out.embed_code(link, banner) == (
        f'<a href="https://t.example/c/{link.code}?sub1=blog&amp;sub3=top" rel="sponsored noopener" target="_blank">'
        f'<img src="{src}" width="300" height="250" alt="Autumn"></a>'
        f'<img src="https://t.example/i/{link.code}.gif?sub1=blog&amp;sub3=top" width="1" height="1" alt=""'
        ' loading="eager" referrerpolicy="no-referrer-when-downgrade">'
    )


def test_it_writes_a_texts_code(partnership: Partnership, pia: Member, text: Creative) -> None:
    link = links.grab(partnership, creative=text, by=pia.actor)

    code = Elements(urls_out.embed_code(link, text))

    assert code.text == "Shoes for autumn"
    assert [(tag, attributes.get("href") or attributes.get("src")) for tag, attributes in code.tags] == [
        ("a", f"https://t.example/c/{link.code}"),
        ("img", f"https://t.example/i/{link.code}.gif"),
    ]


def test_it_escapes_hostile_names(partnership: Partnership, ada: Member, pia: Member) -> None:
    banner = creatives.add_banner(partnership.campaign, name=HOSTILE, data=png(300, 250), by=ada.actor)
    text = creatives.add_text(partnership.campaign, name="x", text=HOSTILE, by=ada.actor)

    shown = Elements(urls_out.embed_code(links.grab(partnership, creative=banner, by=pia.actor), banner))
    written = Elements(urls_out.embed_code(links.grab(partnership, creative=text, by=pia.actor), text))

    assert [tag for tag, _ in shown.tags] == ["a", "img", "img"]
    assert shown.tags[1][1]["alt"] == HOSTILE
    assert [tag for tag, _ in written.tags] == ["a", "img"]
    assert written.text == HOSTILE


@pytest.mark.parametrize("label", ["a&payout=1", "a#b", "a%26payout=1", "{click_id}", "ک ی", HOSTILE, "a+b=c;d/e?f"])
def test_it_encodes_a_label_once(partnership: Partnership, pia: Member, label: str) -> None:
    link = links.grab(partnership, subs=[label, "second"], by=pia.actor)

    parts = urlsplit(urls_out.click_url(link))

    assert parse_qsl(parts.query) == [("sub1", label), ("sub2", "second")]
    assert (parts.path, parts.fragment) == (f"/c/{link.code}", "")
    assert urls_out.click_url(link).isascii()


def test_it_is_plain_text_so_that_pages_escape_it(partnership: Partnership, pia: Member, banner: Creative) -> None:
    code = urls_out.takeaway(links.grab(partnership, creative=banner, by=pia.actor)).code
    assert not isinstance(code, SafeData)
    assert html.escape(code) != code


def test_it_has_no_code_for_a_link_alone(partnership: Partnership, pia: Member) -> None:
    link = links.grab(partnership, by=pia.actor)
    taken = urls_out.takeaway(link)
    assert (taken.url, taken.code) == (f"https://t.example/c/{link.code}", "")


def test_it_draws_a_qr_code(partnership: Partnership, pia: Member) -> None:
    link: TrackingLink = links.grab(partnership, by=pia.actor)
    assert urls_out.qr_png(link).startswith(b"\x89PNG\r\n\x1a\n")
