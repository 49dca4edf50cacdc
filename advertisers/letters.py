"""E-mail creatives: cleaned when they are saved, filled in when a publisher takes them.

Macros: `{link}` the publisher's tracking link, `{open_pixel}` the picture that counts an opened mail, `{unsubscribe}` the
address to unsubscribe at. `{recipient}` stays as it is inside them: the publisher's mailing program fills it in.
"""

import re
from typing import Final

import nh3
from django.db import transaction
from django.utils.html import escape, strip_tags
from django.utils.translation import gettext_lazy as _

from advertisers.creatives import open_campaign
from advertisers.models import Campaign, Creative, CreativeKind
from network import audit
from network.actors import Actor
from network.errors import DomainError

MAX_HTML: Final = 100_000  # Gmail cuts a mail off at 102 KB
LINK, OPEN_PIXEL, UNSUBSCRIBE = "{link}", "{open_pixel}", "{unsubscribe}"
MACROS: Final = (LINK, OPEN_PIXEL, UNSUBSCRIBE)
_MACRO: Final = re.compile(r"\{[A-Za-z_]{1,30}\}")
_STAND_IN: Final = "https://macro.invalid/"
TAGS: Final = frozenset(
    "a abbr b blockquote br caption center code col colgroup dd div dl dt em font h1 h2 h3 h4 h5 h6 hr i img li ol p pre"
    " q s small span strike strong sub sup table tbody td tfoot th thead tr tt u ul".split()
)
_EVERYWHERE: Final = {"style", "align", "valign", "width", "height", "bgcolor", "dir", "lang", "title", "role"}
ATTRIBUTES: Final = {
    "*": _EVERYWHERE,
    "a": {"href", "name"},
    "img": {"src", "alt", "border"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "font": {"color", "face", "size"},
    "col": {"span"},
}
STYLES: Final = frozenset(
    "background-color border border-bottom border-collapse border-color border-left border-radius border-right"
    " border-spacing border-style border-top border-width color direction display font font-family font-size font-style"
    " font-weight height letter-spacing line-height list-style-type margin margin-bottom margin-left margin-right"
    " margin-top max-width min-width padding padding-bottom padding-left padding-right padding-top text-align"
    " text-decoration text-transform vertical-align white-space width word-break".split()
)
"""Nothing that fetches (background-image), covers other things (position) or hides the way out."""


class LetterNeedsSubject(DomainError):
    code = "letter_needs_subject"
    message = _("Enter a subject on one line, of at most 150 characters.")


class LetterNeedsBody(DomainError):
    code = "letter_needs_body"
    message = _("Enter the HTML of the mail, at most 100,000 characters.")


class LetterLacksMacro(DomainError):
    code = "letter_lacks_macro"

    def __init__(self, macro: str) -> None:
        super().__init__(_("The mail must contain {macro}.").format(macro=macro), field="html")


@transaction.atomic
def add(
    campaign: Campaign, *, name: str, subject: str, html: str, preview: str = "", landing_url: str = "", by: Actor
) -> Creative:
    """`{link}` and `{unsubscribe}` must be in the body; the open pixel is put at its end when it is missing."""
    campaign = open_campaign(campaign)
    creative = Creative.objects.create(
        campaign=campaign,
        kind=CreativeKind.EMAIL,
        name=name.strip()[:120] or subject.strip()[:120],
        title=_line(subject),
        preview=preview.strip(),
        html=_body(html),
        landing_url=landing_url,
    )
    audit.record(by, "creative.added", creative, kind=creative.kind, campaign=campaign.public_id)
    return creative


def _line(subject: str) -> str:
    subject = subject.strip()
    if not subject or len(subject) > 150 or not subject.isprintable():
        raise LetterNeedsSubject(field="subject")
    return subject


def _body(html: str) -> str:
    if len(html) > MAX_HTML:
        raise LetterNeedsBody(field="html")
    body = cleaned(html)
    if not strip_tags(body).strip() and "<img" not in body:
        raise LetterNeedsBody(field="html")
    for macro in (LINK, UNSUBSCRIBE):
        if macro not in body:
            raise LetterLacksMacro(macro)
    return body if OPEN_PIXEL in body else body + OPEN_PIXEL


def cleaned(html: str) -> str:
    """Only what mail programs show anyway: no scripts, forms, frames, styles that fetch; addresses https or mailto.

    Macros in `href` survive: they stand for addresses while the cleaner looks.
    """
    marked = html.replace(LINK, f"{_STAND_IN}link").replace(UNSUBSCRIBE, f"{_STAND_IN}unsubscribe")
    clean = nh3.clean(
        marked,
        tags=set(TAGS),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        url_schemes={"https", "mailto"},
        filter_style_properties=set(STYLES),
        link_rel="noopener noreferrer sponsored",
        url_relative="deny",
        strip_comments=True,
    )
    return clean.replace(f"{_STAND_IN}link", LINK).replace(f"{_STAND_IN}unsubscribe", UNSUBSCRIBE)


def filled(creative: Creative, *, link: str, open_pixel: str, unsubscribe: str) -> str:
    """The body with the publisher's addresses; one pass, so nothing filled in is filled again. Unknown braces stay."""
    picture = f'<img src="{escape(open_pixel)}" width="1" height="1" alt="" style="display:block">'
    values = {LINK: str(escape(link)), OPEN_PIXEL: picture, UNSUBSCRIBE: str(escape(unsubscribe))}
    body = _MACRO.sub(lambda found: values.get(found[0], found[0]), creative.html)
    return _preheader(creative.preview) + body


def _preheader(preview: str) -> str:
    """What mail lists show beside the subject, invisible in the mail itself."""
    if not preview:
        return ""
    return f'<div style="display:none;max-height:0;overflow:hidden">{escape(preview)}</div>'
