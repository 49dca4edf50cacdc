"""What the pages of this app, and the work queue, read."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from advertisers.models import Campaign, CommissionPlan, CommissionRule, Creative, CreativeKind, GoalKind, Scope
from advertisers.sentences import MOST_VALUABLE_FIRST
from network.models import Kind, Organization, OrganizationStatus
from publishers.models import (
    Partnership,
    PartnershipStatus,
    PublisherProfile,
    SmartLink,
    SmartLinkRoute,
    TrackingLink,
    VanityName,
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A campaign as a publisher sees it: what it pays now, and how the two stand to each other."""

    campaign: Campaign
    partnership: Partnership | None = None
    rules: list[CommissionRule] = field(default_factory=list)


def findable(publisher: Organization) -> QuerySet[Campaign]:
    """Campaigns of active advertisers that are open to publishers, and those this publisher has a partnership in."""
    is_open = Q(pk__in=Campaign.objects.open_to_publishers().values("pk"), advertiser__status=OrganizationStatus.ACTIVE)
    is_known = Exists(Partnership.objects.filter(campaign=OuterRef("pk"), publisher=publisher))
    return Campaign.objects.filter(is_open | is_known).select_related("advertiser")


def discover(
    *, text: str = "", objective: str = "", pay_model: str = "", currency: str = "", at: datetime | None = None
) -> QuerySet[Campaign]:
    """Campaigns that take publishers now, newest first."""
    found = Campaign.objects.open_to_publishers().filter(advertiser__status=OrganizationStatus.ACTIVE)
    if text:
        found = found.filter(
            Q(name__icontains=text) | Q(description__icontains=text) | Q(advertiser__name__icontains=text)
        )
    if objective:
        found = found.filter(objective=objective)
    if currency:
        found = found.filter(currency=currency)
    if pay_model:
        begun = CommissionPlan.objects.filter(campaign=OuterRef("pk")).begun(at or timezone.now())
        found = found.annotate(plan_in_force=Subquery(begun.values("pk")[:1])).filter(
            Exists(CommissionRule.objects.filter(plan=OuterRef("plan_in_force"), pay_model=pay_model))
        )
    return found.select_related("advertiser").order_by("-started_at", "-pk")


def offers(publisher: Organization, campaigns: Iterable[Campaign]) -> list[Offer]:
    campaigns = list(campaigns)
    own = {
        partnership.campaign_id: partnership
        for partnership in Partnership.objects.filter(publisher=publisher, campaign__in=campaigns)
    }
    rules = rules_in_force(campaigns)
    return [Offer(one, own.get(one.pk), rules.get(one.pk, [])) for one in campaigns]


def rules_in_force(campaigns: Iterable[Campaign]) -> dict[int, list[CommissionRule]]:
    """By campaign: what its plan in force pays, the most valuable goals first."""
    plans = (
        CommissionPlan.objects.filter(campaign__in=list(campaigns), starts_at__lte=timezone.now())
        .order_by("campaign", "-starts_at")
        .distinct("campaign")
    )
    found: dict[int, list[CommissionRule]] = {}
    rules = CommissionRule.objects.filter(plan__in=[plan.pk for plan in plans])
    for rule in rules.select_related("plan__campaign", "goal").order_by("pk"):
        found.setdefault(rule.plan.campaign_id, []).append(rule)
    for one in found.values():
        one.sort(key=lambda rule: MOST_VALUABLE_FIRST.index(GoalKind(rule.goal.kind)))
    return found


def own_partnerships(publisher: Organization) -> QuerySet[Partnership]:
    """A publisher's partnerships, invitations first, then active ones, with the number of live links."""
    return (
        Partnership.objects.filter(publisher=publisher)
        .annotate(
            live_links=Count("links", filter=Q(links__retired_at=None)),
            is_invited=Q(status=PartnershipStatus.INVITED),
            is_active=Q(status=PartnershipStatus.ACTIVE),
        )
        .select_related("campaign__advertiser")
        .order_by("-is_invited", "-is_active", "-applied_at")
    )


def partners(organization: Organization) -> QuerySet[Partnership]:
    """The publishers in the campaigns that this organization looks after, waiting applications first."""
    return (
        Partnership.objects.visible_to(organization)
        .annotate(
            is_waiting=Q(status=PartnershipStatus.APPLIED),
        )
        .select_related("campaign__advertiser", "publisher")
        .order_by("-is_waiting", "-applied_at")
    )


def applications_waiting(organization: Organization) -> QuerySet[Partnership]:
    """The applications that this advertiser, agency (scope publishers) or the network can decide, oldest first."""
    if organization.kind == Kind.PUBLISHER:
        return Partnership.objects.none()
    return (
        Partnership.objects.visible_to(organization, Scope.PUBLISHERS)
        .filter(status=PartnershipStatus.APPLIED)
        .select_related("campaign__advertiser", "publisher")
        .order_by("applied_at")
    )


def invitable(campaign: Campaign, text: str) -> QuerySet[Organization]:
    """Active publishers by name that are not in the campaign, have not applied and are not invited."""
    renewable = [PartnershipStatus.DECLINED, PartnershipStatus.ENDED]
    taken = Partnership.objects.filter(campaign=campaign).exclude(status__in=renewable)
    publishers = Organization.objects.filter(kind=Kind.PUBLISHER, status=OrganizationStatus.ACTIVE)
    return publishers.filter(name__icontains=text).exclude(pk__in=taken.values("publisher")).order_by("name", "pk")


def profile_of(publisher: Organization) -> PublisherProfile | None:
    return PublisherProfile.objects.filter(organization=publisher).first()


def creatives(campaign: Campaign, kind: CreativeKind) -> QuerySet[Creative]:
    """What publishers may take now."""
    found = Creative.objects.filter(campaign=campaign, kind=kind, retired_at=None)
    return found.select_related("image").defer("image__data").order_by("image__width", "image__height", "name", "pk")


def pictures(campaign: Campaign) -> QuerySet[Creative]:
    """What banner tags show in turn."""
    found = Creative.objects.filter(campaign=campaign, image__isnull=False, retired_at=None, weight__gt=0)
    return found.select_related("image").defer("image__data").order_by("kind", "image__width", "image__height", "pk")


def live_links(partnership: Partnership) -> QuerySet[TrackingLink]:
    found = TrackingLink.objects.live().with_creatives().filter(partnership=partnership, smart_link=None)
    return found.select_related("coupon", "partnership__campaign").order_by("-pk")


def counts(organization: Organization) -> dict[str, int]:
    """Partnerships by status, every status present."""
    found = Partnership.objects.visible_to(organization).values_list("status").annotate(Count("pk"))
    return dict.fromkeys(PartnershipStatus.values, 0) | dict(found)


@dataclass(frozen=True, slots=True)
class Partner:
    """One line of the list of publishers."""

    partnership: Partnership
    kind: str


def partner_rows(partnerships: Iterable[Partnership]) -> list[Partner]:
    partnerships = list(partnerships)
    kinds = _kinds(partnership.publisher_id for partnership in partnerships)
    return [Partner(one, kinds.get(one.publisher_id, "")) for one in partnerships]


@dataclass(frozen=True, slots=True)
class Candidate:
    """What an advertiser may know of a publisher it has no dealings with: name, kind, site."""

    publisher: Organization
    kind: str


def candidates(publishers: Iterable[Organization]) -> list[Candidate]:
    publishers = list(publishers)
    kinds = _kinds(publisher.pk for publisher in publishers)
    return [Candidate(one, kinds.get(one.pk, "")) for one in publishers]


def _kinds(publishers: Iterable[int]) -> dict[int, str]:
    profiles = PublisherProfile.objects.filter(organization__in=list(publishers))
    return {profile.organization_id: profile.get_kind_display() for profile in profiles}


def vanity_names(publisher: Organization) -> QuerySet[VanityName]:
    return VanityName.objects.of(publisher).annotate(shown=Count("links")).order_by("name")


def links_for_vanity(vanity: VanityName) -> QuerySet[TrackingLink]:
    """The publisher's live links that are not on the page yet, of partnerships that run."""
    found = TrackingLink.objects.live().filter(
        partnership__publisher=vanity.publisher_id, partnership__status=PartnershipStatus.ACTIVE, smart_link=None
    )
    there = vanity.links.values("link")
    return found.exclude(pk__in=there).select_related("partnership__campaign", "creative").order_by("-pk")


def smart_links(owner: Organization) -> QuerySet[SmartLink]:
    found = SmartLink.objects.of(owner).live().select_related("source")
    return found.annotate(ways=Count("routes", distinct=True), users=Count("taken", distinct=True)).order_by("-pk")


def smart_links_offered(publisher: Organization) -> QuerySet[SmartLink]:
    """The network's that this publisher has not taken."""
    mine = SmartLink.objects.live().filter(publisher=publisher, source__isnull=False)
    found = SmartLink.objects.live().filter(publisher=None).exclude(pk__in=mine.values("source"))
    return found.order_by("name", "pk")


def smart_link_routes(smart_link: SmartLink) -> QuerySet[SmartLinkRoute]:
    found = smart_link.routes.select_related("link__partnership__campaign__advertiser")
    return found.order_by(F("score_micro").desc(nulls_last=True), "-weight", "pk")
