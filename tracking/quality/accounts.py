"""Publishers that are one: by a declared site, by people, by mailbox (however it is spelled), by where they log in.

Passwords cannot be compared (each has its own salt). Payout accounts join when there are any.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from network.models import Kind, LoginAddress, Membership, Organization, OrganizationStatus
from publishers.models import Property
from tracking import mailboxes
from tracking.quality import hosts

SHARED_HOSTS: Final = frozenset(
    "instagram.com facebook.com fb.com youtube.com youtu.be t.me telegram.me twitter.com x.com tiktok.com linkedin.com"
    " pinterest.com reddit.com medium.com wordpress.com blogspot.com blogger.com tumblr.com github.io sites.google.com"
    " aparat.com eitaa.com rubika.ir virgool.io bale.ai ble.ir linktr.ee play.google.com apps.apple.com cafebazaar.ir"
    " myket.ir twitch.tv snapchat.com vk.com ok.ru discord.gg discord.com whatsapp.com wa.me".split()
)
"""On them the path tells whose page it is."""

type Mark = tuple[str, str]
"""What two may have in common: its kind, and the value."""


@dataclass(frozen=True, slots=True)
class Twin:
    """Another account and what it shares with this one: "site", "person", "mail", "address"."""

    organization: Organization
    same: tuple[str, ...]


def twins(publishers: Iterable[int]) -> dict[int, list[Twin]]:
    """Of each of these publishers the others that share something with it, the oldest first."""
    everybody = {
        one.pk: one for one in Organization.objects.filter(kind=Kind.PUBLISHER).only("public_id", "status", "name")
    }
    owners: dict[Mark, set[int]] = defaultdict(set)
    for organization, mark in _marks():
        if organization in everybody:
            owners[mark].add(organization)
    wanted = set(publishers)
    shared: dict[int, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for (kind, _), those in owners.items():
        for one in those & wanted:
            for other in those - {one}:
                shared[one][other].add(kind)
    return {
        one: [Twin(everybody[other], tuple(sorted(kinds))) for other, kinds in sorted(others.items())]
        for one, others in shared.items()
    }


def site(address: str) -> str:
    """The host; on a platform the page, too. Empty where the address names a whole platform."""
    host = hosts.host(address)
    if not any(hosts.is_within(host, shared) for shared in SHARED_HOSTS):
        return host
    if host not in SHARED_HOSTS:
        return host  # a name of its own below the platform's
    page = urlsplit(address).path.strip("/").lower()
    return f"{host}/{page}" if page else ""


def _marks() -> Iterator[tuple[int, Mark]]:
    for organization, url in Property.objects.filter(removed_at=None).values_list("publisher_id", "url"):
        if found := site(url):
            yield organization, ("site", found)
    websites = Organization.objects.filter(kind=Kind.PUBLISHER).exclude(website="")
    for organization, url in websites.values_list("pk", "website"):
        if found := site(url):
            yield organization, ("site", found)
    people = Membership.objects.filter(organization__kind=Kind.PUBLISHER)
    for organization, user, address in people.values_list("organization_id", "user_id", "user__email"):
        yield organization, ("person", str(user))
        if box := mailboxes.normal(address):
            yield organization, ("mail", box)
    logins = LoginAddress.objects.filter(user__memberships__organization__kind=Kind.PUBLISHER)
    for organization, number in logins.values_list("user__memberships__organization_id", "number"):
        yield organization, ("address", str(number))


def is_suspended(twin: Twin) -> bool:
    return twin.organization.status == OrganizationStatus.SUSPENDED
