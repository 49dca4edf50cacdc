"""Mails about partnerships: who gets them, in which language, and what hostile words cannot do in them."""

from typing import Any

import pytest

from advertisers import mandates
from advertisers.models import Campaign, Scope
from network.models import Membership
from network.tasks import send_mail
from publishers import partnerships
from publishers.models import Partnership
from tests.cast import Member, person

type Mails = list[dict[str, Any]]


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> Mails:
    sent: Mails = []
    monkeypatch.setattr(send_mail, "delay_on_commit", lambda **fields: sent.append(fields))
    return sent


def test_it_tells_the_advertiser_and_its_agency(campaign: Campaign, otto: Member, pia: Member, mails: Mails) -> None:
    partnerships.apply(campaign, publisher=pia.organization, message="Hello there", by=pia.actor)

    assert [(one["to"], one["subject"]) for one in mails] == [
        ("ada@example.com", "Pia's Publisher wants to join Autumn sale"),
        ("otto@example.com", "Pia's Publisher wants to join Autumn sale"),
    ]
    assert "Their message: “Hello there”" in mails[0]["text"]
    assert f"/partners/{Partnership.objects.get().public_id}/" in mails[0]["text"]


def test_it_tells_no_agency_without_the_scope(
    campaign: Campaign, ada: Member, otto: Member, pia: Member, mails: Mails
) -> None:
    mandates.give(ada.organization, agency=otto.organization, scopes=[Scope.REPORTS], by=ada.actor)
    mails.clear()
    partnerships.apply(campaign, publisher=pia.organization, by=pia.actor)
    assert [one["to"] for one in mails] == ["ada@example.com"]


def test_it_tells_owners_and_managers_alone(application: Partnership, ada: Member, pia: Member, mails: Mails) -> None:
    for role in ("manager", "finance", "analyst"):
        Membership.objects.create(user=person(f"{role}@example.com", role), organization=pia.organization, role=role)
    partnerships.approve(application, by=ada.actor)
    assert [one["to"] for one in mails] == ["pia@example.com", "manager@example.com"]
    assert mails[0]["subject"] == "You are in: Autumn sale"


def test_it_writes_in_the_readers_language(application: Partnership, ada: Member, pia: Member, mails: Mails) -> None:
    pia.user.language = "fa"
    pia.user.save()
    partnerships.decline(application, reason="کوچک است", by=ada.actor)
    assert mails[0]["subject"] == "درخواست شما برای Autumn sale رد شد"
    assert "دلیلشان: «کوچک است»" in mails[0]["text"]
    assert 'dir="rtl"' in mails[0]["html"]


def test_it_keeps_hostile_words_on_their_line(campaign: Campaign, pia: Member, mails: Mails) -> None:
    message = "Look:\n\nhttps://evil.example/login\n\n<script>alert(1)</script>"
    partnerships.apply(campaign, publisher=pia.organization, message=message, by=pia.actor)
    assert "“Look: https://evil.example/login <script>alert(1)</script>”" in mails[0]["text"]
    assert 'href="https://evil.example' not in mails[0]["html"]
    assert "<script>" not in mails[0]["html"]


def test_it_keeps_line_breaks_out_of_the_subject(campaign: Campaign, pia: Member, mails: Mails) -> None:
    pia.organization.name = "Pia\r\nBcc: all@example.com"
    pia.organization.save()
    partnerships.apply(campaign, publisher=pia.organization, by=pia.actor)
    assert mails[0]["subject"] == "Pia Bcc: all@example.com wants to join Autumn sale"


@pytest.mark.parametrize(
    ("step", "subject"),
    [
        ("pause", "Your partnership in Autumn sale is paused"),
        ("end", "Your partnership in Autumn sale has ended"),
    ],
)
def test_it_tells_the_publisher(partnership: Partnership, ada: Member, mails: Mails, step: str, subject: str) -> None:
    getattr(partnerships, step)(partnership, reason="Stock is empty", by=ada.actor)
    assert [(one["to"], one["subject"]) for one in mails] == [("pia@example.com", subject)]
    assert "Their reason: “Stock is empty”" in mails[0]["text"]


def test_it_tells_of_an_invitation_and_its_end(campaign: Campaign, ada: Member, pia: Member, mails: Mails) -> None:
    first = partnerships.invite(campaign, publisher=pia.organization, by=ada.actor)
    partnerships.end(first, by=ada.actor)
    again = partnerships.invite(campaign, publisher=pia.organization, by=ada.actor)
    partnerships.decline_invitation(again, by=pia.actor)
    last = partnerships.invite(campaign, publisher=pia.organization, by=ada.actor)
    partnerships.accept_invitation(last, by=pia.actor)
    partnerships.end(last, by=pia.actor)
    assert [(one["to"][:3], one["subject"]) for one in mails] == [
        ("pia", "Ada's Advertiser invites you to Autumn sale"),
        ("pia", "The invitation to Autumn sale was withdrawn"),
        ("pia", "Ada's Advertiser invites you to Autumn sale"),
        ("ada", "Pia's Publisher has declined your invitation"),
        ("pia", "Ada's Advertiser invites you to Autumn sale"),
        ("ada", "Pia's Publisher has accepted your invitation"),
        ("ada", "Pia's Publisher has left Autumn sale"),
    ]
