"""From what a caller sent to what it reports: a conversion, a refund or a change of status; or to a Rejection."""

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tracking.edge import clickid
from tracking.edge.amounts import Amount, read_amount
from tracking.edge.callers import parsed
from tracking.edge.clickid import looks_like_one
from tracking.edge.items import read_items
from tracking.edge.moments import read_moment
from tracking.edge.parse import has_invisible, has_macro
from tracking.edge.profiles import Profile
from tracking.edge.refusals import Rejection, invalid_characters, invalid_type, macro_not_replaced, missing, too_long
from tracking.mailboxes import Told, told
from tracking.snapshot import Campaign, GoalOfCampaign, Snapshot
from tracking.snapshot.campaigns import ONCE_PER_CLICK
from tracking.snapshot.foreign import Account, campaigns

type Values = Mapping[str, Any]

PLACEHOLDERS: Final = frozenset(
    {"null", "undefined", "0", "test", "none", "nan", "n/a", "-", "(null)", "[object object]", "order_id", "orderid"}
)
PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]*", re.ASCII)  # no macro, nothing invisible
LIMITS: Final = {
    "order_id": 128,
    "refund_id": 128,
    "coupon": 64,
    "reason": 200,
    "goal": 40,
    "click_id": 160,
    "publisher": 64,
    "customer_id": 320,
    "ch": 40,
}
STATUSES: Final = {
    **dict.fromkeys(["approved", "accepted", "confirmed", "locked", "closed", "cleared", "paid"], "approved"),
    **dict.fromkeys(["declined", "rejected", "disapproved", "denied", "cancelled", "canceled", "void"], "declined"),
    **dict.fromkeys(["reversed", "refunded", "chargeback"], "declined"),
    **dict.fromkeys(["pending", "new"], ""),
    **dict.fromkeys(["held", "hold", "on-hold", "on hold", "on_hold", "extended", "outside of terms"], "held"),
}
"""Whatever their profile. What is locked or paid over there is approved here: locking and paying are done here again."""
CUSTOMERS: Final = {"new": "new", "returning": "returning", "existing": "returning"}
OURSELVES: Final = frozenset({"aw", "affiliate", "peyvand", "pvd"})
"""Values of `ch` by which the advertiser says that this network had the last paid click."""
TRUE: Final = frozenset({"1", "true", "yes"})


@dataclass(slots=True)
class Report:
    """`key` is what makes it one of a kind (goal, order, trusted); without one it is stored each time."""

    kind: str
    campaign: Campaign
    fields: dict[str, Any]
    key: tuple[str, str, bool] | None
    fingerprint: bytes
    is_foreign: bool = False  # in a known currency that is not the campaign's


@dataclass(slots=True)
class Setting:
    """What a report is read with beside its own values. `customer_key`: what customers' ids are hashed with."""

    snapshot: Snapshot
    keys: clickid.Keys
    customer_key: bytes
    is_trusted: bool
    profile: Profile | None = None
    takes_foreign_clicks: bool = False
    whose: Account | None = None  # with a profile: whose ids are meant


@dataclass(slots=True)
class Reader:
    """Reads the values of one report to one campaign. `fields` has what is there; what is not given is not in it."""

    values: Values
    campaign: Campaign
    setting: Setting
    now: float
    warnings: list[str]

    def report(self) -> Report:
        if self.campaign.status == "draft":
            raise Rejection(200, "campaign_not_active", "The campaign has not been started yet.")
        values = self.values
        if values.get("goal") == "refund" or self.text("goal") == "refund":
            return self._refund()
        click = self._click()
        goal = self._goal()
        order_id = self.identifier("order_id")
        status = self._status() if "status" in values else None
        amount = self._amount()
        if not order_id:
            order_id = self._order_of(click, goal)
        others = self.text("coupon") or (self.setting.is_trusted and self.text("publisher"))
        if status is not None and status and not click and amount.minor is None and not others:
            return self._built("status", order_id, amount, goal=goal, status=status)
        if not click and not others:
            raise missing("click_id", "It is the value that came to the landing page in the campaign's parameter.")
        if goal is None:
            raise missing("goal", f"The campaign has these: {', '.join(g.code for g in self._goals())}.")
        if goal.kind == "sale" and amount.minor is None and not status:
            raise missing("amount", "A sale is reported with its amount.")
        if goal.kind == "sale" and amount.minor == 0:
            self._warn("zero_amount")
        once = ONCE_PER_CLICK.of(self.campaign)
        told_apart_by = f"click-{click[-32:]}" if once and click and goal.code in once else order_id
        key = (goal.code, told_apart_by, self.setting.is_trusted)
        return self._built("conversion", order_id, amount, goal=goal, click_id=click, status=status, key=key)

    def _order_of(self, click: str | None, goal: GoalOfCampaign | None) -> str:
        """An install has no order number: one counts per click. So it is with other systems' reports, in their words."""
        if not click or not (self.setting.profile or (goal and goal.kind == "install")):
            raise missing("order_id", "It tells repeated reports of one order from new orders.")
        if self.setting.profile:
            self._warn("order_id_from_click")
        return f"click-{click[-32:]}"

    def _refund(self) -> Report:
        if not self.setting.is_trusted:
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
        found = self._built("refund", order_id, amount, key=("refund", f"{order_id}\n{refund_id}", True))
        found.fields |= {"goal": "refund", "refund_id": refund_id}
        return found

    def _built(
        self,
        kind: str,
        order_id: str,
        amount: Amount,
        *,
        goal: GoalOfCampaign | None = None,
        click_id: str | None = None,
        status: str | None = None,
        key: tuple[str, str, bool] | None = None,
    ) -> Report:
        fields: dict[str, Any] = {
            "kind": kind,
            "goal": goal.code if goal else None,
            "order_id": order_id,
            "click_id": click_id,
            "amount": amount.minor,
            "currency": amount.currency,
        }
        if status:
            fields["status"] = status
        values = self.values
        for name, read in _FURTHER.items():
            if name in values and (value := read(self)):
                fields[_PLACES.get(name, name)] = value
        if "customer_id" in values and (mail := self._mail()):
            fields["mail"] = mail
        if self.setting.profile:
            fields["profile"] = self.setting.profile.system
        if self.warnings:
            fields["warnings"] = self.warnings
        return Report(kind, self.campaign, fields, key, amount.fingerprint(), amount.is_foreign)

    def text(self, name: str) -> str:
        """The value without blanks around it, "" when there is none."""
        value = self.values.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise invalid_type(name, "text")
        value = value.strip()
        if len(value) > 40 and (limit := LIMITS.get(name)) and len(value) > limit:
            raise too_long(name, limit)
        return value

    def identifier(self, name: str) -> str:
        value = self.text(name)
        if not value or (PLAIN.fullmatch(value) and value.lower() not in PLACEHOLDERS):
            return value
        if has_invisible(value):
            raise invalid_characters(name)
        if value.lower() in PLACEHOLDERS or has_macro(value) or value[0] in "{[":
            message = f"The parameter {name} holds a placeholder and not a real id."
            raise Rejection(422, f"placeholder_{name}", message, name)
        return value

    def _click(self) -> str | None:
        text = self.text("click_id")
        if not text:
            return None
        try:
            click = clickid.read(self.setting.keys, text)
        except clickid.MalformedClickId:
            return self._foreign_click(text)
        except clickid.BadClickId:
            raise _bad_click() from None
        snapshot = self.setting.snapshot
        partnership = snapshot.partnerships.get(click.partnership_id)
        if partnership is None:
            raise _unknown_click()
        if partnership.campaign_id != self.campaign.id:
            raise _bad_click()
        if snapshot.organizations.get(partnership.publisher_id) == "suspended":
            raise Rejection(200, "publisher_suspended", "The publisher of this click is suspended.", "click_id")
        return text

    def _foreign_click(self, text: str) -> str:
        """A click id of the system that the campaign came from; which click of ours it is, is looked up later."""
        if has_macro(text):
            raise macro_not_replaced("click_id")
        is_one = FOREIGN_CLICK.fullmatch(text) and not text.startswith(clickid.PREFIX)
        if not is_one or not self.setting.takes_foreign_clicks:
            raise _unknown_click()
        return text

    def _goals(self) -> list[GoalOfCampaign]:
        return [goal for goal in self.campaign.goals.values() if not goal.is_counted]

    def _goal(self) -> GoalOfCampaign | None:
        """The named one; without a name the only one there is, else that with the code `sale`."""
        code = self.text("goal")
        if code:
            goal = self.campaign.goals.get(code)
            if goal is not None and not goal.is_counted:
                return goal
            if has_macro(code):
                raise macro_not_replaced("goal")
            if self.setting.profile and (goal := self._foreign_goal(code)):
                return goal
            known = ", ".join(goal.code for goal in self._goals())
            raise Rejection(422, "unknown_goal", f"The campaign has no such goal to report; it has: {known}.", "goal")
        goals = self._goals()
        if len(goals) == 1:
            return goals[0]
        return next((goal for goal in goals if goal.code == "sale"), None)

    def _foreign_goal(self, code: str) -> GoalOfCampaign | None:
        """A goal's number in the other system, alone or behind that of its campaign; its base conversion has none."""
        assert self.setting.whose  # noqa: S101  asked only where there is one
        for name in (f"{self.text('campaign_foreign')}:{code}", code):
            ours = self.setting.whose.meaning(self.setting.snapshot, "goal", name, self.campaign.id)
            if ours and (goal := self.campaign.goals.get(ours.value)):
                return None if goal.is_counted else goal
        return None

    def _amount(self) -> Amount:
        return read_amount(self.values.get("amount"), self.values.get("currency"), self.campaign.currency)

    def _status(self) -> str:
        """`approved`, `declined` or `held`; "" while undecided."""
        text = self.text("status").lower()
        if not text or not self.setting.is_trusted:
            return ""
        if has_macro(text):
            raise macro_not_replaced("status")
        profile = self.setting.profile
        found = profile.statuses.get(text) if profile else None
        if found is None and (found := STATUSES.get(text)) is None:
            raise Rejection(422, "invalid_status", "The status is one of approved, declined, held, pending.", "status")
        return found

    def customer(self) -> str:
        text = self.text("customer").lower()
        if text and text not in CUSTOMERS:
            self._warn("invalid_customer")
        return CUSTOMERS.get(text, "")

    def customer_id(self) -> str:
        """Never the id itself: a keyed hash tells that two orders are of one customer, and nothing more."""
        value = self.values.get("customer_id")
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else self.text("customer_id")
        if not text or has_macro(text):
            return ""
        return hmac.digest(self.setting.customer_key, text.casefold().encode(), "sha256").hex()[:32]

    def _mail(self) -> Told:
        """What a mail address among customers' ids tells, for quality's rules; the address itself goes no further."""
        value = self.values["customer_id"]
        return told(self.setting.customer_key, value) if isinstance(value, str) and "@" in value else {}

    def filled_in(self) -> int:
        """Milliseconds that the form took, as `tag.js` measures it."""
        value = self.values["filled_in"]
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else self.text("filled_in")
        if FILLED_IN.fullmatch(text):
            return int(text)
        if text:
            self._warn("invalid_filled_in")
        return 0

    def publisher(self) -> str:
        """Our public id of the publisher, also where the other system's id was sent; "" unless a server says it."""
        text, whose, snapshot = self.text("publisher"), self.setting.whose, self.setting.snapshot
        if not text or not self.setting.is_trusted:
            return ""
        if whose and not whose.is_told:  # of the accounts that this campaign came from
            known = campaigns(snapshot, whose.system).items()
            names = [name for name, imported in known if any(one.campaign_id == self.campaign.id for one in imported)]
            whose = whose._replace(names=tuple(names) or whose.names)
        ours = whose.meaning(snapshot, "publisher", text) if whose else None
        return ours.value if ours else text

    def touches(self) -> list[str]:
        """Ids of the buyer's earlier clicks, the newest of them; which are ours is seen when they are read."""
        given = self.values["touches"]
        listed = given.split(",") if isinstance(given, str) else given if isinstance(given, list) else []
        ids = [text.strip() for text in listed if isinstance(text, str) and looks_like_one(text.strip())]
        if len(ids) < len(listed):
            self._warn("invalid_touches")
        return ids[-MAX_TOUCHES:]

    def won_by(self) -> str:
        """The other channel to which the advertiser gives the order; such orders are reported too, and earn nothing."""
        text = self.text("ch").lower()
        return "" if text in OURSELVES else text

    def is_true(self, name: str) -> bool:
        value = self.values.get(name)
        return value if isinstance(value, bool) else self.text(name).lower() in TRUE

    def occurred_at(self) -> str:
        moment = read_moment(self.values.get("timestamp"), self.now)
        if moment is None:
            return ""
        if moment.is_late:
            self._warn("late")
        return moment.at.isoformat()

    def _warn(self, code: str) -> None:
        if code not in self.warnings:
            self.warnings.append(code)


MAX_TOUCHES: Final = 20
FILLED_IN: Final = re.compile(r"[1-9][0-9]{0,7}", re.ASCII)
MAX_AGENT: Final = 512
FOREIGN_CLICK: Final = re.compile(r"[A-Za-z0-9_.:-]{4,128}", re.ASCII)
_FURTHER: Final[dict[str, Callable[[Reader], Any]]] = {
    "coupon": lambda reader: reader.text("coupon"),
    "customer": Reader.customer,
    "customer_id": Reader.customer_id,
    "items": lambda reader: read_items(reader.values["items"], reader.campaign.currency),
    "timestamp": Reader.occurred_at,
    "reason": lambda reader: reader.text("reason"),
    "test": lambda reader: reader.is_true("test"),
    "publisher": Reader.publisher,
    "ch": Reader.won_by,
    "touches": Reader.touches,
    "filled_in": Reader.filled_in,
    "ip": lambda reader: str(parsed(reader.text("ip"))),  # in its one spelling
    "user_agent": lambda reader: reader.text("user_agent")[:MAX_AGENT],
    "disable_postback": lambda reader: reader.is_true("disable_postback"),
    "kept": lambda reader: reader.values["kept"],
}
"""What not every report has, by its name: how it is read."""
_PLACES: Final = {"timestamp": "occurred_at", "ch": "won_by"}


def _foreign(campaign: Campaign) -> Rejection:
    return Rejection(422, "invalid_currency", f"The campaign's currency is {campaign.currency}.", "currency")


def _unknown_click() -> Rejection:
    return Rejection(422, "unknown_click", "This is not a click id of ours.", "click_id")


def _bad_click() -> Rejection:
    return Rejection(422, "bad_click_id", "This click id is not valid for this campaign.", "click_id")
