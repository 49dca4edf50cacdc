"""A publisher takes a tracking link in a partnership, and retires it."""

from collections.abc import Sequence
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from advertisers.models import Coupon, Creative
from network import audit
from network.actors import Actor
from network.errors import DomainError
from publishers import deep_links
from publishers.models import (
    CHANNELS,
    Channel,
    Partnership,
    PartnershipStatus,
    Property,
    PublisherProfile,
    TrackingLink,
)

SUBS: Final = 5
MAX_SUB: Final = 256


class NotAPartner(DomainError):
    code = "not_a_partner"
    message = _("Links can be taken once the partnership is active.")
    status = 409


class CreativeGone(DomainError):
    code = "creative_gone"
    message = _("This banner or text is no longer offered.")
    status = 409


class CouponGone(DomainError):
    code = "coupon_gone"
    message = _("This code is not yours to show any more.")
    status = 409


class BadDeepLink(DomainError):
    code = "bad_deep_link"
    message = _("Enter a full address that starts with https:// or http://.")


class DeepLinkElsewhere(DomainError):
    code = "deep_link_elsewhere"
    message = _("This address is not on a site of the campaign.")


class UnknownChannel(DomainError):
    code = "unknown_channel"
    message = _("Choose how this link reaches its visitors.")


class BadSubId(DomainError):
    code = "bad_sub_id"
    message = _("A sub id has at most 256 characters, all of them visible.")


@transaction.atomic
def grab(
    partnership: Partnership,
    *,
    creative: Creative | None = None,
    destination: str = "",
    subs: Sequence[str] = (),
    name: str = "",
    channel: str = "",
    shown_on: Property | None = None,
    coupon: Coupon | None = None,
    by: Actor,
) -> TrackingLink:
    """The live link with exactly these values: the one there is, or a new one. Empty sub ids at the end do not count.

    `channel` empty: the one that the property, else the publisher's kind, mostly means.
    """
    partnership = _locked(partnership)
    if creative and (creative.campaign_id != partnership.campaign_id or creative.retired_at):
        raise CreativeGone
    if coupon and not _may_show(coupon, partnership):
        raise CouponGone(field="coupon")
    values = {
        "creative": creative,
        "destination": _checked(destination, partnership),
        "subs": _labels(subs),
        "name": name.strip(),
        "channel": _channel(channel) or usual_channel(partnership.publisher_id, shown_on),
        "shown_on": shown_on,
        "coupon": coupon,
        "smart_link": None,
    }
    existing = TrackingLink.objects.live().filter(partnership=partnership, **values).order_by("id").first()
    if existing:
        return existing
    link = TrackingLink.objects.create(partnership=partnership, **values)
    audit.record(by, "link.grabbed", link, code=link.code, destination=link.destination, channel=link.channel)
    return link


@transaction.atomic
def retire(link: TrackingLink, *, by: Actor) -> TrackingLink:
    """Clicks on it lead to the fallback from now on. A link that is retired already stays as it is."""
    link = TrackingLink.objects.select_for_update(no_key=True, of=("self",)).get(pk=link.pk)
    if not link.retired_at:
        link.retired_at = timezone.now()
        link.save(update_fields=["retired_at"])
        audit.record(by, "link.retired", link, code=link.code)
    return link


def usual_channel(publisher_id: int, shown_on: Property | None = None) -> Channel:
    kind = shown_on.kind if shown_on else None
    if kind is None:
        kind = PublisherProfile.objects.filter(organization=publisher_id).values_list("kind", flat=True).first()
    return CHANNELS.get(kind or "", Channel.WEBSITE)


def _may_show(coupon: Coupon, partnership: Partnership) -> bool:
    is_of_campaign = coupon.campaign_id == partnership.campaign_id and coupon.retired_at is None
    return is_of_campaign and coupon.publisher_id in {None, partnership.publisher_id}


def _channel(channel: str) -> str:
    if channel and channel not in Channel.values:
        raise UnknownChannel(field="channel")
    return channel


def _locked(partnership: Partnership) -> Partnership:
    found = (
        Partnership.objects.select_for_update(no_key=True, of=("self",))
        .select_related("campaign", "publisher")
        .get(pk=partnership.pk)
    )
    if found.status != PartnershipStatus.ACTIVE:
        raise NotAPartner
    return found


def _checked(destination: str, partnership: Partnership) -> str:
    if not destination:
        return ""
    try:
        return deep_links.checked(destination, partnership.campaign.allowed_hosts)
    except deep_links.Malformed:
        raise BadDeepLink(field="destination") from None
    except deep_links.ForeignHost:
        raise DeepLinkElsewhere(field="destination") from None


def _labels(subs: Sequence[str]) -> list[str]:
    labels = [sub.strip() for sub in subs]
    while labels and not labels[-1]:
        labels.pop()
    if len(labels) > SUBS:
        raise BadSubId
    for number, label in enumerate(labels, start=1):
        if len(label) > MAX_SUB or not label.isprintable():
            raise BadSubId(field=f"sub{number}")
    return labels
