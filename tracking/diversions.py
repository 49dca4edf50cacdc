"""Why visitors were sent elsewhere: the reasons, in words, and how often each.

Publishers see the category of a reason and whether they can do something; causes and fixes that tell of settings are for
those who run the campaign. Everflow's numbers of click errors stand beside ours in exports.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from django.db.models import QuerySet, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from advertisers.models import Campaign, Scope, advertisers_of
from network.models import Kind, Organization
from publishers.models import Partnership
from tracking.models import DailyBreakdown, DailyCount, Dimension


class Category(NamedTuple):
    code: str
    label: str | Promise
    for_publishers: str | Promise


NOT_RUNNING: Final = Category(
    "not_running", _("Not running"), _("The campaign or your partnership in it does not take visitors at present.")
)
TARGETING: Final = Category(
    "targeting",
    _("Targeting"),
    _("These visitors are not among those that the campaign takes. Its page says whom it takes."),
)
CAPACITY: Final = Category("capacity", _("Capacity"), _("The campaign took as many visitors as it takes at present."))
LINK: Final = Category(
    "link",
    pgettext_lazy("category", "Link"),
    _("The link leads nowhere any more. Replace it where you have placed it."),
)
BLOCKED: Final = Category(
    "blocked", pgettext_lazy("category", "Blocked"), _("The campaign does not take this traffic. Ask those who run it.")
)
OTHER: Final = Category("other", pgettext_lazy("category", "Other"), _("Nothing is wrong with your traffic."))


class Reason(NamedTuple):
    category: Category
    label: str | Promise
    cause: str | Promise
    fix: str | Promise
    everflow: int | None = None


REASONS: Final[dict[str, Reason]] = {
    "link_retired": Reason(
        LINK,
        _("Retired link"),
        _("The publisher retired the link, and it is still out there."),
        _("The publisher replaces it where it stands."),
    ),
    "campaign_draft": Reason(
        NOT_RUNNING, _("Campaign not started"), _("The campaign is still a draft."), _("Start the campaign.")
    ),
    "campaign_paused": Reason(
        NOT_RUNNING, _("Campaign paused"), _("The campaign is paused."), _("Resume it, or give it a fallback page.")
    ),
    "campaign_ended": Reason(
        NOT_RUNNING,
        _("Campaign ended"),
        _("The campaign has ended for good."),
        _("Publishers move to another campaign."),
        1,
    ),
    "advertiser_suspended": Reason(
        NOT_RUNNING, _("Advertiser suspended"), _("The network suspended the advertiser."), _("Ask the network.")
    ),
    "partnership_not_active": Reason(
        NOT_RUNNING,
        _("Partnership not active"),
        _("The publisher's partnership is paused, declined or over."),
        _("Approve or resume it under Publishers."),
    ),
    "publisher_suspended": Reason(
        NOT_RUNNING, _("Publisher suspended"), _("The network suspended the publisher."), _("Ask the network.")
    ),
    "out_of_funds": Reason(
        NOT_RUNNING,
        _("Out of funds"),
        _("The advertiser's balance does not cover a commission."),
        _("Top up the balance; visitors come again within seconds."),
    ),
    "cap_reached": Reason(
        CAPACITY,
        _("Cap reached"),
        _("A cap is used up for this period."),
        _("Raise the cap, or wait for the next period."),
        2,
    ),
    "not_scheduled": Reason(
        NOT_RUNNING,
        _("Outside its days"),
        _("The click came before the first or after the last day of the schedule."),
        _("Change the days under Targeting."),
        1,
    ),
    "country": Reason(
        TARGETING,
        _("Country"),
        _("The visitor's country is not wanted."),
        _("Add it under Targeting, or tell publishers."),
        9,
    ),
    "region": Reason(
        TARGETING,
        _("Region"),
        _("The visitor's region is not wanted."),
        _("Add it under Targeting, or tell publishers."),
        10,
    ),
    "city": Reason(
        TARGETING,
        _("City"),
        _("The visitor's city is not wanted."),
        _("Add it under Targeting, or tell publishers."),
        11,
    ),
    "device": Reason(
        TARGETING,
        _("Device"),
        _("This kind of device is not wanted."),
        _("Add it under Targeting, or tell publishers."),
        5,
    ),
    "system": Reason(
        TARGETING,
        _("System"),
        _("This operating system is not wanted."),
        _("Add it under Targeting, or tell publishers."),
        7,
    ),
    "browser": Reason(
        TARGETING, _("Browser"), _("This browser is not wanted."), _("Add it under Targeting, or tell publishers."), 6
    ),
    "language": Reason(
        TARGETING,
        _("Language"),
        _("The browser asks for a language that is not wanted."),
        _("Add it under Targeting, or tell publishers."),
        8,
    ),
    "connection": Reason(
        TARGETING,
        _("Connection"),
        _("This kind of connection is not wanted."),
        _("Add it under Targeting, or tell publishers."),
        18,
    ),
    "hour": Reason(
        TARGETING,
        _("Day or hour"),
        _("The click came outside the days and hours of the campaign."),
        _("Widen the hours under Targeting."),
        17,
    ),
    "already_converted": Reason(
        OTHER,
        _("Converted before"),
        _("The campaign wants new visitors only, and this one has converted."),
        _("Switch that off under Targeting, or lead them to something new by the fallback page."),
        27,
    ),
    "smart_link_no_match": Reason(
        OTHER,
        _("Nothing fits in the smart link"),
        _("No campaign of the smart link takes this visitor."),
        _("Add a campaign that takes everyone as the last one."),
        20,
    ),
    "unsubscribed": Reason(
        OTHER,
        _("Unsubscribed"),
        _("The recipient unsubscribed from the campaign's e-mails."),
        _("The publisher takes the address off its list."),
    ),
    "traffic_blocked": Reason(
        BLOCKED,
        _("Blocked traffic"),
        _("A block names this publisher, source or sub id."),
        _("Lift the block under Caps."),
        14,
    ),
}
UNKNOWN: Final = Reason(OTHER, _("Another reason"), _("This reason is not known any more."), "")


def reason(code: str) -> Reason:
    return REASONS.get(code, UNKNOWN)


class Filter(NamedTuple):
    first: date
    last: date
    campaign: str = ""
    publisher: str = ""


class Row(NamedTuple):
    """`key` is a day, or the id of a campaign or partnership; empty where nothing was asked for."""

    key: object
    code: str
    clicks: int

    @property
    def reason(self) -> Reason:
        return reason(self.code)


def by_category(rows: Iterable[Row]) -> list[Row]:
    """As publishers see them: one row per key and category."""
    found: dict[tuple[object, str], Row] = {}
    for row in rows:
        key = (row.key, row.reason.category.code)
        known = found.get(key)
        found[key] = known._replace(clicks=known.clicks + row.clicks) if known else row
    return list(found.values())


def campaigns(organization: Organization) -> QuerySet[Campaign]:
    """Of which this organization may see what was diverted."""
    if organization.kind == Kind.PUBLISHER:
        own = Partnership.objects.filter(publisher=organization).values("campaign")
        return Campaign.objects.filter(pk__in=own)
    return Campaign.objects.filter(advertiser__in=advertisers_of(organization, Scope.REPORTS))


def partnerships(organization: Organization) -> QuerySet[Partnership]:
    return Partnership.objects.visible_to(organization, Scope.REPORTS)


def _found(organization: Organization, wanted: Filter) -> QuerySet[DailyBreakdown]:
    rows = DailyBreakdown.objects.filter(
        dimension=Dimension.DIVERSION,
        day__range=(wanted.first, wanted.last),
        campaign_id__in=campaigns(organization).values("pk"),
        diverted_clicks__gt=0,
    )
    if organization.kind == Kind.PUBLISHER or wanted.publisher:
        mine = partnerships(organization)
        mine = mine.filter(publisher__public_id=wanted.publisher) if wanted.publisher else mine
        rows = rows.filter(partnership_id__in=mine.values("pk"))
    if wanted.campaign:
        rows = rows.filter(campaign_id__in=Campaign.objects.filter(public_id=wanted.campaign).values("pk"))
    return rows


def by_reason(organization: Organization, wanted: Filter) -> list[Row]:
    """Most clicks first."""
    sums = _found(organization, wanted).order_by().values_list("value").annotate(clicks=Sum("diverted_clicks"))
    rows = [Row("", code, clicks) for code, clicks in sums]
    return sorted(rows, key=lambda row: (-row.clicks, row.code))


def by(organization: Organization, wanted: Filter, column: str) -> list[Row]:
    """By day, campaign_id or partnership_id, and reason within it."""
    rows = _found(organization, wanted).order_by().values_list(column, "value").annotate(clicks=Sum("diverted_clicks"))
    return [Row(*row) for row in rows.order_by("-day" if column == "day" else column, "-clicks", "value")]


@dataclass(frozen=True, slots=True)
class Exported:
    """`code` is empty for publishers."""

    day: date
    campaign: str
    publisher: str
    category: str
    code: str
    clicks: int


def exported(organization: Organization, wanted: Filter) -> Iterable[Exported]:
    names = dict(campaigns(organization).values_list("pk", "name"))
    found = _found(organization, wanted)
    known = Partnership.objects.filter(pk__in=found.values("partnership_id")).values_list("pk", "publisher__name")
    publishers = dict(known)
    sums: dict[tuple[date, int, int, str, str], int] = {}
    for row in found.order_by("day", "campaign_id", "partnership_id", "value").iterator():
        code = "" if organization.kind == Kind.PUBLISHER else row.value
        key = (row.day, row.campaign_id, row.partnership_id, reason(row.value).category.code, code)
        sums[key] = sums.get(key, 0) + row.diverted_clicks
    for (day, campaign, partnership, category, code), clicks in sums.items():
        yield Exported(day, names[campaign], publishers.get(partnership, ""), category, code, clicks)


def clicks_in_all(organization: Organization, wanted: Filter) -> int:
    """With those that were kept: what the diverted ones are a part of."""
    rows = DailyCount.objects.filter(
        day__range=(wanted.first, wanted.last), campaign_id__in=campaigns(organization).values("pk")
    )
    if organization.kind == Kind.PUBLISHER or wanted.publisher:
        mine = partnerships(organization)
        mine = mine.filter(publisher__public_id=wanted.publisher) if wanted.publisher else mine
        rows = rows.filter(partnership_id__in=mine.values("pk"))
    if wanted.campaign:
        rows = rows.filter(campaign_id__in=Campaign.objects.filter(public_id=wanted.campaign).values("pk"))
    sums = rows.aggregate(
        kept=Sum("clicks", default=0),
        invalid=Sum("invalid_clicks", default=0),
        diverted=Sum("diverted_clicks", default=0),
    )
    return int(sum(sums.values()))
