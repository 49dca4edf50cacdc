"""Mail to people, in their language, after the database transaction that caused it.

A mail is one text template `templates/mail/<name>.txt`: the first line is the subject; paragraphs follow, parted by
empty lines; a paragraph that is only an address becomes a button in the HTML part; one that is only a code stands out.
The text is rendered when it is sent, because codes and tokens are nowhere stored in the clear.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

from django.conf import settings
from django.db.models import Model
from django.template import Context
from django.template.loader import get_template
from django.utils import translation
from django.utils.translation import get_language_info

from network.models import Membership, Organization, User
from network.roles import Role
from network.tasks import send_mail

ADDRESS: Final = re.compile(r"https?://\S+")
CODE: Final = re.compile(r"[0-9A-Z-]{4,20}")


class OnOneLine:
    """A person or an organization in a mail: whatever they call themselves, it cannot pass for a line of the mail."""

    def __init__(self, named: Model) -> None:
        self._named = named

    def __str__(self) -> str:
        return " ".join(str(self._named).split())

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._named, name)
        return " ".join(found.split()) if isinstance(found, str) else found


@dataclass(frozen=True, slots=True)
class Paragraph:
    kind: Literal["text", "button", "code"]
    text: str


def send(template: str, to: User, **context: Any) -> None:
    """After commit, to the person's own address and in the person's language."""
    send_to(template, to.email, language=to.language, user=to, **context)


def send_to_owners(template: str, organization: Organization, **context: Any) -> None:
    owners = Membership.objects.filter(organization=organization, role=Role.OWNER).select_related("user")
    for owner in owners.order_by("id"):
        send(template, owner.user, organization=organization, **context)


def send_to(template: str, address: str, *, language: str, **context: Any) -> None:
    """After commit, to an address that need not be a user's."""
    with translation.override(language):
        subject, text, html = render(template, {"email": address, **context})
    send_mail.delay_on_commit(subject=subject, text=text, html=html, to=address)  # type: ignore[attr-defined]


def render(template: str, context: dict[str, Any]) -> tuple[str, str, str]:
    """Subject, text and HTML in the active language."""
    source = get_template(f"mail/{template}.txt").template  # type: ignore[attr-defined]
    named = {name: OnOneLine(value) if isinstance(value, Model) else value for name, value in context.items()}
    written = source.render(Context({"SITE_URL": settings.SITE_URL, **named}, autoescape=False)).strip()
    subject, _, body = written.partition("\n")
    blocks = [block.strip() for block in re.split(r"\n\s*\n", body.strip()) if block.strip()]
    language = translation.get_language() or "en"
    html = get_template("mail/layout.html").render(
        {
            "subject": subject.strip(),
            "paragraphs": list(_paragraphs(blocks)),
            "language": language,
            "direction": "rtl" if get_language_info(language)["bidi"] else "ltr",
            "start": "right" if get_language_info(language)["bidi"] else "left",
            "SITE_URL": settings.SITE_URL,
        }
    )
    signature = f"--\n{translation.gettext('Peyvand')}\n{settings.SITE_URL}"
    return subject.strip(), "\n\n".join([*blocks, signature]) + "\n", html


def _paragraphs(blocks: Iterable[str]) -> Iterable[Paragraph]:
    for block in blocks:
        if ADDRESS.fullmatch(block):
            yield Paragraph("button", block)
        elif CODE.fullmatch(block):
            yield Paragraph("code", block)
        else:
            yield Paragraph("text", block)
