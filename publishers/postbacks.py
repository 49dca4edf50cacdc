"""A publisher says where it wants to hear of its conversions."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from advertisers.models import Goal
from network import audit, destinations, mail, webhooks
from network.actors import Actor
from network.errors import DomainError
from network.models import Organization
from publishers.models import Partnership, PostbackEvent, PublisherPostback

MOST: Final = 100
OVERLAP: Final = timedelta(hours=24)


class NoEvents(DomainError):
    code = "no_events"
    message = _("Choose at least one event.")


class OtherCampaignsGoal(DomainError):
    code = "other_campaigns_goal"
    message = _("This goal is not one of the campaign.")


class TooManyPostbacks(DomainError):
    code = "too_many_postbacks"
    message = _("A publisher has at most 100 postbacks.")
    status = 409


@transaction.atomic
def save(
    postback: PublisherPostback | None = None,
    *,
    publisher: Organization,
    url: str,
    method: str,
    events: Sequence[str],
    partnership: Partnership | None = None,
    goal: Goal | None = None,
    by: Actor,
) -> PublisherPostback:
    """A new one, or these values for one there is."""
    if not events:
        raise NoEvents(field="events")
    if goal and (partnership is None or goal.campaign_id != partnership.campaign_id):
        raise OtherCampaignsGoal(field="goal")
    is_new = postback is None
    if postback is None:
        Organization.objects.select_for_update(no_key=True).get(pk=publisher.pk)
        if PublisherPostback.objects.of(publisher).count() >= MOST:
            raise TooManyPostbacks
        postback = PublisherPostback(publisher=publisher)
    postback.url, postback.host = url, _host(url)
    postback.method, postback.partnership, postback.goal = method, partnership, goal
    postback.events = [event for event in PostbackEvent.values if event in events]
    postback.save()
    audit.record(by, "postback.added" if is_new else "postback.edited", postback, url=url)
    return postback


@transaction.atomic
def switch(postback: PublisherPostback, *, on: bool, by: Actor) -> PublisherPostback:
    """On or off. Switched on it begins anew: what failed before counts no more."""
    postback = _locked(postback)
    if postback.is_active != on:
        postback.is_active, postback.stopped_reason = on, ""
        postback.failing_since = postback.paused_until = None
        postback.save()
        audit.record(by, "postback.switched_on" if on else "postback.switched_off", postback)
    return postback


@transaction.atomic
def stop(postback: PublisherPostback, *, reason: str, by: Actor) -> PublisherPostback:
    """Switched off by us, because its receiver is gone or has failed for days; its owners are told."""
    postback = _locked(postback)
    if postback.is_active:
        postback.is_active, postback.stopped_reason = False, reason
        postback.save(update_fields=["is_active", "stopped_reason"])
        audit.record(by, "postback.stopped", postback, reason=reason)
        mail.send_to_owners("publishers/postback_stopped", postback.publisher, host=postback.host, reason=reason)
    return postback


@transaction.atomic
def renew_secret(postback: PublisherPostback, *, by: Actor) -> PublisherPostback:
    """Both secrets sign for a day, so that the receiver can change over."""
    postback = _locked(postback)
    postback.former_secret, postback.former_until = postback.secret, timezone.now() + OVERLAP
    postback.secret = webhooks.make_secret()
    postback.save(update_fields=["secret", "former_secret", "former_until"])
    audit.record(by, "postback.secret_renewed", postback)
    return postback


@transaction.atomic
def remove(postback: PublisherPostback, *, by: Actor) -> PublisherPostback:
    postback = _locked(postback)
    if not postback.removed_at:
        postback.removed_at, postback.is_active = timezone.now(), False
        postback.save(update_fields=["removed_at", "is_active"])
        audit.record(by, "postback.removed", postback)
    return postback


def secrets_of(postback: PublisherPostback, now: datetime) -> list[str]:
    """Those that sign now, the present one first."""
    former = postback.former_until and now < postback.former_until
    return [postback.secret, postback.former_secret] if former else [postback.secret]


def _host(url: str) -> str:
    try:
        return destinations.check_text(url)
    except DomainError as error:
        raise type(error)(field="url") from None


def _locked(postback: PublisherPostback) -> PublisherPostback:
    return PublisherPostback.objects.select_for_update(no_key=True, of=("self",)).get(pk=postback.pk)
