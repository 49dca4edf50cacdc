"""From what a caller sent to what it reports: a conversion, a refund or a change of status; or to a Rejection."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from tracking.edge import clickid
from tracking.edge.amounts import Amount, read_amount
from tracking.edge.moments import read_moment
from tracking.edge.parse import has_invisible, has_macro
from tracking.edge.refusals import Rejection, invalid_characters, invalid_type, macro_not_replaced, missing, too_long
from tracking.snapshot import Campaign, GoalOfCampaign, Snapshot

type Values = Mapping[str, Any]

PLACEHOLDERS: Final = frozenset(
    {"null", "undefined", "0", "test", "none", "nan", "n/a", "-", "(null)", "[object object]", "order_id", "orderid"}
)
LIMITS: Final = {"order_id": 128, "refund_id": 128, "coupon": 64, "reason": 200, "goal": 40, "click_id": 160}
STATUSES: Final = {
    **dict.fromkeys(["approved", "accepted", "confirmed"], "approved"),
    **dict.fromkeys(["declined", "rejected", "disapproved", "denied", "cancelled", "canceled"], "declined"),
    "pending": "",
}
CUSTOMERS: Final = {"new": "new", "returning": "returning", "existing": "returning"}
MAX_ITEMS: Final = 200


@dataclass(slots=True)
class Report:
    """`key` is what makes it one of a kind (goal, order, trusted); without one it is stored each time."""

    kind: str
    campaign: Campaign
    fields: dict[str, Any]
    key: tuple[str, str, bool] | None
    fingerprint: bytes
    is_foreign: bool = False  # in a known currency that is not the campaign's
    warnings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Reader:
    """Reads the values of one report to one campaign."""

    values: Values
    campaign: Campaign
    snapshot: Snapshot
    keys: clickid.Keys
    is_trusted: bool
    now: float
    warnings: list[str]

    def report(self) -> Report:
        if self.campaign.status == "draft":
            raise Rejection(200, "campaign_not_active", "The campaign has not been started yet.")
        if self.text("goal") == "refund":
            return self._refund()
        click = self._click()
        goal = self._goal()
        order_id = self.identifier("order_id")
        status = self._status()
        amount = self._amount()
        if not order_id:
            raise missing("order_id", "It tells repeated reports of one order from new orders.")
        if status and not click and amount.minor is None and not self.text("coupon"):
            return self._build("status", order_id, amount, goal=goal)
        if not click and not self.text("coupon"):
            raise missing("click_id", "It is the value that came to the landing page in the campaign's parameter.")
        if goal is None:
            raise missing("goal", f"The campaign has these: {', '.join(g.code for g in self._goals())}.")
        if goal.kind == "sale" and amount.minor is None and not status:
            raise missing("amount", "A sale is reported with its amount.")
        if goal.kind == "sale" and amount.minor == 0:
            self.warnings.append("zero_amount")
        return self._build(
            "conversion", order_id, amount, goal=goal, click_id=click, key=(goal.code, order_id, self.is_trusted)
        )

    def _refund(self) -> Report:
        if not self.is_trusted:
            raise Rejection(422, "not_allowed_here", "A refund is reported by the advertiser's server.", "goal")
        order_id, refund_id = self.identifier("order_id"), self.identifier("refund_id")
        if not order_id:
            raise missing("order_id")
        if not refund_id:
            raise missing("refund_id", "It tells repeated reports of one refund from further refunds.")
        amount = self._amount()
        if amount.is_foreign:
            raise _foreign(self.campaign)
        if amount.minor == 0:
            raise Rejection(
                422, "invalid_amount", "A refund is more than zero; leave it out for the whole sale.", "amount"
            )
        return self._build("refund", order_id, amount, key=("refund", f"{order_id}\n{refund_id}", True))

    def _build(
        self,
        kind: str,
        order_id: str,
        amount: Amount,
        *,
        goal: GoalOfCampaign | None = None,
        click_id: str | None = None,
        key: tuple[str, str, bool] | None = None,
    ) -> Report:
        fields = {
            "kind": kind,
            "goal": goal.code if goal else ("refund" if kind == "refund" else None),
            "order_id": order_id,
            "click_id": click_id,
            "amount": amount.minor,
            "currency": amount.currency,
            "coupon": self.text("coupon"),
            "customer": self._customer(),
            "status": self._status() if kind != "refund" else "",
            "items": self._items(),
            "occurred_at": self._occurred_at(),
            "refund_id": self.identifier("refund_id") if kind == "refund" else "",
            "reason": self.text("reason"),
            "test": self._is_test(),
            "warnings": self.warnings,
        }
        return Report(kind, self.campaign, fields, key, amount.fingerprint(), amount.is_foreign, self.warnings)

    def text(self, name: str) -> str:
        """The value without blanks around it, "" when there is none."""
        value = self.values.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise invalid_type(name, "text")
        value = value.strip()
        if (limit := LIMITS.get(name)) and len(value) > limit:
            raise too_long(name, limit)
        return value

    def identifier(self, name: str) -> str:
        value = self.text(name)
        if has_invisible(value):
            raise invalid_characters(name)
        if value and (value.lower() in PLACEHOLDERS or has_macro(value) or value[0] in "{["):
            message = f"The parameter {name} holds a placeholder and not a real id."
            raise Rejection(422, f"placeholder_{name}", message, name)
        return value

    def _click(self) -> str | None:
        text = self.text("click_id")
        if not text:
            return None
        if has_macro(text):
            raise macro_not_replaced("click_id")
        try:
            click = clickid.read(self.keys, text)
        except clickid.MalformedClickId:
            raise _unknown_click() from None
        except clickid.BadClickId:
            raise _bad_click() from None
        partnership = self.snapshot.partnerships.get(click.partnership_id)
        if partnership is None:
            raise _unknown_click()
        if partnership.campaign_id != self.campaign.id:
            raise _bad_click()
        if self.snapshot.organizations.get(partnership.publisher_id) == "suspended":
            raise Rejection(200, "publisher_suspended", "The publisher of this click is suspended.", "click_id")
        return text

    def _goals(self) -> list[GoalOfCampaign]:
        return [goal for goal in self.campaign.goals.values() if not goal.is_counted]

    def _goal(self) -> GoalOfCampaign | None:
        """The named one; without a name the only one there is, else that with the code `sale`."""
        goals = self._goals()
        code = self.text("goal")
        if has_macro(code):
            raise macro_not_replaced("goal")
        if code:
            goal = self.campaign.goals.get(code)
            if goal is None or goal.is_counted:
                known = ", ".join(goal.code for goal in goals)
                raise Rejection(
                    422, "unknown_goal", f"The campaign has no such goal to report; it has: {known}.", "goal"
                )
            return goal
        if len(goals) == 1:
            return goals[0]
        return next((goal for goal in goals if goal.code == "sale"), None)

    def _amount(self) -> Amount:
        return read_amount(self.values.get("amount"), self.values.get("currency"), self.campaign.currency)

    def _status(self) -> str:
        text = self.text("status").lower()
        if not text or not self.is_trusted:
            return ""
        if has_macro(text):
            raise macro_not_replaced("status")
        if text not in STATUSES:
            raise Rejection(422, "invalid_status", "The status is one of approved, declined, pending.", "status")
        return STATUSES[text]

    def _customer(self) -> str:
        text = self.text("customer").lower()
        if text and text not in CUSTOMERS:
            self._warn("invalid_customer")
        return CUSTOMERS.get(text, "")

    def _is_test(self) -> bool:
        value = self.values.get("test")
        if isinstance(value, bool):
            return value
        return self.text("test").lower() in {"1", "true", "yes"}

    def _occurred_at(self) -> str:
        moment = read_moment(self.values.get("timestamp"), self.now)
        if moment is None:
            return datetime.fromtimestamp(self.now, UTC).isoformat()
        if moment.is_late:
            self._warn("late")
        return moment.at.isoformat()

    def _items(self) -> list[dict[str, Any]]:
        items = self.values.get("items")
        if items is None or items == "":
            return []
        if isinstance(items, str):
            self._warn("items_only_in_json")
            return []
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise invalid_type("items", "a list of objects")
        if len(items) > MAX_ITEMS:
            raise too_long("items", MAX_ITEMS)
        if any(not isinstance(value, str | int | float | None) for item in items for value in item.values()):
            raise invalid_type("items", "a list of flat objects")
        return items

    def _warn(self, code: str) -> None:
        if code not in self.warnings:
            self.warnings.append(code)


def _foreign(campaign: Campaign) -> Rejection:
    return Rejection(422, "invalid_currency", f"The campaign's currency is {campaign.currency}.", "currency")


def _unknown_click() -> Rejection:
    return Rejection(422, "unknown_click", "This is not a click id of ours.", "click_id")


def _bad_click() -> Rejection:
    return Rejection(422, "bad_click_id", "This click id is not valid for this campaign.", "click_id")
