"""The main menu: one list for all kinds of organizations. A page joins by its url name; apps are named, not imported."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from network.access import ALL_KINDS
from network.models import Kind, Membership
from network.roles import Can, allows


@dataclass(frozen=True, slots=True)
class Entry:
    """`url` is a url name. The entry is lit on that page and on all pages of the same noun (`campaign-…` of `campaign-list`)."""

    url: str
    icon: str
    label: Promise
    kinds: frozenset[Kind] = ALL_KINDS
    can: Can = Can.VIEW
    section: Promise | None = None
    also: tuple[str, ...] = ()  # further url name prefixes that belong to this entry

    def is_for(self, membership: Membership) -> bool:
        return membership.organization.kind in self.kinds and allows(membership.role, self.can)

    def covers(self, view_name: str) -> bool:
        noun = self.url.rpartition("-")[0]
        prefixes = (f"{noun}-", *self.also) if noun else self.also
        return view_name == self.url or view_name.startswith(prefixes)


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


NETWORK: Final = frozenset({Kind.NETWORK})
PUBLISHER: Final = frozenset({Kind.PUBLISHER})
BUYERS: Final = frozenset({Kind.ADVERTISER, Kind.AGENCY, Kind.NETWORK})

ENTRIES: Final[tuple[Entry, ...]] = (
    Entry("reporting:home", "layout-dashboard", _("Home")),
    Entry("publishers:campaign-find", "search", _("Find campaigns"), PUBLISHER),
    Entry("publishers:partnership-list", "heart-handshake", _("My campaigns"), PUBLISHER, also=("publishers:link-",)),
    Entry("publishers:partner-list", "users", _("Publishers"), BUYERS),
    Entry("publishers:profile", "world-www", _("Profile and properties"), PUBLISHER, also=("publishers:property-",)),
)
"""In the order of the menu. Add an entry together with its page; entries of one section stand together."""


def sections(membership: Membership, view_name: str) -> list[Section]:
    """The menu of this member, the entry of the page `view_name` lit (the most specific one, if several cover it)."""
    entries = [entry for entry in ENTRIES if entry.is_for(membership)]
    lit = max((entry for entry in entries if entry.covers(view_name)), key=lambda entry: len(entry.url), default=None)
    found: list[Section] = []
    for entry in entries:
        if not found or entry.section != found[-1].label:
            found.append(Section(entry.section))
        found[-1].links.append(Link(reverse(entry.url), entry.icon, entry.label, entry is lit))
    return found


def url_names() -> Iterator[str]:
    return (entry.url for entry in ENTRIES)
