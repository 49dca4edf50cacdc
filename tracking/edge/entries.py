"""A report on its way into the inbox: the row it becomes, the answer its caller gets."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

import orjson
from uuid_utils import UUID, uuid7

from tracking.edge.refusals import Rejection
from tracking.edge.reports import Report

ACCEPTED, DUPLICATE = "accepted", "duplicate"
CONFLICT: Final = Rejection(
    409,
    "conflicting_duplicate",
    "This order was reported before with another amount or currency; the first report stands and this one is kept "
    "for review.",
    "order_id",
)
SPOOLED: Final = "spooled"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_USUAL: Final = b'{"status":"accepted","id":"%s","reason":null,"message":null,"field":null,"warnings":[]}'


@dataclass(slots=True)
class Caller:
    """How the report came, for the log that the advertiser sees. `raw` has secrets masked."""

    channel: str
    method: str
    raw: str
    ip: str | None
    user_agent: str


@dataclass(slots=True)
class Entry:
    """`id` is a UUIDv7: the moment in it, to the millisecond, is when the report came."""

    id: UUID
    campaign_id: int
    caller: Caller
    fields: dict[str, Any]
    kind: str
    key: tuple[str, str, bool] | None
    fingerprint: bytes = b""
    goals: tuple[str, ...] = ()  # of a refund: those whose sales it may be about
    currency: str = ""  # of the campaign, when the report is in another
    status: int = 200
    verdict: str = ACCEPTED
    reason: str | None = None
    original: str = ""  # of a duplicate: the id of the first report
    rejection: Rejection | None = None

    @classmethod
    def of(cls, report: Report, caller: Caller) -> Self:
        campaign = report.campaign
        return cls(
            uuid7(),
            campaign.id,
            caller,
            report.fields,
            report.kind,
            report.key,
            report.fingerprint,
            tuple(goal.code for goal in campaign.goals.values() if not goal.is_counted)
            if report.kind == "refund"
            else (),
            campaign.currency if report.is_foreign else "",
        )

    @classmethod
    def refused(cls, rejection: Rejection, campaign_id: int, caller: Caller, fields: dict[str, Any]) -> Self:
        entry = cls(uuid7(), campaign_id, caller, fields, "rejected", None)
        entry.reject(rejection)
        return entry

    @property
    def is_accepted(self) -> bool:
        return self.verdict == ACCEPTED

    @property
    def received_at(self) -> datetime:
        return EPOCH + timedelta(milliseconds=self.id.timestamp)

    @property
    def warnings(self) -> list[str]:
        return self.fields.get("warnings") or []

    @property
    def answer(self) -> dict[str, Any]:
        if self.rejection:
            return self.rejection.answer(id=str(self.id), warnings=self.warnings)
        found = {
            "status": self.verdict,
            "id": self.original or str(self.id),
            "reason": self.reason,
            "message": None,
            "field": None,
            "warnings": self.warnings,
        }
        return found | {"duplicate": True} if self.original else found

    @property
    def body(self) -> bytes:
        """The answer as JSON."""
        if self.verdict == ACCEPTED and self.reason is None and not self.fields.get("warnings"):
            return _USUAL % str(self.id).encode()
        return orjson.dumps(self.answer)

    def accept(self, status: int = 200, reason: str | None = None) -> None:
        self.status, self.verdict, self.reason = status, ACCEPTED, reason
        self.original, self.rejection = "", None

    def duplicate(self, original: str) -> None:
        self.status, self.verdict, self.reason, self.original = 200, DUPLICATE, DUPLICATE, original

    def reject(self, rejection: Rejection) -> None:
        self.status, self.verdict, self.reason, self.rejection = rejection.status, "rejected", rejection.code, rejection

    def warn(self, code: str) -> None:
        if code not in self.warnings:  # another try after a break would say it again
            self.fields["warnings"] = [*self.warnings, code]

    def sale(self) -> dict[str, Any]:
        """For a refund: which sale it is about."""
        return {
            "id": str(self.id),
            "campaign_id": self.campaign_id,
            "sale": self.fields["order_id"],
            "goals": self.goals,
        }

    def row(self) -> dict[str, Any]:
        goal_code, order_id, is_trusted = self.key or (None, None, None)
        return {
            "id": str(self.id),
            "campaign_id": self.campaign_id,
            "received_at": self.received_at.isoformat(),
            "channel": self.caller.channel,
            "method": self.caller.method,
            "raw": self.caller.raw,
            "fields": self.fields,
            "ip": self.caller.ip,
            "user_agent": self.caller.user_agent,
            "status_code": self.status,
            "answer": self.answer,
            "accepted": self.is_accepted,
            "goal_code": goal_code,
            "order_id": order_id,
            "is_trusted": is_trusted,
            "fingerprint": self.fingerprint.hex(),
        }

    def spooled(self) -> dict[str, Any]:
        """Its line in the spool; `from_spool` makes it again."""
        return self.row() | {"kind": self.kind, "goals": self.goals, "currency": self.currency}

    @classmethod
    def from_spool(cls, line: dict[str, Any]) -> Self:
        """Only what was accepted is in the spool."""
        key = (line["goal_code"], line["order_id"], line["is_trusted"]) if line["goal_code"] else None
        caller = Caller(*(line[name] for name in ("channel", "method", "raw", "ip", "user_agent")))
        return cls(
            UUID(line["id"]),
            line["campaign_id"],
            caller,
            line["fields"],
            line["kind"],
            key,
            bytes.fromhex(line["fingerprint"]),
            tuple(line["goals"]),
            line["currency"],
            line["status_code"],
            reason=line["answer"]["reason"],
        )
