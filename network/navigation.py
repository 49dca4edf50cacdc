"""The main menu: one list for all kinds of organizations. A page joins by its url name; apps are named, not imported."""

from dataclasses import dataclass, field
from functools import cache
from typing import Final

from django.urls import resolve, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from network import access
from network.access import Access
from network.models import Kind, Membership
from network.roles import allows

NETWORK: Final = frozenset({Kind.NETWORK})
PUBLISHER: Final = frozenset({Kind.PUBLISHER})
BUYERS: Final = frozenset({Kind.ADVERTISER, Kind.AGENCY, Kind.NETWORK})


@dataclass(frozen=True, slots=True)
class Entry:
    """`url` is a url name. Whoever may open the page sees the entry; `kinds` narrows that further.

    The entry is lit on its page, on all pages of the same noun (`campaign-…` of `campaign-list`) and on those that
    begin with a prefix in `also`.
    """

    url: str
    icon: str
    label: Promise
    kinds: frozenset[Kind] = access.ALL_KINDS
    also: tuple[str, ...] = ()

    def is_for(self, membership: Membership) -> bool:
        page, kind = access_of(self.url), membership.organization.kind
        return kind in self.kinds and kind in page.kinds and allows(membership.role, page.can)

    def covers(self, view_name: str) -> int:
        """How many characters of the view's name speak for this entry."""
        noun = self.url.rpartition("-")[0]
        prefixes = [self.url, *self.also, *([f"{noun}-"] if noun else [])]
        return max(len(prefix) if view_name.startswith(prefix) else 0 for prefix in prefixes)

    @property
    def pages(self) -> tuple["Entry", ...]:
        return (self,)


@dataclass(frozen=True, slots=True)
class Group:
    """Pages of one task: one line in the menu, tabs on the pages. Who may open only one of them sees that page's name."""

    icon: str
    label: Promise
    pages: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Link:
    href: str
    icon: str
    label: Promise
    active: bool


@dataclass(slots=True)
class Section:
    label: Promise | None
    links: list[Link] = field(default_factory=list)


MENU: Final[tuple[tuple[Promise | None, tuple[Entry | Group, ...]], ...]] = (
    (
        None,
        (
            Entry("reporting:home", "layout-dashboard", pgettext_lazy("menu", "Home")),
            Group(
                "report-analytics",
                _("Reports"),
                (
                    Entry("reporting:breakdown", "report-analytics", _("Performance")),
                    Entry("reporting:credit", "route", _("Attribution")),
                    Entry("tracking:diversion-list", "switch-horizontal", _("Diverted traffic")),
                ),
            ),
            Entry("network:organization-list", "building-community", _("Organizations")),
            Entry("advertisers:client-list", "briefcase", _("Clients")),
        ),
    ),
    (
        _("Promote"),
        (
            Entry("publishers:campaign-find", "search", _("Find campaigns"), also=("publishers:campaign-",)),
            Entry(
                "publishers:partnership-list",
                "heart-handshake",
                _("My campaigns"),
                PUBLISHER,
                also=("publishers:link-",),
            ),
            Group(
                "link",
                _("Links and codes"),
                (
                    Entry("publishers:smart-link-list", "route", _("Smart links"), also=("publishers:smart-link-",)),
                    Entry("publishers:vanity-list", "at", _("Short names"), PUBLISHER),
                    Entry("publishers:code-list", "discount", _("Discount codes"), PUBLISHER),
                ),
            ),
            Entry("payouts:conversion-list", "checklist", _("Conversions"), PUBLISHER),
            Entry("payouts:quality", "shield-check", _("Quality"), PUBLISHER, also=("payouts:quality-",)),
            Entry("payouts:callback-list", "send", _("Postbacks")),
        ),
    ),
    (
        _("Campaigns"),
        (
            Entry(
                "advertisers:campaign-list",
                "speakerphone",
                _("Campaigns"),
                also=(
                    "advertisers:plan-",
                    "advertisers:goal-",
                    "advertisers:banner-",
                    "advertisers:text-",
                    "advertisers:native-",
                    "advertisers:letter-",
                    "advertisers:coupon-",
                    "advertisers:app-",
                    "advertisers:targeting-",
                    "advertisers:landing-",
                    "advertisers:creative-",
                    "tracking:campaign-",
                    "tracking:cap-",
                    "tracking:block-",
                ),
            ),
            Entry("publishers:partner-list", "affiliate", _("Publishers")),
            Entry("payouts:conversion-list", "checklist", _("Conversions"), BUYERS),
            Entry(
                "payouts:case-list",
                "shield-check",
                _("Quality"),
                also=("payouts:thresholds", "payouts:campaign-thresholds", "payouts:recompute-"),
            ),
            Group(
                "transfer",
                _("Data exchange"),
                (
                    Entry("tracking:postback-list", "inbox", _("Postback log")),
                    Entry("tracking:file-list", "upload", _("Files")),
                    Entry("advertisers:suppression-list", "mail-off", _("Suppression list")),
                    Entry("tracking:foreign-id-list", "exchange", _("Ids of other systems")),
                ),
            ),
        ),
    ),
    (
        _("Money"),
        (
            Entry("payouts:money-overview", "building-bank", _("Books"), also=("payouts:topup-",)),
            Entry("payouts:balance", "wallet", _("Balance"), BUYERS | PUBLISHER),
            Entry("payouts:bonus-list", "gift", _("Bonuses")),
        ),
    ),
    (
        _("Settings"),
        (
            Entry("publishers:profile", "world-www", _("Profile and properties"), also=("publishers:property-",)),
            Entry("advertisers:mandate-list", "briefcase", _("Agencies")),
            Group(
                "building",
                _("Organization"),
                (
                    Entry("network:organization-settings", "building", _("Organization")),
                    Entry("network:member-list", "users", _("Members"), also=("network:invitation-",)),
                    Entry("network:key-list", "key", _("API keys")),
                    Entry("network:audit-list", "history", _("Audit log")),
                ),
            ),
            Group(
                "settings",
                _("Network settings"),
                (
                    Entry("network:network-settings", "settings", _("Network settings")),
                    Entry("tracking:privacy", "shield", _("Privacy")),
                ),
            ),
        ),
    ),
)
"""In the order of the menu. Add an entry together with its page."""


def sections(membership: Membership, view_name: str) -> list[Section]:
    """The menu of this member, with the line lit that has the page `view_name`."""
    lit = _best(membership, view_name)
    found = []
    for label, items in MENU:
        links = [_link(item, pages, lit) for item in items if (pages := _open_to(membership, item))]
        if links:
            found.append(Section(label, links))
    return found


def tabs(membership: Membership, view_name: str) -> list[Link]:
    """The pages beside `view_name` in its group; none on pages below them and where there is only one."""
    for item in (item for _label, items in MENU for item in items):
        pages = _open_to(membership, item)
        if len(pages) > 1 and any(page.url == view_name for page in pages):
            return [Link(reverse(page.url), page.icon, page.label, page.url == view_name) for page in pages]
    return []


def _open_to(membership: Membership, item: Entry | Group) -> list[Entry]:
    return [page for page in item.pages if page.is_for(membership)]


def _best(membership: Membership, view_name: str) -> Entry | None:
    """The entry that speaks best for the page."""
    entries = [page for _label, items in MENU for item in items for page in _open_to(membership, item)]
    best = max(entries, key=lambda entry: entry.covers(view_name))
    return best if best.covers(view_name) else None


def _link(item: Entry | Group, pages: list[Entry], lit: Entry | None) -> Link:
    shown = item if len(pages) > 1 else pages[0]
    return Link(reverse(pages[0].url), shown.icon, shown.label, lit in pages)


@cache
def access_of(url: str) -> Access:
    """Who may open the page, as its view says."""
    found = access.of(resolve(reverse(url)).func)
    if found is None:
        raise LookupError(f"{url} is in the menu, but its view does not say who may open it.")
    return found
