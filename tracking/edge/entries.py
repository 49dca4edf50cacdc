"""A report on its way into the inbox: the row it becomes, the answer its caller gets."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Self
from uuid import UUID

from uuid_utils.compat import uuid7

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


@dataclass(slots=True)
class Caller:
    """How the report came, for the log that the advertiser sees. `raw` has the token masked."""

    channel: str
    method: str
    raw: str
    ip: str | None
    user_agent: str


@dataclass(slots=True)
class Entry:
    id: UUID
    received_at: datetime
    campaign_id: int
    caller: Caller
    fields: dict[str, Any]
    kind: str
    key: tuple[str, str, bool] | None
    fingerprint: str = ""
    goals: list[str] = field(default_factory=list)
    currency: str = ""  # of the campaign, when the report is in another
    status: int = 200
    answer: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, report: Report, caller: Caller) -> Self:
        entry = cls(
            *_identity(),
            campaign_id=report.campaign.id,
            caller=caller,
            fields=report.fields,
            kind=report.kind,
            key=report.key,
            fingerprint=report.fingerprint.hex(),
            goals=[goal.code for goal in report.campaign.goals.values() if not goal.is_counted],
            currency=report.campaign.currency if report.is_foreign else "",
        )
        entry.accept()
        return entry

    @classmethod
    def refused(cls, rejection: Rejection, campaign_id: int, caller: Caller, fields: dict[str, Any]) -> Self:
        entry = cls(*_identity(), campaign_id, caller, fields, "rejected", None)
        entry.reject(rejection)
        return entry

    @property
    def is_accepted(self) -> bool:
        return bool(self.answer["status"] == ACCEPTED)

    @property
    def warnings(self) -> list[str]:
        return list(self.fields.get("warnings") or [])

    def accept(self, status: int = 200, reason: str | None = None) -> None:
        self.status = status
        self.answer = _answer(ACCEPTED, str(self.id), reason, self.warnings)

    def duplicate(self, original: str) -> None:
        self.status = 200
        self.answer = _answer(DUPLICATE, original, DUPLICATE, self.warnings) | {"duplicate": True}

    def reject(self, rejection: Rejection) -> None:
        self.status = rejection.status
        self.answer = rejection.answer(id=str(self.id), warnings=self.warnings)

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
            "fingerprint": self.fingerprint,
        }

    def spooled(self) -> dict[str, Any]:
        """Its line in the spool; `from_spool` makes it again."""
        return self.row() | {"kind": self.kind, "goals": self.goals, "currency": self.currency}

    @classmethod
    def from_spool(cls, line: dict[str, Any]) -> Self:
        key = (line["goal_code"], line["order_id"], line["is_trusted"]) if line["goal_code"] else None
        caller = Caller(*(line[name] for name in ("channel", "method", "raw", "ip", "user_agent")))
        return cls(
            UUID(line["id"]),
            datetime.fromisoformat(line["received_at"]),
            line["campaign_id"],
            caller,
            line["fields"],
            line["kind"],
            key,
            line["fingerprint"],
            line["goals"],
            line["currency"],
            line["status_code"],
            line["answer"],
        )


def _identity() -> tuple[UUID, datetime]:
    """A UUIDv7 and the moment in it, to the millisecond: the id alone tells in which partition its row is."""
    made = uuid7()
    return made, datetime.fromtimestamp((made.int >> 80) / 1000, UTC)


def _answer(status: str, identifier: str, reason: str | None, warnings: list[str]) -> dict[str, Any]:
    return {
        "status": status,
        "id": identifier,
        "reason": reason,
        "message": None,
        "field": None,
        "warnings": warnings,
    }
