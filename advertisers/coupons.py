"""Discount codes of a campaign's shop: made one by one or as a list, given to a publisher, retired."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from advertisers.errors import CampaignEnded
from advertisers.models import Campaign, CampaignStatus, Coupon
from network import audit
from network.actors import Actor
from network.errors import DomainError
from network.models import Kind, Organization

MAX_CODE: Final = 64
MOST_AT_ONCE: Final = 5_000
CODE: Final = re.compile(r"[^\W_][\w.+%-]{0,63}")
"""Letters and digits of any script, and what shops put between them; no blanks, so that it can be copied whole."""


class BadCode(DomainError):
    code = "bad_code"
    message = _("A code has at most 64 letters, digits and signs such as - or %, without blanks.")


class CodeTaken(DomainError):
    code = "code_taken"
    message = _("This campaign has this code already. Capital and small letters are the same.")
    status = 409


class ExclusiveToNobody(DomainError):
    code = "exclusive_to_nobody"
    message = _("Choose the publisher that an exclusive code belongs to.")


class EndsBeforeItBegins(DomainError):
    code = "ends_before_it_begins"
    message = _("The code must end after it begins.")


class NotAPublisher(DomainError):
    code = "not_a_publisher"
    message = _("Codes are given to publishers.")


class CouponRetired(DomainError):
    code = "coupon_retired"
    message = _("This code has been retired.")
    status = 409


class TooManyCodes(DomainError):
    code = "too_many_codes"
    message = _("At most 5,000 codes at once.")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a code stands for, beside its letters. Times are half-open: `valid_until` is the first instant without it."""

    publisher: Organization | None = None
    is_exclusive: bool = False
    description: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def check(self) -> None:
        if self.is_exclusive and self.publisher is None:
            raise ExclusiveToNobody(field="publisher")
        if self.publisher and self.publisher.kind != Kind.PUBLISHER:
            raise NotAPublisher(field="publisher")
        if self.valid_from and self.valid_until and self.valid_until <= self.valid_from:
            raise EndsBeforeItBegins(field="valid_until")


@transaction.atomic
def create(campaign: Campaign, *, code: str, terms: Terms, by: Actor) -> Coupon:
    campaign = _open(campaign)
    terms.check()
    coupon = _new(campaign, checked(code), terms)
    try:
        with transaction.atomic():
            coupon.save()
    except IntegrityError as error:
        if "coupon_code_once" in str(error):
            raise CodeTaken(field="code") from None
        raise
    audit.record(by, "coupon.created", coupon, campaign=campaign.public_id, **_told(coupon))
    return coupon


@transaction.atomic
def create_many(campaign: Campaign, *, codes: Sequence[tuple[str, Terms]], by: Actor) -> list[Coupon]:
    """All of them or, if one is wrong or taken, none: the error names it. The same code twice is an error too."""
    campaign = _open(campaign)
    if len(codes) > MOST_AT_ONCE:
        raise TooManyCodes(field="codes")
    made: dict[str, Coupon] = {}
    for code, terms in codes:
        terms.check()
        coupon = _new(campaign, checked(code, field="codes"), terms)
        if made.setdefault(coupon.code.upper(), coupon) is not coupon:
            raise _taken(coupon.code)
    taken = Coupon.objects.filter(campaign=campaign).values_list("code", flat=True)
    for code in taken:
        if code.upper() in made:
            raise _taken(code)
    coupons = Coupon.objects.bulk_create(made.values())
    audit.record(by, "coupon.listed", campaign, count=len(coupons))
    return coupons


@transaction.atomic
def edit(coupon: Coupon, *, terms: Terms, by: Actor) -> Coupon:
    """Everything but the letters: what was published once cannot be called back and given another meaning."""
    coupon = _locked(coupon)
    terms.check()
    _set(coupon, terms)
    coupon.save()
    audit.record(by, "coupon.edited", coupon, campaign=coupon.campaign.public_id, **_told(coupon))
    return coupon


@transaction.atomic
def retire(coupon: Coupon, *, by: Actor) -> Coupon:
    """From now on a sale with it is attributed as if it had none. What it earned before stays."""
    coupon = _locked(coupon)
    coupon.retired_at = timezone.now()
    coupon.save(update_fields=["retired_at"])
    audit.record(by, "coupon.retired", coupon, campaign=coupon.campaign.public_id)
    return coupon


def checked(code: str, field: str = "code") -> str:
    code = code.strip()
    if not CODE.fullmatch(code):
        raise BadCode(field=field)
    return code


def _taken(code: str) -> CodeTaken:
    return CodeTaken(_("The code %(code)s is there already.") % {"code": code}, field="codes")


def _new(campaign: Campaign, code: str, terms: Terms) -> Coupon:
    coupon = Coupon(campaign=campaign, code=code)
    _set(coupon, terms)
    return coupon


def _set(coupon: Coupon, terms: Terms) -> None:
    coupon.publisher, coupon.is_exclusive = terms.publisher, terms.is_exclusive
    coupon.description = terms.description.strip()
    coupon.valid_from, coupon.valid_until = terms.valid_from, terms.valid_until


def _told(coupon: Coupon) -> dict[str, Any]:
    publisher = coupon.publisher.public_id if coupon.publisher else None
    return {"code": coupon.code, "publisher": publisher, "exclusive": coupon.is_exclusive}


def _locked(coupon: Coupon) -> Coupon:
    found = Coupon.objects.select_for_update(no_key=True, of=("self",)).select_related("campaign", "publisher")
    coupon = found.get(pk=coupon.pk)
    if coupon.retired_at:
        raise CouponRetired
    return coupon


def _open(campaign: Campaign) -> Campaign:
    campaign = Campaign.objects.select_for_update(no_key=True, of=("self",)).get(pk=campaign.pk)
    if campaign.status == CampaignStatus.ENDED:
        raise CampaignEnded
    return campaign
