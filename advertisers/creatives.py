"""What publishers show: banners in standard sizes and text links. A creative is retired, never removed or replaced."""

from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from advertisers import images
from advertisers.errors import CampaignEnded
from advertisers.models import Campaign, CampaignStatus, Creative, CreativeKind
from network import audit, formats
from network.actors import Actor
from network.errors import DomainError

SIZES: Final = (
    (300, 250), (728, 90), (160, 600), (320, 50), (320, 100), (300, 600), (970, 250), (970, 90),
    (468, 60), (336, 280), (250, 250), (200, 200), (120, 600), (234, 60), (1200, 628), (1080, 1080),
)  # fmt: skip
"""Standard banner sizes (IAB, and the two that social networks use), most used first."""


def _shown(width: int, height: int) -> str:
    language = get_language() or "en"
    text = formats.digits(f"{width}×{height}", language)
    return formats.isolated(text) if formats.is_persian(language) else text


class UnusualSize(DomainError):
    code = "unusual_size"

    def __init__(self, width: int, height: int) -> None:
        known = ", ".join(_shown(*size) for size in SIZES)
        text = _("This image is {size}. Banners have one of these sizes: {known}.")
        super().__init__(text.format(size=_shown(width, height), known=known), field="image")


class CreativeNeedsText(DomainError):
    code = "creative_needs_text"
    message = _("Enter the text that visitors will see.")


class NativeIsIncomplete(DomainError):
    code = "native_is_incomplete"
    message = _("A native ad has a headline and the name of its brand.")


class NativePictureTooSmall(DomainError):
    code = "native_picture_too_small"
    message = _("The picture has at least 200 pixels on each side.")


class AlreadyRetired(DomainError):
    code = "already_retired"
    message = _("This creative has been retired already.")
    status = 409


SMALLEST_NATIVE: Final = 200


@transaction.atomic
def add_banner(campaign: Campaign, *, name: str, data: bytes, by: Actor, landing_url: str = "") -> Creative:
    """A banner of these bytes, whatever their file's name says."""
    campaign = open_campaign(campaign)
    image = images.read(data)
    if (size := images.size(image)) not in SIZES:
        raise UnusualSize(*size)
    creative = Creative.objects.create(
        campaign=campaign,
        kind=CreativeKind.BANNER,
        name=name or f"{size[0]}×{size[1]}",
        image=images.store(image),
        landing_url=landing_url,
    )
    audit.record(by, "creative.added", creative, kind=creative.kind, campaign=campaign.public_id, size=list(size))
    return creative


@transaction.atomic
def add_text(campaign: Campaign, *, name: str, text: str, by: Actor, landing_url: str = "") -> Creative:
    campaign = open_campaign(campaign)
    if not text.strip():
        raise CreativeNeedsText(field="text")
    creative = Creative.objects.create(
        campaign=campaign,
        kind=CreativeKind.TEXT,
        name=name or text.strip()[:120],
        text=text.strip(),
        landing_url=landing_url,
    )
    audit.record(by, "creative.added", creative, kind=creative.kind, campaign=campaign.public_id)
    return creative


@transaction.atomic
def add_native(
    campaign: Campaign, *, name: str, title: str, text: str, brand: str, data: bytes, by: Actor, landing_url: str = ""
) -> Creative:
    """Headline, text, brand and a picture, which a native slot sets in its own type."""
    campaign = open_campaign(campaign)
    values = {"title": title.strip(), "text": text.strip(), "brand": brand.strip()}
    for field in ("title", "brand"):
        if not values[field]:
            raise NativeIsIncomplete(field=field)
    image = images.read(data)
    if min(images.size(image)) < SMALLEST_NATIVE:
        raise NativePictureTooSmall(field="image")
    creative = Creative.objects.create(
        campaign=campaign,
        kind=CreativeKind.NATIVE,
        name=name.strip() or values["title"][:120],
        image=images.store(image),
        landing_url=landing_url,
        **values,
    )
    audit.record(by, "creative.added", creative, kind=creative.kind, campaign=campaign.public_id)
    return creative


@transaction.atomic
def retire(creative: Creative, *, by: Actor) -> Creative:
    """No longer offered. Links and embeds out there keep working: their image stays."""
    creative = Creative.objects.select_for_update(no_key=True, of=("self",)).get(pk=creative.pk)
    if creative.retired_at:
        raise AlreadyRetired
    creative.retired_at = timezone.now()
    creative.save(update_fields=["retired_at"])
    audit.record(by, "creative.retired", creative, campaign=creative.campaign.public_id)
    return creative


def open_campaign(campaign: Campaign) -> Campaign:
    """Locked for this database transaction; one that has ended takes nothing new."""
    campaign = Campaign.objects.select_for_update(no_key=True, of=("self",)).get(pk=campaign.pk)
    if campaign.status == CampaignStatus.ENDED:
        raise CampaignEnded
    return campaign
