from unittest.mock import patch

import pytest
from django.core.mail import EmailMultiAlternatives
from django.db import transaction

from network import mail
from network.tasks import send_mail
from tests.cast import Member
from tests.network.conftest import Committing

REASON = "First line\nsecond line\n\n<b>bold</b> & more"


def declined(member: Member) -> None:
    mail.send_to_owners("organization_declined", member.organization, reason=REASON, url="https://site.example/x/")


def test_it_is_text_and_html_in_the_receivers_language(
    ada: Member, committing: Committing, outbox: list[EmailMultiAlternatives]
) -> None:
    ada.user.language = "fa"
    ada.user.save()
    with committing():
        declined(ada)
    message = outbox[0]
    html = str(message.alternatives[0][0])
    assert message.subject == "Ada's Advertiser تأیید نشد"
    assert message.to == ["ada@example.com"]
    assert REASON in str(message.body)
    assert str(message.body).endswith("--\nپیوند\nhttp://127.0.0.1:8000\n")
    assert '<html lang="fa" dir="rtl">' in html
    assert "First line<br>second line" in html
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; more" in html
    assert 'href="https://site.example/x/"' in html


def test_it_is_sent_only_when_its_cause_is_committed(
    ada: Member, committing: Committing, outbox: list[EmailMultiAlternatives]
) -> None:
    with committing(), transaction.atomic():
        declined(ada)
        transaction.set_rollback(True)
    assert outbox == []


def test_it_lets_no_name_break_the_headers(
    ada: Member, committing: Committing, outbox: list[EmailMultiAlternatives]
) -> None:
    ada.organization.name = "Evil\r\nBcc: everyone@example.com"
    with committing():
        declined(ada)
    assert outbox[0].subject == "Evil Bcc: everyone@example.com was not approved"
    assert outbox[0].recipients() == ["ada@example.com"]


def test_it_lets_no_name_pass_for_a_button(ada: Member) -> None:
    ada.organization.name = ada.user.name = "Ada\n\nhttps://evil.example/\n\n"
    context = {"organization": ada.organization, "inviter": ada.user, "url": "https://site.example/x/"}
    _subject, text, html = mail.render("invitation", context)
    assert 'href="https://evil' not in html
    assert "Ada https://evil.example/ invites you" in text


def test_it_is_tried_again_when_the_mail_server_is_away() -> None:
    with (
        patch.object(EmailMultiAlternatives, "send", side_effect=ConnectionRefusedError),
        patch.object(send_mail, "retry", side_effect=InterruptedError) as retry,
        pytest.raises(InterruptedError),
    ):
        send_mail(subject="s", text="t", html="h", to="ada@example.com")
    assert isinstance(retry.call_args.kwargs["exc"], ConnectionRefusedError)


def test_it_makes_buttons_of_addresses_and_shows_codes_large() -> None:
    _subject, _text, html = mail.render("email_confirmation", {"code": "ABC-123"})
    assert "letter-spacing:4px" in html
    assert "ABC-123" in html
