"""Somebody asks to be forgotten. What tells a person from others is blanked in events, reports and conversions; counts and
money stay as they are. The request itself keeps numbers, and a hint of what was asked for.

Events are blanked some megabytes at a time, each portion in a database transaction with the conversions and reports that
belong to it; so a killed run is simply begun again, and ingest never waits long for a row. Those to the right of us read
in `ErasedConversion` what else is to be forgotten.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from network import audit
from network.actors import Actor
from network.errors import DomainError
from publishers.models import Partnership
from tracking import partitions, retention
from tracking.keys import BadClickId, ClickId, read_click_id
from tracking.models import DeadLetter, ErasedBy, ErasureRequest, Postback
from tracking.workset import PATIENCE


class NotErasable(DomainError):
    code = "not_erasable"
    message = _("This is no such value.")


@transaction.atomic
def request(kind: str, value: str, *, by: Actor) -> ErasureRequest:
    """The work begins when this is committed (`tracking.tasks.erase`)."""
    value = _clean(kind, value.strip())
    made = ErasureRequest.objects.create(kind=kind, value=value, hint=hint(kind, value), requested_by=by.user)
    audit.record(by, "erasure.requested", made, subject=by.organization, kind=kind)
    return made


def _clean(kind: str, value: str) -> str:
    try:
        if kind == ErasedBy.CLICK:
            read_click_id(value)
        elif kind == ErasedBy.ADDRESS:
            return str(ip_address(value))
        elif not value:
            raise ValueError
    except (BadClickId, ValueError):
        raise NotErasable(field="value") from None
    return value


def hint(kind: str, value: str) -> str:
    """Enough to recognise one's own request by."""
    if kind == ErasedBy.CLICK:
        return f"{value[:8]}…"
    return f"{value[: max(1, min(4, len(value) // 3))]}…"


def work(pk: int) -> ErasureRequest | None:
    """Blank all that belongs to the request. May run again after a break: what is blank stays blank, and the numbers go on."""
    found = ErasureRequest.objects.filter(pk=pk, finished_at=None).first()
    if found is None:
        return None
    portions = _Eraser(found.kind, found.value).portions()
    while _portion(pk, portions):
        pass
    with transaction.atomic():
        row = ErasureRequest.objects.select_for_update().get(pk=pk)
        if row.finished_at is None:
            row.value, row.finished_at = "", timezone.now()
            row.save()
            audit.record(
                Actor.system("erasure"), "erasure.finished", row, counts={name: getattr(row, name) for name in COUNTS}
            )
    return row


COUNTS: Final = ("clicks", "impressions", "reports", "conversions", "letters")


@transaction.atomic
def _portion(pk: int, portions: Iterator[dict[str, int]]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(PREPARE)
    counts = next(portions, None)
    if counts is not None and any(counts.values()):
        ErasureRequest.objects.filter(pk=pk).update(**{name: F(name) + number for name, number in counts.items()})
    return counts is not None


def waiting() -> list[int]:
    return list(ErasureRequest.objects.filter(finished_at=None).order_by("pk").values_list("pk", flat=True))


EVENT: Final = (
    "ip = NULL, user_agent = NULL, referrer = '', region = '', city = '', visitor = NULL, extra = NULL, language = ''"
)
PREPARE: Final = """
CREATE TEMPORARY TABLE IF NOT EXISTS erased_click (campaign_id bigint, at timestamptz, nonce bigint) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS erased_conversion (id uuid PRIMARY KEY) ON COMMIT DELETE ROWS;
DELETE FROM erased_click;
DELETE FROM erased_conversion;
"""
OF_CLICKS: Final = """
INSERT INTO erased_conversion SELECT DISTINCT conversion.id FROM erased_click AS click
JOIN tracking_attribution AS attribution ON attribution.clicked_at = click.at AND attribution.click_nonce = click.nonce
JOIN tracking_conversion AS conversion ON conversion.id = attribution.conversion_id
WHERE conversion.campaign_id = click.campaign_id
ON CONFLICT DO NOTHING
"""
OF_ORDER: Final = "INSERT INTO erased_conversion SELECT id FROM tracking_conversion WHERE order_id = %s"
CLICKS_OF_CONVERSIONS: Final = """
INSERT INTO erased_click SELECT conversion.campaign_id, attribution.clicked_at, attribution.click_nonce
FROM erased_conversion AS erased JOIN tracking_conversion AS conversion USING (id)
JOIN tracking_attribution AS attribution ON attribution.conversion_id = conversion.id
WHERE attribution.click_nonce IS NOT NULL
"""
CLICKS: Final = "SELECT campaign_id, at, nonce FROM erased_click"
ERASE_CLICK: Final = f"""
UPDATE tracking_click SET {EVENT} WHERE campaign_id = %s AND at = %s AND nonce = %s
"""  # noqa: S608
PAGES_OF_CLICKS: Final = f"""
WITH erased AS (
    UPDATE {{name}} SET {EVENT} WHERE ctid >= %s AND ctid < %s AND {{which}} RETURNING campaign_id, at, nonce
)
INSERT INTO erased_click SELECT * FROM erased
"""  # noqa: S608
PAGES_OF_IMPRESSIONS: Final = f"UPDATE {{name}} SET {EVENT} WHERE ctid >= %s AND ctid < %s AND {{which}}"  # noqa: S608
ERASE_CONVERSIONS: Final = """
UPDATE tracking_conversion SET customer_key = '', reported_reason = ''
WHERE id IN (SELECT id FROM erased_conversion)
"""
OWNERS: Final = """
DELETE FROM tracking_customerowner AS owner USING tracking_conversion AS conversion
WHERE conversion.id IN (SELECT id FROM erased_conversion)
    AND owner.campaign_id = conversion.campaign_id AND owner.customer_key = conversion.customer_key
"""
FACTS: Final = """
UPDATE tracking_qualityfacts SET address = NULL, device = NULL, mail = NULL
WHERE conversion_id IN (SELECT id FROM erased_conversion)
"""
TELL: Final = """
INSERT INTO tracking_erasedconversion (conversion_id, erased_at) SELECT id, now() FROM erased_conversion
ON CONFLICT DO NOTHING
"""
REPORT: Final = """
raw = '', ip = NULL, user_agent = '', fields = fields - CASE
    WHEN accepted AND processed_at IS NULL THEN '{ip,user_agent,customer_id,customer_key,email,mail,phone,name,kept,touches}'
    ELSE '{ip,user_agent,customer_id,customer_key,email,mail,phone,name,kept,touches,items,reason}' END::text[]
"""
"""One that waits for its processing keeps what money depends on."""
SINCE: Final = """
SELECT least(min(conversion.received_at), min(refund.received_at)) FROM erased_conversion AS erased
JOIN tracking_conversion AS conversion USING (id)
LEFT JOIN tracking_refund AS refund ON refund.conversion_id = erased.id
"""
REPORTS_OF_CONVERSIONS: Final = f"""
UPDATE tracking_postback SET {REPORT}
WHERE conversion_id IN (SELECT id FROM erased_conversion) AND received_at >= %s AND raw <> ''
"""  # noqa: S608
PAGES_OF_REPORTS: Final = f"UPDATE {{name}} SET {REPORT} WHERE ctid >= %s AND ctid < %s AND {{which}}"  # noqa: S608
ERASE_REPORT: Final = f"""
UPDATE tracking_postback SET {REPORT} WHERE campaign_id = %s AND received_at = %s AND id = %s
"""  # noqa: S608
PAGES_OF: Final = {
    "tracking_click": ("clicks", PAGES_OF_CLICKS),
    "tracking_impression": ("impressions", PAGES_OF_IMPRESSIONS),
    "tracking_postback": ("reports", PAGES_OF_REPORTS),
}


@dataclass
class _Eraser:
    kind: str
    value: str

    def portions(self) -> Iterator[dict[str, int]]:
        """Each step is the work of one database transaction; numbers of rows."""
        yield {"letters": self._letters()}
        match self.kind:
            case ErasedBy.CLICK:
                yield self.by_click()
            case ErasedBy.ORDER:
                yield self.by_order()
                yield from self._all_pages("tracking_postback", "fields->>'order_id' = %s AND raw <> ''")
            case ErasedBy.ADDRESS:
                yield from self._all_pages("tracking_click", "ip = %s::inet")
                yield from self._all_pages("tracking_impression", "ip = %s::inet")
                yield from self._all_pages("tracking_postback", "%s IN (host(ip), fields->>'ip')")
            case _:
                yield from self._all_pages("tracking_click", "extra->>'recipient' = %s")
                yield from self._all_pages("tracking_impression", "extra->>'recipient' = %s")

    def by_click(self) -> dict[str, int]:
        click = read_click_id(self.value)
        campaign = Partnership.objects.filter(pk=click.partnership_id).values_list("campaign_id", flat=True).first()
        key = [campaign, moment(click), click.signed_nonce]
        clicks = _run(ERASE_CLICK, key)
        _run("INSERT INTO erased_click VALUES (%s, %s, %s)", key)
        return {"clicks": clicks, **_belongings()}

    def by_order(self) -> dict[str, int]:
        _run(OF_ORDER, [self.value])
        _run(CLICKS_OF_CONVERSIONS)
        return {"clicks": sum(_run(ERASE_CLICK, list(key)) for key in _rows(CLICKS)), **_belongings()}

    def _all_pages(self, table: str, which: str) -> Iterator[dict[str, int]]:
        """In all partitions: nothing tells where somebody left traces."""
        kind, statement = PAGES_OF[table]
        names = [name for _day, name in partitions.existing(table)]
        for name in [*names, f"{table}_default"]:
            if not partitions.exists(name):  # its time was over meanwhile
                continue
            named = statement.replace("{name}", name).replace("{which}", which)
            [[pages]] = _rows("SELECT pg_relation_size(%s::regclass) / current_setting('block_size')::int", [name])
            for first in range(0, pages, retention.PAGES):
                ends = [f"({first},0)", f"({first + retention.PAGES},0)"]
                found = {kind: _run(named, [*ends, self.value])}
                if kind == "clicks" and found[kind]:
                    found |= _belongings()
                yield found

    def _letters(self) -> int:
        """Those that name it, wherever they do."""
        if self.kind == ErasedBy.ORDER:
            return 0
        named = str(read_click_id(self.value).signed_nonce) if self.kind == ErasedBy.CLICK else f'"{self.value}"'
        letters = [one for one in DeadLetter.objects.iterator() if named.encode() in bytes(one.event)]
        for letter in letters:
            DeadLetter.objects.filter(pk=letter.pk).update(event=retention.blanked(bytes(letter.event)))
        return len(letters)


def _belongings() -> dict[str, int]:
    """The conversions that the erased clicks of this transaction earned, and the reports of both."""
    _run(OF_CLICKS)
    _run(OWNERS)  # before the conversions forget whose they are
    conversions = _run(ERASE_CONVERSIONS)
    _run(FACTS)
    _run(TELL)
    [[since]] = _rows(SINCE)
    reports = _run(REPORTS_OF_CONVERSIONS, [since - PATIENCE]) if since else 0
    return {"conversions": conversions, "reports": reports + sum(_run(ERASE_REPORT, key) for key in _unprocessed())}


def _unprocessed() -> list[list[Any]]:
    """Reports of the erased clicks that are no conversions yet; few reports are not, at any time."""
    clicks = {(campaign, at, nonce) for campaign, at, nonce in _rows(CLICKS)}
    if not clicks:
        return []
    found = Postback.objects.filter(
        accepted=True,
        processed_at=None,
        received_at__gte=min(at for _, at, _ in clicks),
        received_at__lte=timezone.now(),
    ).exclude(raw="")
    keys = []
    for one in found.only("campaign_id", "received_at", "id", "fields").iterator():
        try:
            click = read_click_id(one.fields.get("click_id") or "")
        except BadClickId:
            continue
        if (one.campaign_id, moment(click), click.signed_nonce) in clicks:
            keys.append([one.campaign_id, one.received_at, one.id])
    return keys


def _run(statement: str, values: list[Any] | None = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return max(0, int(cursor.rowcount))


def _rows(statement: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def moment(click: ClickId) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=click.at_ms)
