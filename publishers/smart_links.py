"""Smart links: made by a publisher, or by the network for publishers to take; their routes; the scores they choose by.

The choice itself is made by the edge, `tracking/edge/smartlinks.py`; the rule stands in docs/channels.md.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign, CampaignStatus, Objective
from network import audit
from network.actors import Actor
from network.errors import DomainError
from network.ids import random_code
from network.models import Kind, Organization
from publishers.models import (
    Channel,
    Partnership,
    PartnershipStatus,
    SmartLink,
    SmartLinkCampaign,
    SmartLinkRoute,
    TrackingLink,
)

MOST: Final = 50
MOST_CAMPAIGNS: Final = 100
MAX_WEIGHT: Final = 1000
USUAL_WEIGHT: Final = 100
SLUG: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)


class BadSlug(DomainError):
    code = "bad_smart_link_slug"
    message = _("Use up to 40 Latin letters, digits and hyphens.")


class SlugTaken(DomainError):
    code = "smart_link_slug_taken"
    message = _("This short name is taken.")
    status = 409


class NeedsName(DomainError):
    code = "smart_link_needs_name"
    message = _("Give the smart link a name.")


class TooMany(DomainError):
    code = "too_many_smart_links"
    message = _("You have 50 smart links already.")
    status = 409


class NotYourCampaign(DomainError):
    code = "not_your_campaign"
    message = _("Choose campaigns that you are an active partner of.")


class BadWeight(DomainError):
    code = "bad_weight"
    message = _("A weight is a whole number from 0 to 1000.")


class SmartLinkRetired(DomainError):
    code = "smart_link_retired"
    message = _("This smart link has been retired.")
    status = 409


class FollowsTheNetwork(DomainError):
    code = "follows_the_network"
    message = _("This smart link follows the network's rule; only its name and channel are yours.")
    status = 409


class Rule(NamedTuple):
    """Campaigns with weights; or none, and all those of an objective (empty: of any)."""

    objective: str = ""
    campaigns: Sequence[tuple[Campaign, int]] = ()


@transaction.atomic
def create(
    owner: Organization,
    *,
    name: str,
    slug: str = "",
    rule: Rule,
    channel: str = "",
    catch_all_url: str = "",
    by: Actor,
) -> SmartLink:
    """`owner` is a publisher, or the network. Without a slug it gets one that cannot be guessed."""
    Organization.objects.select_for_update(no_key=True).get(pk=owner.pk)
    if SmartLink.objects.of(owner).live().count() >= MOST:
        raise TooMany
    made = SmartLink(
        publisher=owner if owner.kind == Kind.PUBLISHER else None,
        slug=_slug(slug),
        name=_name(name),
        channel=_channel(channel),
        objective=_objective(rule),
        catch_all_url=catch_all_url,
    )
    _save_new(made)
    _set_campaigns(made, rule)
    audit.record(by, "smart_link.created", made, subject=owner, slug=made.slug, **_told(rule))
    refresh(made)
    return made


@transaction.atomic
def take(source: SmartLink, *, publisher: Organization, channel: str = "", by: Actor) -> SmartLink:
    """A publisher's own address of one of the network's smart links: the one it has, or a new one."""
    source = _locked(source)
    mine = SmartLink.objects.live().filter(source=source, publisher=publisher).first()
    if mine:
        return mine
    mine = SmartLink(
        publisher=publisher,
        source=source,
        slug=_slug(""),
        name=source.name,
        channel=_channel(channel or source.channel),
    )
    _save_new(mine)
    audit.record(by, "smart_link.taken", mine, subject=publisher, slug=mine.slug)
    refresh(mine)
    return mine


@transaction.atomic
def edit(
    smart_link: SmartLink, *, name: str, rule: Rule, channel: str = "", catch_all_url: str = "", by: Actor
) -> SmartLink:
    """What it learned stays with the routes that stay."""
    smart_link = _locked(smart_link)
    if smart_link.source_id and (rule.objective or rule.campaigns or catch_all_url):
        raise FollowsTheNetwork
    smart_link.name, smart_link.channel = _name(name), _channel(channel)
    smart_link.objective, smart_link.catch_all_url = _objective(rule), catch_all_url
    smart_link.save()
    _set_campaigns(smart_link, rule)
    owner = smart_link.publisher or by.organization
    audit.record(by, "smart_link.edited", smart_link, subject=owner, slug=smart_link.slug, **_told(rule))
    for one in (smart_link, *smart_link.taken.live()):
        TrackingLink.objects.filter(smart_link=one).update(channel=one.channel)
        refresh(one)
    return smart_link


@transaction.atomic
def retire(smart_link: SmartLink, *, by: Actor) -> SmartLink:
    """Its visitors go to the catch-all page from now on. Those that publishers took of it are retired with it."""
    smart_link = _locked(smart_link)
    now = timezone.now()
    SmartLink.objects.live().filter(source=smart_link).update(retired_at=now)
    smart_link.retired_at = now
    smart_link.save(update_fields=["retired_at"])
    owner = smart_link.publisher or by.organization
    audit.record(by, "smart_link.retired", smart_link, subject=owner, slug=smart_link.slug)
    return smart_link


@transaction.atomic
def refresh(smart_link: SmartLink) -> int:
    """A route, with a tracking link of its own, for each active partnership that the rule names; the others go.

    Returns how many there are. A link is kept when its route goes, and found again when the partnership comes back.
    """
    if smart_link.publisher_id is None or smart_link.retired_at:
        return 0
    weights = _weights(smart_link)
    for partnership_id in weights:
        TrackingLink.objects.get_or_create(
            smart_link=smart_link,
            partnership_id=partnership_id,
            defaults={"channel": smart_link.channel, "name": smart_link.name},
        )
    links = TrackingLink.objects.live().filter(smart_link=smart_link, partnership__in=weights)
    wanted = {link.pk: weights[link.partnership_id] for link in links}
    smart_link.routes.exclude(link__in=wanted).delete()
    there = dict(smart_link.routes.values_list("link", "weight"))
    for link_id, weight in wanted.items():
        if link_id not in there:
            SmartLinkRoute.objects.create(smart_link=smart_link, link_id=link_id, weight=weight)
        elif there[link_id] != weight:
            smart_link.routes.filter(link=link_id).update(weight=weight)
    return len(wanted)


def refresh_all() -> None:
    """After partnerships or campaigns came and went. One at a time, so that none waits for all."""
    for smart_link in SmartLink.objects.live().filter(publisher__isnull=False).select_related("source").iterator():
        refresh(smart_link)


@transaction.atomic
def set_scores(scores: Mapping[int, tuple[int, int | None]]) -> int:
    """By route: clicks of the last 7 days, and millionths of score. Writes what changed, and says how many that were."""
    changed = []
    for route in SmartLinkRoute.objects.select_for_update(no_key=True).filter(pk__in=scores).order_by("pk"):
        found = scores[route.pk]
        if (route.clicks, route.score_micro) != found:
            route.clicks, route.score_micro = found
            route.scored_at = timezone.now()
            changed.append(route)
    SmartLinkRoute.objects.bulk_update(changed, ["clicks", "score_micro", "scored_at"], batch_size=500)
    return len(changed)


def offered() -> QuerySet[SmartLink]:
    """What the network offers to publishers."""
    return SmartLink.objects.live().filter(publisher=None).order_by("name", "pk")


def _weights(smart_link: SmartLink) -> dict[int, int]:
    """By partnership. Whether its campaign takes this visitor now is the edge's to say."""
    rule = smart_link.source or smart_link
    joined = Partnership.objects.filter(publisher=smart_link.publisher, status=PartnershipStatus.ACTIVE).exclude(
        campaign__status__in=[CampaignStatus.DRAFT, CampaignStatus.ENDED]
    )
    named = dict(rule.campaigns.values_list("campaign", "weight"))
    if named:
        found = joined.filter(campaign__in=named).values_list("pk", "campaign")
        return {pk: named[campaign] for pk, campaign in found}
    if rule.objective:
        joined = joined.filter(campaign__objective=rule.objective)
    return dict.fromkeys(joined.values_list("pk", flat=True), USUAL_WEIGHT)


def _set_campaigns(smart_link: SmartLink, rule: Rule) -> None:
    if len(rule.campaigns) > MOST_CAMPAIGNS or any(not 0 <= weight <= MAX_WEIGHT for _, weight in rule.campaigns):
        raise BadWeight(field="campaigns")
    if smart_link.publisher and rule.campaigns:
        joined = Partnership.objects.filter(publisher=smart_link.publisher, status=PartnershipStatus.ACTIVE)
        known = set(joined.values_list("campaign", flat=True))
        if not known.issuperset(campaign.pk for campaign, _ in rule.campaigns):
            raise NotYourCampaign(field="campaigns")
    smart_link.campaigns.all().delete()
    SmartLinkCampaign.objects.bulk_create(
        SmartLinkCampaign(smart_link=smart_link, campaign=campaign, weight=weight)
        for campaign, weight in rule.campaigns
    )


def _save_new(smart_link: SmartLink) -> None:
    try:
        with transaction.atomic():
            smart_link.save()
    except IntegrityError as error:
        if "slug" in str(error):
            raise SlugTaken(field="slug") from None
        raise


def _locked(smart_link: SmartLink) -> SmartLink:
    found = SmartLink.objects.select_for_update(no_key=True, of=("self",)).select_related("publisher", "source")
    smart_link = found.get(pk=smart_link.pk)
    if smart_link.retired_at:
        raise SmartLinkRetired
    return smart_link


def _slug(slug: str) -> str:
    slug = slug.strip().lower() or random_code(10).lower()
    if not SLUG.fullmatch(slug):
        raise BadSlug(field="slug")
    return slug


def _name(name: str) -> str:
    if not (name := name.strip()):
        raise NeedsName(field="name")
    return name


def _channel(channel: str) -> str:
    return Channel(channel).value if channel in Channel.values else Channel.OTHER.value


def _objective(rule: Rule) -> str:
    return rule.objective if rule.objective in Objective.values and not rule.campaigns else ""


def _told(rule: Rule) -> dict[str, Any]:
    return {"objective": rule.objective, "campaigns": [campaign.public_id for campaign, _ in rule.campaigns]}
