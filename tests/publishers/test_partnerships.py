from collections.abc import Callable
from typing import Any

import pytest

from advertisers import campaigns
from advertisers.models import Campaign
from network.errors import DomainError
from network.models import AuditEntry
from publishers import partnerships
from publishers.models import Partnership
from tests.cast import Member


def audited(partnership: Partnership) -> list[str]:
    entries = AuditEntry.objects.filter(object_type="partnership", object_id=partnership.public_id)
    return list(entries.order_by("id").values_list("action", flat=True))


def test_it_applies(campaign: Campaign, pia: Member) -> None:
    partnership = partnerships.apply(campaign, publisher=pia.organization, message="Hello", by=pia.actor)

    assert (partnership.status, partnership.message, partnership.decided_at) == ("applied", "Hello", None)
    entry = AuditEntry.objects.get(action="partnership.applied")
    assert (entry.subject, entry.organization, entry.user) == (pia.organization, pia.organization, pia.user)
    assert entry.detail == {"campaign": campaign.public_id}


def test_it_approves(application: Partnership, otto: Member) -> None:
    partnership = partnerships.approve(application, by=otto.actor)

    assert (partnership.status, partnership.decided_by) == ("active", otto.organization)
    assert partnership.decided_at is not None
    assert audited(partnership) == ["partnership.applied", "partnership.approved"]
    entry = AuditEntry.objects.get(action="partnership.approved")
    assert (entry.subject, entry.organization) == (application.publisher, otto.organization)


def test_it_declines_with_a_reason(application: Partnership, ada: Member) -> None:
    partnership = partnerships.decline(application, reason=" Too small. ", by=ada.actor)

    assert (partnership.status, partnership.reason) == ("declined", "Too small.")
    assert AuditEntry.objects.get(action="partnership.declined").detail == {"reason": " Too small. "}


def test_it_applies_again_after_a_decline(application: Partnership, ada: Member, pia: Member) -> None:
    partnerships.decline(application, reason="Too small.", by=ada.actor)

    again = partnerships.apply(application.campaign, publisher=pia.organization, message="I have grown.", by=pia.actor)

    assert again.pk == application.pk
    assert (again.status, again.message, again.reason, again.decided_by) == ("applied", "I have grown.", "", None)
    assert again.applied_at > application.applied_at
    assert Partnership.objects.count() == 1


def test_it_pauses_resumes_and_ends(partnership: Partnership, ada: Member) -> None:
    assert partnerships.pause(partnership, reason="Stock is empty.", by=ada.actor).status == "paused"
    assert partnerships.resume(partnership, by=ada.actor).reason == ""
    assert partnerships.end(partnership, by=ada.actor).status == "ended"
    assert audited(partnership)[2:] == ["partnership.paused", "partnership.resumed", "partnership.ended"]


def test_it_invites_and_is_accepted(campaign: Campaign, ada: Member, pia: Member) -> None:
    invited = partnerships.invite(campaign, publisher=pia.organization, message="Join us", by=ada.actor)
    assert invited.status == "invited"

    accepted = partnerships.accept_invitation(invited, by=pia.actor)

    assert (accepted.status, accepted.decided_by) == ("active", pia.organization)
    assert audited(accepted) == ["partnership.invited", "partnership.accepted"]


def test_it_invites_and_is_turned_down(campaign: Campaign, ada: Member, pia: Member) -> None:
    invited = partnerships.invite(campaign, publisher=pia.organization, by=ada.actor)

    declined = partnerships.decline_invitation(invited, by=pia.actor)

    assert declined.status == "declined"
    assert declined.was_turned_down_by_publisher


def test_it_ends_an_invitation(campaign: Campaign, ada: Member, pia: Member) -> None:
    invited = partnerships.invite(campaign, publisher=pia.organization, by=ada.actor)
    assert partnerships.end(invited, by=ada.actor).status == "ended"


STEPS: dict[str, tuple[Callable[..., Partnership], dict[str, Any], str]] = {
    "approve": (partnerships.approve, {}, "not_applied"),
    "decline": (partnerships.decline, {"reason": "No"}, "not_applied"),
    "accept": (partnerships.accept_invitation, {}, "not_invited"),
    "turn down": (partnerships.decline_invitation, {}, "not_invited"),
    "pause": (partnerships.pause, {}, "not_active"),
    "resume": (partnerships.resume, {}, "not_paused"),
    "end": (partnerships.end, {}, "not_under_way"),
}
FITTING = {
    "applied": {"approve", "decline"},
    "invited": {"accept", "turn down", "end"},
    "active": {"pause", "end"},
    "paused": {"resume", "end"},
    "declined": set(),
    "ended": set(),
}


@pytest.mark.parametrize("status", FITTING)
def test_it_refuses_a_step_that_does_not_fit(application: Partnership, ada: Member, status: str) -> None:
    Partnership.objects.filter(pk=application.pk).update(status=status)
    before = AuditEntry.objects.count()
    for name, (step, values, code) in STEPS.items():
        if name in FITTING[status]:
            continue
        with pytest.raises(DomainError) as error:
            step(application, **values, by=ada.actor)
        assert (name, error.value.code) == (name, code)
    application.refresh_from_db()
    assert (application.status, AuditEntry.objects.count()) == (status, before)


@pytest.mark.parametrize("status", ["applied", "invited", "active", "paused"])
def test_it_refuses_to_begin_twice(application: Partnership, ada: Member, pia: Member, status: str) -> None:
    Partnership.objects.filter(pk=application.pk).update(status=status)
    with pytest.raises(partnerships.AlreadyPartner):
        partnerships.apply(application.campaign, publisher=pia.organization, message="Again", by=pia.actor)
    with pytest.raises(partnerships.AlreadyPartner):
        partnerships.invite(application.campaign, publisher=pia.organization, by=ada.actor)
    application.refresh_from_db()
    assert (application.status, application.message) == (status, "I write about shoes.")


def test_it_refuses_a_decline_without_a_reason(application: Partnership, ada: Member) -> None:
    with pytest.raises(partnerships.ReasonMissing) as error:
        partnerships.decline(application, reason="  ", by=ada.actor)
    assert error.value.field == "reason"
    application.refresh_from_db()
    assert application.status == "applied"


def test_it_refuses_an_application_to_a_draft(ada: Member, pia: Member) -> None:
    draft = campaigns.create(
        ada.organization,
        name="Draft",
        objective="sales",
        landing_url="https://shop.example/",
        currency="USD",
        by=ada.actor,
    )
    with pytest.raises(partnerships.CampaignClosed):
        partnerships.apply(draft, publisher=pia.organization, by=pia.actor)
    assert not Partnership.objects.exists()


def test_it_refuses_an_application_to_an_ended_campaign(campaign: Campaign, ada: Member, pia: Member) -> None:
    campaigns.end(campaign, by=ada.actor)
    with pytest.raises(partnerships.CampaignClosed):
        partnerships.apply(campaign, publisher=pia.organization, by=pia.actor)
    assert not Partnership.objects.exists()


def test_it_refuses_to_approve_into_an_ended_campaign(application: Partnership, ada: Member) -> None:
    campaigns.end(application.campaign, by=ada.actor)
    with pytest.raises(partnerships.CampaignClosed):
        partnerships.approve(application, by=ada.actor)
    application.refresh_from_db()
    assert application.status == "applied"


def test_it_refuses_whoever_is_no_publisher(campaign: Campaign, mallory: Member) -> None:
    with pytest.raises(partnerships.NotAPublisher):
        partnerships.apply(campaign, publisher=mallory.organization, by=mallory.actor)
    assert not Partnership.objects.exists()


def test_it_refuses_a_suspended_publisher(application: Partnership, ada: Member) -> None:
    application.publisher.status = "suspended"
    application.publisher.save()
    with pytest.raises(partnerships.NotAPublisher):
        partnerships.approve(application, by=ada.actor)
    application.refresh_from_db()
    assert application.status == "applied"
