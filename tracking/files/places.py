"""What ids of another system stand for in a file of history, and the partnership that a row of it belongs to."""

from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import QuerySet
from django.utils import timezone

from advertisers.models import Campaign, Goal, Scope
from network.models import Kind, Organization
from publishers.models import Partnership, TrackingLink
from tracking.models import ForeignId

MOST_REMEMBERED: Final = 50_000
LINK_NAME: Final = "Imported"


class Bad(ValueError):
    """The row cannot be taken: a code, and the field it is about."""

    def __init__(self, code: str, name: str = "") -> None:
        super().__init__(code)
        self.code, self.name = code, name


@dataclass(frozen=True, slots=True)
class Place:
    """A partnership, with the link that its imported clicks are on."""

    campaign: int
    zone: str
    currency: str
    partnership: int | None
    link: int | None


@dataclass
class Places:
    """What ids of the other system stand for. An id of ours, or a name, is as good."""

    system: str
    organization: Organization | None = None  # an agency imports into the campaigns that it runs
    _campaigns: dict[str, Campaign | None] = field(default_factory=dict)
    _publishers: dict[str, Organization | None] = field(default_factory=dict)
    _goals: dict[tuple[int, str], Goal | None] = field(default_factory=dict)
    _places: dict[tuple[int, int], Place | None] = field(default_factory=dict)

    def campaign(self, name: str) -> Campaign:
        if name not in self._campaigns:
            _make_room(self._campaigns)
            own = Campaign.objects.all()
            if self._is_bounded and self.organization:
                own = Campaign.objects.run_by(self.organization, Scope.CONVERSIONS)
            mapped = list(own.filter(pk__in=self._known("campaign", name).values("campaign"))[:2])
            if len(mapped) > 1:
                raise Bad("ambiguous_id", "campaign")
            named = own.filter(public_id=name).first() or _only(own.filter(name=name))
            self._campaigns[name] = mapped[0] if mapped else named
        campaign = self._campaigns[name]
        if campaign is None:
            raise Bad("unknown_campaign", "campaign")
        return campaign

    def of(self, campaign: Campaign, publisher: str) -> Place:
        if not publisher:
            return Place(campaign.pk, campaign.time_zone, campaign.currency, None, None)
        organization = self._publisher(publisher)
        key = (campaign.pk, organization.pk)
        if key not in self._places:
            _make_room(self._places)
            self._places[key] = _place(campaign, organization)
        place = self._places[key]
        if place is None:
            raise Bad("no_partnership", "publisher")
        return place

    def goal(self, campaign: Campaign, name: str) -> Goal:
        key = (campaign.pk, name)
        if key not in self._goals:
            _make_room(self._goals)
            goals = [goal for goal in Goal.objects.filter(campaign=campaign) if not goal.is_counted]
            mapped = list(Goal.objects.filter(pk__in=self._known("goal", name).values("goal"), campaign=campaign)[:2])
            if len(mapped) > 1:
                raise Bad("ambiguous_id", "goal")
            by_code = {goal.code: goal for goal in goals}
            found = mapped[0] if mapped else by_code.get(name)
            if not name:
                found = goals[0] if len(goals) == 1 else by_code.get("sale")
            self._goals[key] = found
        goal = self._goals[key]
        if goal is None:
            raise Bad("unknown_goal", "goal")
        return goal

    def _publisher(self, name: str) -> Organization:
        if name not in self._publishers:
            _make_room(self._publishers)
            publishers = Organization.objects.filter(kind=Kind.PUBLISHER)
            mapped = list(publishers.filter(pk__in=self._known("publisher", name).values("publisher"))[:2])
            if len(mapped) > 1:
                raise Bad("ambiguous_id", "publisher")
            named = publishers.filter(public_id=name).first() or _only(publishers.filter(name=name))
            self._publishers[name] = mapped[0] if mapped else named
        publisher = self._publishers[name]
        if publisher is None:
            raise Bad("no_partnership" if self._is_bounded else "unknown_publisher", "publisher")
        return publisher

    @property
    def _is_bounded(self) -> bool:
        """An agency does not learn which publishers there are beside those of its campaigns."""
        return self.organization is not None and self.organization.kind != Kind.NETWORK

    def _known(self, kind: str, name: str) -> QuerySet[ForeignId]:
        """Of several accounts perhaps, of which the file does not say one."""
        return ForeignId.objects.filter(system=self.system, kind=kind, foreign_id=name)


def _make_room(known: dict[Any, Any]) -> None:
    if len(known) >= MOST_REMEMBERED:
        known.clear()


def _only(found: Any) -> Any:
    some = list(found[:2])
    return some[0] if len(some) == 1 else None


def _place(campaign: Campaign, publisher: Organization) -> Place | None:
    partnership = Partnership.objects.filter(campaign=campaign, publisher=publisher).first()
    if partnership is None:
        return None
    own = TrackingLink.objects.filter(partnership=partnership, name=LINK_NAME, retired_at__isnull=False).order_by("pk")
    link = own.first() or TrackingLink.objects.create(
        partnership=partnership, name=LINK_NAME, retired_at=timezone.now()
    )
    return Place(campaign.pk, campaign.time_zone, campaign.currency, partnership.pk, link.pk)
