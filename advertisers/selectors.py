"""What one page needs, read at once."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.db.models import Count, F, Prefetch, Q, QuerySet
from django.utils import timezone

from advertisers.models import Campaign, CampaignStatus, CommissionPlan, Coupon, Creative, Mandate, Scope
from network.models import Kind, Organization, OrganizationStatus


def plans_with_rules() -> QuerySet[CommissionPlan]:
    return CommissionPlan.objects.select_related("created_by").prefetch_related("rules__goal", "rules__plan__campaign")


def campaigns(run: QuerySet[Campaign], *, status: str = "", search: str = "", client: str = "") -> QuerySet[Campaign]:
    """The list's rows: newest first, with advertiser and plans."""
    if status in CampaignStatus.values:
        run = run.filter(status=status)
    if search:
        run = run.filter(Q(name__icontains=search) | Q(public_id=search) | Q(landing_url__icontains=search))
    if client:
        run = run.filter(advertiser__public_id=client)
    plans = Prefetch("plans", plans_with_rules())
    return run.select_related("advertiser").prefetch_related(plans).order_by("-created_at", "-pk")


def status_counts(run: QuerySet[Campaign]) -> dict[str, int]:
    """How many campaigns per status, and under "" in all."""
    counts = dict(run.order_by().values_list("status").annotate(Count("pk")))
    return {"": sum(counts.values())} | {status: counts.get(status, 0) for status in CampaignStatus.values}


class PlanState(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Version:
    """A plan in the history: in force from `starts_at` until `ends_at` (half-open; empty: open)."""

    plan: CommissionPlan
    state: PlanState
    ends_at: datetime | None


@dataclass(slots=True)
class Plans:
    """All versions of a campaign's commission structure, the newest start first."""

    draft: CommissionPlan | None = None
    current: CommissionPlan | None = None
    scheduled: list[CommissionPlan] = field(default_factory=list)
    history: list[Version] = field(default_factory=list)

    @property
    def shown(self) -> CommissionPlan | None:
        """What a list says about the campaign: what holds now, else what is planned."""
        return self.current or (self.scheduled[-1] if self.scheduled else self.draft)


def plans(campaign: Campaign, now: datetime | None = None) -> Plans:
    """From the campaign's prefetched plans, if they are."""
    now = now or timezone.now()
    prefetched = "plans" in getattr(campaign, "_prefetched_objects_cache", {})
    every = list(campaign.plans.all() if prefetched else plans_with_rules().filter(campaign=campaign))
    found = Plans(draft=next((plan for plan in every if plan.is_draft), None))
    activated = [(plan.starts_at, plan) for plan in every if plan.starts_at]
    ends_at = None
    for starts_at, plan in sorted(activated, key=lambda pair: pair[0], reverse=True):
        if starts_at > now:
            state = PlanState.SCHEDULED
            found.scheduled.append(plan)
        else:
            state = PlanState.SUPERSEDED if found.current else PlanState.ACTIVE
            found.current = found.current or plan
        found.history.append(Version(plan, state, ends_at))
        ends_at = starts_at
    return found


def creatives(campaign: Campaign) -> QuerySet[Creative]:
    """Those offered, then those retired; images without their bytes."""
    found = campaign.creatives.select_related("image").defer("image__data")
    return found.order_by("-retired_at", "kind", "-created_at", "-pk")


def coupons(campaign: Campaign, search: str = "") -> QuerySet[Coupon]:
    """Those in use first, the newest first."""
    found = campaign.coupons.select_related("publisher")
    if search:
        found = found.filter(Q(code__icontains=search) | Q(publisher__name__icontains=search))
    return found.order_by(F("retired_at").desc(nulls_first=True), "-pk")


def mandates_given(advertiser: Organization) -> QuerySet[Mandate]:
    return Mandate.objects.filter(advertiser=advertiser).select_related("agency").order_by("-ended_at", "-given_at")


@dataclass(frozen=True, slots=True)
class Client:
    mandate: Mandate
    scopes: list[Scope]
    campaigns: int
    active: int


def clients(agency: Organization) -> list[Client]:
    """The agency's clients with what it may do for each, and how many campaigns they have where it may see them."""
    mandates = Mandate.objects.filter(agency=agency, ended_at=None).select_related("advertiser")
    run = Campaign.objects.run_by(agency).order_by().values("advertiser")
    is_active = Q(status=CampaignStatus.ACTIVE)
    counts = {row["advertiser"]: row for row in run.annotate(every=Count("pk"), active=Count("pk", filter=is_active))}
    none = {"every": 0, "active": 0}
    rows = [(mandate, counts.get(mandate.advertiser_id, none)) for mandate in mandates.order_by("advertiser__name")]
    return [Client(mandate, [Scope(s) for s in mandate.scopes], row["every"], row["active"]) for mandate, row in rows]


def agencies(search: str) -> QuerySet[Organization]:
    """Active agencies by name or public id; none without a search of at least two letters."""
    found = Organization.objects.filter(kind=Kind.AGENCY, status=OrganizationStatus.ACTIVE)
    search = search.strip()
    if len(search) < 2:
        return found.none()
    return found.filter(Q(name__icontains=search) | Q(public_id=search)).order_by("name")
