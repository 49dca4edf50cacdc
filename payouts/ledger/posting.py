"""Writing: one entry at a time, once per key, never below a floor."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, connection
from django.db.models import Model
from django.db.transaction import TransactionManagementError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from network.errors import DomainError
from payouts.accounts import FLOORS, Account
from payouts.models.books import JournalEntry, Posting

CHECK_VIOLATION: Final = "23514"


class InsufficientFunds(DomainError):
    code = "insufficient_funds"
    message = _("The balance does not cover this.")


class KeyReused(RuntimeError):
    """An idempotency key that stands for another entry: a bug in the caller, never a user's error."""


class NothingToPost(ValueError):
    """An entry without postings would only use up its key."""


class UnknownEntry(LookupError):
    """No entry has this key."""


@dataclass(frozen=True, slots=True)
class Move:
    """`amount` > 0 minor units."""

    source: Account
    target: Account
    amount: int


def move(source: Account, target: Account, amount: int) -> list[Move]:
    """No move for 0; a negative amount goes the other way."""
    if amount == 0:
        return []
    return [Move(source, target, amount)] if amount > 0 else [Move(target, source, -amount)]


@dataclass(frozen=True, slots=True)
class Entry:
    id: UUID
    is_new: bool


def post(
    kind: str,
    *,
    key: str,
    moves: Sequence[Move],
    source: Model,
    effective_at: datetime | None = None,
    plan: Model | None = None,
    corrects: str = "",
) -> Entry:
    """Write one entry, once per key, and return it; the same again returns the first.

    `source` is the object that caused it (it has a `public_id`), `corrects` the key of the entry that this one corrects.
    One entry per database transaction, which is the caller's: its locks are then taken in one order, and entries never
    wait for each other in a ring. Raises InsufficientFunds (nothing is written then), NothingToPost, KeyReused.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("an entry belongs to the database transaction of its cause")
    if not moves:
        raise NothingToPost(key)
    source_type, source_id = _named(source)
    fingerprint = _fingerprint(kind, moves, (source_type, source_id), plan, corrects)
    ids = _account_ids({account for each in moves for account in (each.source, each.target)})
    balances = _lock(ids.values())
    found = _find(key, fingerprint)
    if found:
        return found
    _refuse_below_floor(moves, ids, balances)
    row = {
        "kind": kind,
        "key": key,
        "fingerprint": fingerprint,
        "source_type": source_type,
        "source_id": source_id,
        "plan": plan.pk if plan else None,
        "corrects": entry_id(corrects) if corrects else None,
        "effective_at": effective_at or timezone.now(),
    }
    made = _insert_entry(row)
    if made is None:  # written meanwhile by somebody who shares no lock with this entry
        found = _find(key, fingerprint)
        if found is None:
            raise UnknownEntry(key)
        return found
    _insert_postings(made, moves, ids)
    return Entry(made, is_new=True)


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry to be written. Its key was never used: it belongs to something that is made in the same transaction."""

    kind: str
    key: str
    moves: Sequence[Move]
    source: Model
    effective_at: datetime
    plan: Model


def post_all(drafts: Sequence[Draft]) -> list[bool]:
    """Write these in their order, all locks taken at once as for one entry, and nothing else in the transaction. False for
    one that a balance does not cover: it is left out, as if `post` had raised InsufficientFunds."""
    if not connection.in_atomic_block:
        raise TransactionManagementError("entries belong to the database transaction of their causes")
    if not drafts:
        return []
    ids = _account_ids({account for draft in drafts for each in draft.moves for account in (each.source, each.target)})
    balances = _lock(ids.values())
    covered = [_is_covered(draft.moves, ids, balances) for draft in drafts]
    written = [draft for draft, is_covered in zip(drafts, covered, strict=True) if is_covered]
    made = _insert_entries(written)
    Posting.objects.bulk_create(
        Posting(
            entry_id=made[draft.key],
            from_account_id=ids[each.source],
            to_account_id=ids[each.target],
            currency=each.source.currency,
            amount=each.amount,
        )
        for draft in written
        for each in draft.moves
    )
    return covered


def _is_covered(moves: Sequence[Move], ids: Mapping[Account, int], balances: dict[int, tuple[int, int]]) -> bool:
    """If so, `balances` are moved on to what they are then."""
    try:
        _refuse_below_floor(moves, ids, balances)
    except InsufficientFunds:
        return False
    for each in moves:
        for account, amount in ((ids[each.source], -each.amount), (ids[each.target], each.amount)):
            if account in balances:
                balance, floor = balances[account]
                balances[account] = balance + amount, floor
    return True


def _insert_entries(drafts: Sequence[Draft]) -> dict[str, UUID]:
    """By their keys."""
    columns: list[list[Any]] = [
        [draft.kind for draft in drafts],
        [draft.key for draft in drafts],
        [_fingerprint(draft.kind, draft.moves, _named(draft.source), draft.plan, "") for draft in drafts],
        [_named(draft.source)[0] for draft in drafts],
        [_named(draft.source)[1] for draft in drafts],
        [draft.plan.pk for draft in drafts],
        [draft.effective_at for draft in drafts],
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_entry (kind, idempotency_key, fingerprint, source_type, source_id, plan_version_id,"
            " effective_at) SELECT * FROM unnest(%s::text[], %s::text[], %s::bytea[], %s::text[], %s::text[],"
            " %s::bigint[], %s::timestamptz[]) RETURNING idempotency_key, id",
            columns,
        )
        return dict(cursor.fetchall())


def entry_id(key: str) -> UUID:
    found = JournalEntry.objects.filter(idempotency_key=key).values_list("id", flat=True).first()
    if found is None:
        raise UnknownEntry(key)
    return found


def _named(source: Model) -> tuple[str, str]:
    return str(source._meta.model_name), str(getattr(source, "public_id", source.pk))


def _fingerprint(kind: str, moves: Sequence[Move], source: tuple[str, str], plan: Model | None, corrects: str) -> bytes:
    """SHA-256 of what the entry says; its times are not part of it."""
    lines = [[str(each.source), str(each.target), each.source.currency, each.amount] for each in moves]
    said = [kind, lines, *source, plan.pk if plan else None, corrects]
    return hashlib.sha256(json.dumps(said, separators=(",", ":")).encode()).digest()


def _account_ids(accounts: set[Account]) -> dict[Account, int]:
    """The ids of these accounts; those used for the first time are opened, in one order."""
    found = _find_accounts(accounts)
    missing = sorted(accounts - found.keys(), key=str)
    if missing:
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO ledger_account (kind, owner_id, currency, floor) VALUES (%s, %s, %s, %s)"
                " ON CONFLICT DO NOTHING",
                [(each.kind, each.owner, each.currency, FLOORS[each.kind]) for each in missing],
            )
        found = _find_accounts(accounts)
    return found


def _find_accounts(accounts: set[Account]) -> dict[Account, int]:
    ordered = list(accounts)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, kind, owner_id, currency FROM ledger_account JOIN"
            " unnest(%s::text[], %s::bigint[], %s::text[]) AS asked (k, o, c)"
            " ON kind = k AND owner_id IS NOT DISTINCT FROM o AND currency = c",
            [
                [each.kind for each in ordered],
                [each.owner for each in ordered],
                [each.currency for each in ordered],
            ],
        )
        return {Account(kind, owner, currency): pk for pk, kind, owner, currency in cursor.fetchall()}


def _lock(accounts: Iterable[int]) -> dict[int, tuple[int, int]]:
    """(balance, floor) of the guarded ones among these accounts, locked in the order of their ids before any posting."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id, balance, floor FROM ledger_balance JOIN ledger_account ON id = account_id"
            " WHERE account_id = ANY(%s) ORDER BY account_id FOR UPDATE OF ledger_balance",
            [list(accounts)],
        )
        return {account: (balance, floor) for account, balance, floor in cursor.fetchall()}


def _find(key: str, fingerprint: bytes) -> Entry | None:
    found = JournalEntry.objects.filter(idempotency_key=key).values_list("id", "fingerprint").first()
    if found is None:
        return None
    if bytes(found[1]) != fingerprint:
        raise KeyReused(key)
    return Entry(found[0], is_new=False)


def _refuse_below_floor(
    moves: Sequence[Move], ids: Mapping[Account, int], balances: Mapping[int, tuple[int, int]]
) -> None:
    """What the trigger would refuse posting by posting is known before: the balances are locked."""
    left = {account: balance for account, (balance, _floor) in balances.items()}
    for each in moves:
        giver, taker = ids[each.source], ids[each.target]
        if taker in left:
            left[taker] += each.amount
        if giver in left:
            left[giver] -= each.amount
            if left[giver] < balances[giver][1]:
                raise InsufficientFunds


def _insert_entry(row: Mapping[str, Any]) -> UUID | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_entry (kind, idempotency_key, fingerprint, source_type, source_id, plan_version_id,"
            " corrects_id, effective_at) VALUES (%(kind)s, %(key)s, %(fingerprint)s, %(source_type)s, %(source_id)s,"
            " %(plan)s, %(corrects)s, %(effective_at)s) ON CONFLICT (idempotency_key) DO NOTHING RETURNING id",
            row,
        )
        made = cursor.fetchone()
        return made[0] if made else None


def _insert_postings(entry: UUID, moves: Sequence[Move], ids: Mapping[Account, int]) -> None:
    try:
        Posting.objects.bulk_create(
            Posting(
                entry_id=entry,
                from_account_id=ids[each.source],
                to_account_id=ids[each.target],
                currency=each.source.currency,
                amount=each.amount,
            )
            for each in moves
        )
    except IntegrityError as error:
        if getattr(error.__cause__, "sqlstate", "") == CHECK_VIOLATION and "below floor" in str(error):
            raise InsufficientFunds from error
        raise
