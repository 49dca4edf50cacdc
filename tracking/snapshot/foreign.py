"""Ids of the systems that campaigns came from, as far as staff imported what they stand for here.

Several accounts of one system may have moved here, and their numbers repeat. A request that names its account asks for
what was imported of that one, or without an account; from the others an id counts as far as it can mean one thing only.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from tracking.snapshot.holding import Snapshot
from tracking.snapshot.kinds import BY_TEXT, Source, Table
from tracking.snapshot.records import Row


class Ours(NamedTuple):
    """`value`: a link's or a goal's code, else a public id. `campaign_id`: 0 for what belongs to none.

    Of a campaign: `accepts_unsigned`, whether reports without a token are read; `allowed_ips`, only from these networks.
    """

    value: str
    campaign_id: int
    accepts_unsigned: bool
    allowed_ips: tuple[str, ...]


def _ours(row: Row) -> Ours:
    return Ours(row[1], row[2], row[3], tuple(row[4]))


FOREIGN: Final[Table[Ours]] = Table(
    "foreign",
    f"""
    SELECT f.name, coalesce(l.code, g.code, r.public_id, o.public_id, c.public_id),
           coalesce(f.campaign_id, 0), f.accepts_unsigned, f.allowed_ips
    FROM tracking_foreignid f
    LEFT JOIN publishers_trackinglink l ON l.id = f.link_id
    LEFT JOIN advertisers_goal g ON g.id = f.goal_id
    LEFT JOIN advertisers_creative r ON r.id = f.creative_id
    LEFT JOIN network_organization o ON o.id = f.publisher_id
    LEFT JOIN advertisers_campaign c ON c.id = f.campaign_id
    {BY_TEXT.format("f.name")}""",  # noqa: S608
    (Source("tracking_foreignid", "name"),),
    _ours,
)

_ACCOUNTS: Final = " accounts"  # in `Snapshot.derived`, beside codes of links, which have no blank
_CAMPAIGNS: Final = " campaigns"


class Account(NamedTuple):
    """Whose ids a request speaks of. `names`: the accounts that come into question; `is_told`: the request says which."""

    system: str
    names: tuple[str, ...]
    is_told: bool = False

    def meanings(self, snapshot: Snapshot, kind: str, foreign_id: str) -> list[Ours]:
        """What it stands for in each of the accounts; of one that is told in it, else without an account."""
        known, head = FOREIGN.of(snapshot), f"{self.system} {kind}"
        found = [ours for name in self.names if (ours := known.get(f"{head} {name} {foreign_id}"))]
        return found[:1] if self.is_told else found

    def meaning(self, snapshot: Snapshot, kind: str, foreign_id: str, campaign_id: int | None = None) -> Ours | None:
        """Of that campaign, if one is given. None too where it could mean one thing or another."""
        found = {
            (ours.value, ours.campaign_id): ours
            for ours in self.meanings(snapshot, kind, foreign_id)
            if campaign_id in {None, ours.campaign_id}
        }
        return next(iter(found.values())) if len(found) == 1 else None

    def alone(self) -> "Iterable[Account]":
        """Each of them by itself."""
        return [Account(self.system, (name,)) for name in self.names]


def account(snapshot: Snapshot, system: str, named: str = "", host: str = "") -> Account:
    """`named`: what the request calls it; `host`: where it was sent, which tells if it is an account's name."""
    known = accounts(snapshot).get(system, ())
    if named and any(known):
        return Account(system, (named.lower(), ""), is_told=True)
    if host and host in known:
        return Account(system, (host, ""), is_told=True)
    return Account(system, known)


def accounts(snapshot: Snapshot) -> dict[str, tuple[str, ...]]:
    """By system, those of which something was imported; "" is without one."""
    found: Any = snapshot.derived.get(_ACCOUNTS)
    if found is None:
        names: dict[str, set[str]] = {}
        for name in FOREIGN.of(snapshot):
            system, _kind, its_account, _id = name.split(" ", 3)
            names.setdefault(system, set()).add(its_account)
        found = {system: tuple(sorted(some)) for system, some in names.items()}
        snapshot.derived[_ACCOUNTS] = found
    return found  # type: ignore[no-any-return]


def hosts(snapshot: Snapshot) -> frozenset[str]:
    """Accounts that are called by the host name that their links have."""
    found: Any = snapshot.derived.get(" hosts")
    if found is None:
        found = frozenset(name for some in accounts(snapshot).values() for name in some if "." in name)
        snapshot.derived[" hosts"] = found
    return found  # type: ignore[no-any-return]


def campaigns(snapshot: Snapshot, system: str) -> dict[str, list[Ours]]:
    """By account, the campaigns that were imported of a system."""
    found: Any = snapshot.derived.get(_CAMPAIGNS)
    if found is None:
        found = {}
        for name, ours in FOREIGN.of(snapshot).items():
            its_system, kind, its_account, _id = name.split(" ", 3)
            if kind == "campaign":
                found.setdefault(its_system, {}).setdefault(its_account, []).append(ours)
        snapshot.derived[_CAMPAIGNS] = found
    return found.get(system, {})  # type: ignore[no-any-return]
