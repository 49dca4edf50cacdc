"""Somebody asks to be forgotten. What tells a person from others is blanked in events, reports and conversions; counts and
money stay as they are. The request itself keeps numbers, and a hint of what was asked for.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from network import audit
from network.actors import Actor
from network.errors import DomainError
from publishers.models import Partnership
from tracking import retention
from tracking.keys import BadClickId, ClickId, read_click_id
from tracking.models import DeadLetter, ErasedBy, ErasureRequest


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
    """Blank all that belongs to the request. May run again: what is blank stays blank, the numbers are those of the first."""
    found = ErasureRequest.objects.filter(pk=pk, finished_at=None).first()
    if found is None:
        return None
    with transaction.atomic():
        row = ErasureRequest.objects.select_for_update().get(pk=pk)
        if row.finished_at:
            return row
        counts = _Eraser(row.kind, row.value).run()
        for name, number in counts.items():
            setattr(row, name, number)
        row.value, row.finished_at = "", timezone.now()
        row.save()
        audit.record(Actor.system("erasure"), "erasure.finished", row, counts=counts)
    return row


def waiting() -> list[int]:
    return list(ErasureRequest.objects.filter(finished_at=None).order_by("pk").values_list("pk", flat=True))


EVENT: Final = (
    "ip = NULL, user_agent = NULL, referrer = '', region = '', city = '', visitor = NULL, extra = NULL, language = ''"
)
EVENTS: Final = {"click": "tracking_click", "impression": "tracking_impression"}
PREPARE: Final = """
CREATE TEMPORARY TABLE erased_click (campaign_id bigint, at timestamptz, nonce bigint) ON COMMIT DROP;
CREATE TEMPORARY TABLE erased_conversion (id uuid) ON COMMIT DROP;
"""
OF_CLICKS: Final = """
INSERT INTO erased_conversion SELECT conversion.id FROM erased_click AS click
JOIN tracking_attribution AS attribution ON attribution.clicked_at = click.at AND attribution.click_nonce = click.nonce
JOIN tracking_conversion AS conversion ON conversion.id = attribution.conversion_id
WHERE conversion.campaign_id = click.campaign_id
"""
CLICKS_OF_CONVERSIONS: Final = """
INSERT INTO erased_click SELECT conversion.campaign_id, attribution.clicked_at, attribution.click_nonce
FROM erased_conversion AS erased JOIN tracking_conversion AS conversion USING (id)
JOIN tracking_attribution AS attribution ON attribution.conversion_id = conversion.id
WHERE attribution.click_nonce IS NOT NULL
"""
ERASE_CLICK: Final = f"""
UPDATE tracking_click SET {EVENT} WHERE campaign_id = %s AND at = %s AND nonce = %s
"""  # noqa: S608
ERASE_CONVERSIONS: Final = """
UPDATE tracking_conversion SET customer_key = '', reported_reason = ''
WHERE id IN (SELECT id FROM erased_conversion)
"""
FACTS: Final = """
UPDATE tracking_qualityfacts SET address = NULL, device = NULL, mail = NULL
WHERE conversion_id IN (SELECT id FROM erased_conversion)
"""
REPORT: Final = """
raw = '', ip = NULL, user_agent = '',
fields = fields - '{ip,user_agent,customer_id,customer_key,email,mail,phone,name,items,reason}'::text[]
"""
REPORTS_OF_CONVERSIONS: Final = f"""
UPDATE tracking_postback SET {REPORT}
WHERE conversion_id IN (SELECT id FROM erased_conversion) AND processed_at IS NOT NULL AND raw <> ''
"""  # noqa: S608
REPORTS_OF_ORDER: Final = f"""
UPDATE tracking_postback SET {REPORT} WHERE fields->>'order_id' = %s
AND (processed_at IS NOT NULL OR NOT accepted) AND raw <> ''
"""  # noqa: S608
REPORTS_OF_ADDRESS: Final = f"""
UPDATE tracking_postback SET {REPORT} WHERE (ip = %s::inet OR fields->>'ip' = %s)
AND (processed_at IS NOT NULL OR NOT accepted)
"""  # noqa: S608


@dataclass
class _Eraser:
    kind: str
    value: str

    def run(self) -> dict[str, int]:
        with connection.cursor() as cursor:
            cursor.execute(PREPARE)
        found = {"click": self.by_click, "order": self.by_order, "address": self.by_address}.get(
            self.kind, self.by_recipient
        )()
        found["conversions"] = self._run(ERASE_CONVERSIONS)
        self._run(FACTS)
        found["reports"] = found.get("reports", 0) + self._run(REPORTS_OF_CONVERSIONS)
        found["letters"] = self._letters()
        return found

    def by_click(self) -> dict[str, int]:
        click = read_click_id(self.value)
        campaign = Partnership.objects.filter(pk=click.partnership_id).values_list("campaign_id", flat=True).first()
        key = [campaign, moment(click), click.signed_nonce]
        self._run("INSERT INTO erased_click VALUES (%s, %s, %s)", key)
        self._run(OF_CLICKS)
        return {"clicks": self._run(ERASE_CLICK, key)}

    def by_order(self) -> dict[str, int]:
        self._run("INSERT INTO erased_conversion SELECT id FROM tracking_conversion WHERE order_id = %s", [self.value])
        self._run(CLICKS_OF_CONVERSIONS)
        with connection.cursor() as cursor:
            cursor.execute("SELECT campaign_id, at, nonce FROM erased_click")
            keys = cursor.fetchall()
        clicks = sum(self._run(ERASE_CLICK, key) for key in keys)
        return {"clicks": clicks, "reports": self._run(REPORTS_OF_ORDER, [self.value])}

    def by_address(self) -> dict[str, int]:
        found = self._events("ip = %s::inet")
        return found | {"reports": self._run(REPORTS_OF_ADDRESS, [self.value, self.value])}

    def by_recipient(self) -> dict[str, int]:
        return self._events("extra->>'recipient' = %s")

    def _events(self, which: str) -> dict[str, int]:
        """In all partitions: nothing tells where somebody left traces."""
        clicks = f"SELECT campaign_id, at, nonce FROM tracking_click WHERE {which}"  # noqa: S608  ours
        self._run(f"INSERT INTO erased_click {clicks}", [self.value])
        self._run(OF_CLICKS)
        return {
            f"{name}s": self._run(f"UPDATE {table} SET {EVENT} WHERE {which}", [self.value])  # noqa: S608  our names
            for name, table in EVENTS.items()
        }

    def _letters(self) -> int:
        """Those that name it, wherever they do."""
        if self.kind == ErasedBy.ORDER:
            return 0
        named = str(read_click_id(self.value).signed_nonce) if self.kind == ErasedBy.CLICK else f'"{self.value}"'
        letters = [one for one in DeadLetter.objects.iterator() if named.encode() in bytes(one.event)]
        for letter in letters:
            DeadLetter.objects.filter(pk=letter.pk).update(event=retention.blanked(bytes(letter.event)))
        return len(letters)

    def _run(self, statement: str, values: Any = None) -> int:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return max(0, int(cursor.rowcount))


def moment(click: ClickId) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=click.at_ms)
