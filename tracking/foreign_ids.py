"""Ids of other systems: read from a table that people paste, shown before they count, and then kept.

Columns: system, kind, id over there, ours; staff may add accepts_unsigned (yes) and allowed_ips (networks, separated by
blanks); the last is the account over there. `ours` is a public id; of a link its code; of a goal "campaign/code". See
docs/compatibility.md.
"""

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign, Creative, Goal, Scope, System
from network import audit
from network.actors import Actor
from network.errors import DomainError
from network.models import Kind, Organization
from publishers import links
from publishers.models import Partnership, PartnershipStatus, TrackingLink
from tracking.models import ForeignId, ForeignKind

MAX_ROWS: Final = 5_000
HEADERS: Final = frozenset({"system", "kind", "foreign_id"})
YES: Final = frozenset({"1", "yes", "true", "x"})
DELIMITERS: Final = ",;\t"
COLUMNS: Final = ("system", "kind", "foreign_id", "ours", "accepts_unsigned", "allowed_ips", "account")
ACCOUNT: Final = re.compile(r"[0-9A-Za-z._-]{0,64}", re.ASCII)

type Error = str | Promise


class NothingToTakeIn(DomainError):
    code = "nothing_to_take_in"
    message = _("No row could be read. The columns are: system, kind, id over there, ours.")


class TooManyRows(DomainError):
    code = "too_many_rows"
    message = _("At most 5,000 rows at once.")


@dataclass(slots=True)
class Row:
    """`target` is what it stands for; `error` why it is left out; `others`: accounts with the same id for something else."""

    number: int
    system: str
    kind: str
    foreign_id: str
    ours: str
    account: str = ""
    accepts_unsigned: bool = False
    allowed_ips: list[str] = field(default_factory=list)
    target: Campaign | Organization | Creative | Goal | TrackingLink | None = None
    error: Error = ""
    is_new: bool = True
    others: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.system} {self.kind} {self.account} {self.foreign_id}"

    @property
    def id(self) -> tuple[str, str, str]:
        return self.system, self.kind, self.foreign_id


def read(text: str, *, account: str = "", by: Actor) -> list[Row]:
    """Each row with what it stands for, or with its error. `account`: of the rows that name none. Raises NothingToTakeIn,
    TooManyRows.
    """
    rows = list(_rows(text, account))
    if not rows:
        raise NothingToTakeIn
    if len(rows) > MAX_ROWS:
        raise TooManyRows
    known = {one.name: one for one in ForeignId.objects.filter(name__in=[row.name for row in rows])}
    seen: set[str] = set()
    accounts = accounts_of({row.id for row in rows})
    for row in rows:
        row.error = row.error or _check(row, by) or _repeated(row, seen)
        existing = known.get(row.name)
        row.is_new = existing is None
        if existing and not row.error and not _may_change(existing, by):
            row.error = _("This id stands for something of somebody else.")
        row.others = sorted(accounts.get(row.id, set()) - {row.account})
    return rows


def accounts_of(ids: Collection[tuple[str, str, str]]) -> dict[tuple[str, str, str], set[str]]:
    """In which accounts each id (system, kind, id over there) is known."""
    numbers = {foreign_id for _system, _kind, foreign_id in ids}
    found: dict[tuple[str, str, str], set[str]] = {}
    known = ForeignId.objects.filter(foreign_id__in=numbers).exclude(kind=ForeignKind.LINK)
    for system, kind, foreign_id, account in known.values_list("system", "kind", "foreign_id", "account"):
        found.setdefault((system, kind, foreign_id), set()).add(account)
    return found


@transaction.atomic
def take_in(rows: Iterable[Row], *, by: Actor) -> int:
    """Keep the rows without an error, in place of what these ids stood for; the number of them."""
    good = [row for row in rows if not row.error and row.target]
    for row in good:
        ForeignId.objects.update_or_create(
            system=row.system, kind=row.kind, account=row.account, foreign_id=row.foreign_id, defaults=_values(row)
        )
    for campaign in {row.target for row in good if isinstance(row.target, Campaign)}:
        audit.record(by, "foreign_ids.imported", campaign, count=len(good))
    if good and not any(isinstance(row.target, Campaign) for row in good):
        assert by.organization  # noqa: S101  people act for one
        audit.record(by, "foreign_ids.imported", by.organization, count=len(good))
    connect({row.system for row in good}, by=by)
    return len(good)


@transaction.atomic
def forget(foreign: ForeignId, *, by: Actor) -> None:
    subject = foreign.campaign or foreign.publisher
    assert subject  # noqa: S101  a constraint of the table
    audit.record(by, "foreign_ids.forgotten", subject, name=foreign.name)
    foreign.delete()


def connect(systems: Iterable[str], *, by: Actor) -> int:
    """Give each imported publisher a link in each imported campaign that it promotes, so that its old links lead there.

    The number made. Also run by the clock: partnerships begin after an import too.
    """
    made = 0
    for system in systems:
        publishers = ForeignId.objects.filter(system=system, kind=ForeignKind.PUBLISHER)
        names: dict[str, dict[int, list[str]]] = {}
        for account, publisher_id, foreign_id in publishers.values_list("account", "publisher_id", "foreign_id"):
            if publisher_id:
                names.setdefault(account, {}).setdefault(publisher_id, []).append(foreign_id)
        for account, its_names in names.items():
            for partnership in _partnerships(system, account, its_names):
                for foreign_id in its_names[partnership.publisher_id]:
                    made += _connect(system, account, partnership, foreign_id, by)
    return made


def _partnerships(system: str, account: str, publishers: Iterable[int]) -> QuerySet[Partnership]:
    kinds = [ForeignKind.CAMPAIGN, ForeignKind.CREATIVE]
    campaigns = ForeignId.objects.filter(system=system, account=account, kind__in=kinds).values("campaign")
    found = Partnership.objects.filter(campaign__in=campaigns, publisher__in=list(publishers))
    return found.filter(status=PartnershipStatus.ACTIVE).select_related("campaign")


def _connect(system: str, account: str, partnership: Partnership, foreign_id: str, by: Actor) -> int:
    names: dict[str, Any] = {
        "system": system,
        "account": account,
        "kind": ForeignKind.LINK,
        "foreign_id": f"{partnership.campaign.public_id}|{foreign_id}",
    }
    known = ForeignId.objects.filter(**names)
    if known.filter(link__retired_at=None).exists():
        return 0
    link = links.grab(partnership, by=by)
    known.update_or_create(**names, defaults={"link": link, "campaign": partnership.campaign})
    return 1


def _rows(text: str, account: str) -> Iterator[Row]:
    text = text.removeprefix("\ufeff").replace("\x00", "")
    first = text.lstrip().partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    for number, cells in enumerate(csv.reader(io.StringIO(text), delimiter=delimiter), start=1):
        values = [cell.strip() for cell in cells] + [""] * len(COLUMNS)
        if not any(values) or HEADERS & {value.lower().replace(" ", "_") for value in values[:3]}:
            continue
        system, kind, foreign_id, ours, accepts, ips, its_account = values[: len(COLUMNS)]
        of = (its_account or account).strip().lower()
        yield Row(number, system.lower(), kind.lower(), foreign_id, ours, of, accepts.lower() in YES, ips.split())


def _check(row: Row, by: Actor) -> Error:
    if row.system not in System.values:
        return _("The system is not one of those that are understood.")
    if row.kind not in ForeignKind.values:
        return _("The kind is one of campaign, publisher, creative, goal, link, token.")
    if error := _check_names(row):
        return error
    if (row.accepts_unsigned or row.allowed_ips) and (row.kind != ForeignKind.CAMPAIGN or not _is_staff(by)):
        return _("Only the network's staff may let a campaign take reports without a token.")
    try:
        row.allowed_ips = [str(ip_network(text, strict=False)) for text in row.allowed_ips]
    except ValueError:
        return _("The networks are addresses such as 203.0.113.7 or 203.0.113.0/24.")
    row.target = _target(row, by)
    return "" if row.target else _("There is nothing with this id that you manage.")


def _check_names(row: Row) -> Error:
    if not row.foreign_id or len(row.foreign_id) > 128 or not row.foreign_id.isprintable():
        return _("The id over there has 1 to 128 visible characters.")
    if not ACCOUNT.fullmatch(row.account):
        return _("The account has at most 64 letters, digits, points, hyphens and underscores.")
    return ""


def _repeated(row: Row, seen: set[str]) -> Error:
    if row.name in seen:
        return _("This id stands in the table twice.")
    seen.add(row.name)
    return ""


def _target(row: Row, by: Actor) -> Campaign | Organization | Creative | Goal | TrackingLink | None:
    assert by.organization  # noqa: S101  people act for one
    campaigns = Campaign.objects.run_by(by.organization, Scope.CAMPAIGNS)
    match row.kind:
        case ForeignKind.CAMPAIGN | ForeignKind.TOKEN:
            return campaigns.filter(public_id=row.ours).first()
        case ForeignKind.PUBLISHER:
            publishers = Organization.objects.filter(kind=Kind.PUBLISHER, public_id=row.ours)
            return publishers.first() if _is_staff(by) else None
        case ForeignKind.CREATIVE:
            return Creative.objects.filter(campaign__in=campaigns, public_id=row.ours).first()
        case ForeignKind.GOAL:
            public_id, _slash, code = row.ours.partition("/")
            return Goal.objects.filter(campaign__in=campaigns.filter(public_id=public_id), code=code).first()
        case _:
            own = TrackingLink.objects.filter(partnership__campaign__in=campaigns, code=row.ours)
            owner = Campaign.objects.filter(public_id=row.foreign_id.partition("|")[0]).first()
            return (own.filter(partnership__campaign=owner) if owner else own).first()  # as `_connect` names them


def _values(row: Row) -> dict[str, object]:
    target = row.target
    values: dict[str, object] = dict.fromkeys(("publisher", "creative", "goal", "link"))
    values |= {"accepts_unsigned": row.accepts_unsigned, "allowed_ips": row.allowed_ips}
    match target:
        case Campaign():
            return values | {"campaign": target}
        case TrackingLink():
            return values | {"link": target, "campaign": target.partnership.campaign}
        case Creative():
            return values | {"creative": target, "campaign": target.campaign}
        case Goal():
            return values | {"goal": target, "campaign": target.campaign}
    return values | {"publisher": target, "campaign": None}


def _may_change(existing: ForeignId, by: Actor) -> bool:
    assert by.organization  # noqa: S101  people act for one
    return ForeignId.objects.visible_to(by.organization).filter(pk=existing.pk).exists()


def _is_staff(by: Actor) -> bool:
    return bool(by.organization and by.organization.kind == Kind.NETWORK)
