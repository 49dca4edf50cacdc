"""Pages between which a campaign's visitors are shared out, and how often each creative has its turn."""

from collections.abc import Mapping
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from advertisers.errors import CampaignEnded
from advertisers.models import Campaign, CampaignStatus, Creative, LandingPage
from network import audit
from network.actors import Actor
from network.errors import DomainError

MAX_WEIGHT: Final = 1000
MAX_PAGES: Final = 50


class TooManyPages(DomainError):
    code = "too_many_landing_pages"
    message = _("A campaign can have at most 50 landing pages.")


class WeightOutOfRange(DomainError):
    code = "weight_out_of_range"
    message = _("Weights go from 0 to 1,000.")


@transaction.atomic
def add(campaign: Campaign, *, name: str, url: str, by: Actor, weight: int = 1) -> LandingPage:
    campaign = open_campaign(campaign)
    if LandingPage.objects.filter(campaign=campaign).count() >= MAX_PAGES:
        raise TooManyPages
    page = LandingPage.objects.create(campaign=campaign, name=name, url=url, weight=_checked(weight))
    audit.record(by, "landing_page.added", page, campaign=campaign.public_id, url=url, weight=weight)
    return page


@transaction.atomic
def edit(page: LandingPage, *, name: str, url: str, by: Actor) -> LandingPage:
    campaign = open_campaign(page.campaign)
    page = LandingPage.objects.select_for_update(no_key=True, of=("self",)).get(pk=page.pk)
    before = {"name": page.name, "url": page.url}
    page.name, page.url = name, url
    if before == {"name": name, "url": url}:
        return page
    page.save(update_fields=["name", "url"])
    audit.record(by, "landing_page.edited", page, campaign=campaign.public_id, before=before)
    return page


@transaction.atomic
def share_out(campaign: Campaign, weights: Mapping[int, int], *, by: Actor) -> None:
    """New weights of these pages (by id); weight 0 takes a page out of the rotation."""
    campaign = open_campaign(campaign)
    pages = LandingPage.objects.select_for_update(no_key=True).filter(campaign=campaign, pk__in=weights)
    changed = [page for page in pages if (page.weight if page.is_active else 0) != _checked(weights[page.pk])]
    for page in changed:
        before = page.weight if page.is_active else 0
        page.weight, page.is_active = weights[page.pk], weights[page.pk] > 0
        page.save(update_fields=["weight", "is_active"])
        audit.record(by, "landing_page.weighted", page, campaign=campaign.public_id, before=before, after=page.weight)


@transaction.atomic
def weigh_creatives(campaign: Campaign, weights: Mapping[int, int], *, by: Actor) -> None:
    campaign = open_campaign(campaign)
    found = Creative.objects.select_for_update(no_key=True, of=("self",)).filter(
        campaign=campaign, retired_at=None, pk__in=weights
    )
    for creative in found.defer("image__data"):
        if creative.weight != _checked(weights[creative.pk]):
            before, creative.weight = creative.weight, weights[creative.pk]
            creative.save(update_fields=["weight"])
            audit.record(
                by, "creative.weighted", creative, campaign=campaign.public_id, before=before, after=creative.weight
            )


def shares(weights: Mapping[int, int]) -> dict[int, int]:
    """In basis points of all; they add up to 10,000 (the largest remainders are rounded up) unless all weights are 0."""
    total = sum(weights.values())
    if not total:
        return dict.fromkeys(weights, 0)
    found = {key: weight * 10_000 // total for key, weight in weights.items()}
    rest = 10_000 - sum(found.values())
    for key in sorted(weights, key=lambda key: (-(weights[key] * 10_000 % total), key))[:rest]:
        found[key] += 1
    return found


def open_campaign(campaign: Campaign) -> Campaign:
    """Locked; raises CampaignEnded."""
    locked = Campaign.objects.select_for_update(no_key=True, of=("self",)).select_related("advertiser")
    campaign = locked.get(pk=campaign.pk)
    if campaign.status == CampaignStatus.ENDED:
        raise CampaignEnded
    return campaign


def _checked(weight: int) -> int:
    if not 0 <= weight <= MAX_WEIGHT:
        raise WeightOutOfRange(field="weight")
    return weight
