"""E-mails of advertisers: cleaned when saved, filled in when taken."""

import pytest

from advertisers import letters
from advertisers.models import Campaign, Creative
from tests.cast import Member
from tests.publishers.conftest import campaign

__all__ = ["campaign"]
BODY = '<p><a href="{link}">Shoes</a></p><p><a href="{unsubscribe}">No more mails</a></p>'


def add(campaign: Campaign, ada: Member, html: str, subject: str = "New shoes") -> Creative:
    return letters.add(campaign, name="", subject=subject, html=html, preview="For autumn <3", by=ada.actor)


def test_it_fills_each_macro_once(campaign: Campaign, ada: Member) -> None:
    letter = add(campaign, ada, BODY)
    html = letters.filled(
        letter, link="https://t/c/1?r={open_pixel}&a=b", open_pixel="https://t/o", unsubscribe="https://t/u"
    )
    assert 'href="https://t/c/1?r={open_pixel}&amp;a=b"' in html
    assert 'href="https://t/u"' in html
    assert html.count('<img src="https://t/o"') == 1
    assert "For autumn &lt;3" in html


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        '<a href="javascript:alert(1)">x</a>',
        '<iframe src="https://evil.example"></iframe>',
        '<form action="https://evil.example"><input></form>',
        '<meta http-equiv="refresh" content="0;url=https://evil.example">',
        '<base href="https://evil.example/">',
        "<style>@import 'https://evil.example'</style>",
        '<p style="background-image:url(https://evil.example)">x</p>',
        '<a href="//evil.example">x</a>',
        '<svg><animate href="javascript:alert(1)"/></svg>',
        "<!-- evil.example -->",
    ],
)
def test_it_takes_out_what_acts(campaign: Campaign, ada: Member, evil: str) -> None:
    html = add(campaign, ada, evil + BODY).html
    shown = html.replace("&lt;", "").replace("&gt;", "")
    for word in (
        "alert(1)</",
        "javascript:",
        "evil.example",
        "<script",
        "<iframe",
        "<form",
        "<meta",
        "<base",
        "<style",
        "<svg",
    ):
        assert word not in shown
    assert " onerror=" not in html
    assert letters.LINK in html
    assert letters.UNSUBSCRIBE in html


def test_it_refuses_what_hides_its_own_body(campaign: Campaign, ada: Member) -> None:
    """Mutation XSS: read one way by the cleaner, another by a browser."""
    evil = '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">'
    with pytest.raises(letters.LetterNeedsBody):
        add(campaign, ada, evil + BODY)


@pytest.mark.parametrize("html", ['<a href="{link}">x</a>', '<a href="{unsubscribe}">x</a>'])
def test_it_demands_the_way_there_and_the_way_out(campaign: Campaign, ada: Member, html: str) -> None:
    with pytest.raises(letters.LetterLacksMacro):
        add(campaign, ada, html)
    assert not Creative.objects.exists()


@pytest.mark.parametrize("subject", ["", "a\r\nBcc: b@example.com", "a" * 151])
def test_it_refuses_a_subject_that_is_not_one_line(campaign: Campaign, ada: Member, subject: str) -> None:
    with pytest.raises(letters.LetterNeedsSubject):
        add(campaign, ada, BODY, subject)
