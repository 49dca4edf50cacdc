"""Macros in a publisher's postback address: `{name}`, `{_name}` unencoded, `{name:argument}`, `#name#` as CAKE writes them.

Values are put in once, percent-encoded; what they contain is never looked at again. An unknown macro is empty. Names of
other systems mean ours, in any case of letters (field by field in docs/postbacks.md).
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from network import webhooks
from network.destinations import MAX_URL
from payouts import macro_arguments

SUBS: Final = tuple(f"sub{number}" for number in range(1, 6))
NAMES: Final = (
    *("click_id", "aff_click_id", *SUBS, "source", "payout", "currency", "amount", "campaign_id", "campaign_name"),
    *("publisher_id", "goal", "event", "status", "status_code", "reason", "order_id", "conversion_id", "datetime"),
    *("date", "timestamp", "coupon", "country", "device", "customer", "test", "signature"),
)
_OTHERS: Final[dict[str, str]] = {
    "click_id": "transaction_id clickid reqid subid",
    "aff_click_id": "external_id",
    "payout": "payout_amount price sum revenue",
    "amount": "sale_amount",
    "campaign_id": "offer_id oid campid",
    "campaign_name": "offer_name",
    "publisher_id": "affiliate_id affid pid aff_id",
    "goal": "event_id event_name goal_id",
    "order_id": "adv_sub tid transactionid",
    "conversion_id": "leadid actionid",
    "timestamp": "utcunixtime unixtime conversion_unix_timestamp",
    "datetime": "sourcetime",
    "coupon": "coupon_code promo_code",
    "country": "country_code",
    "device": "device_type",
    "reason": "statusdetail",
    "sub1": "aff_sub",
}
ALIASES: Final[dict[str, str]] = {
    **{other: ours for ours, others in _OTHERS.items() for other in others.split()},
    **{f"aff_sub{number}": f"sub{number}" for number in range(2, 6)},
    **{f"{start}{number}": f"sub{number}" for start in ("s", "subid", "sub_id", "sub_id_") for number in range(1, 6)},
}
EXPLAINED: Final[tuple[tuple[str, Promise], ...]] = (
    ("{aff_click_id}", _("Your own click id, as it came on the click")),
    ("{sub1} … {sub5}", _("Your sub ids")),
    ("{source}", _("Your traffic source")),
    ("{click_id}", _("Our click id")),
    ("{conversion_id}", _("The number of the conversion; the same in all its events")),
    ("{payout}", _("What you earn, such as 8.00")),
    ("{currency}", _("Its currency")),
    ("{amount}", _("What the shopper paid, less refunds")),
    ("{event}", _("recorded, changed, approved, declined, reversed, refunded")),
    ("{status}", _("pending, held, approved, declined, reversed")),
    ("{status:lead=0 sale=1 rejected=2}", _("The same in your tracker's words: pending or held, approved, declined")),
    ("{status_code}", _("1 approved, 2 pending, 3 declined, 5 held")),
    ("{reason}", _("Why it was declined or held")),
    ("{goal}", _("The code of the goal")),
    ("{campaign_id}, {campaign_name}", _("The campaign")),
    ("{publisher_id}", _("You")),
    ("{order_id}", _("The end of the order number")),
    ("{datetime}, {timestamp}", _("When it happened, in UTC")),
    ("{date:Y-m-d H:i,Asia/Tehran}", _("The same in a form and time zone of your own")),
    ("{coupon}", _("The coupon code used")),
    ("{country}, {device}", _("Of the click")),
    ("{customer}", _("new or returning, where the shop says so")),
    ("{test}", _("1 in tests")),
    ("{signature}", _("Proof that the call is ours")),
)
MACRO: Final = re.compile(
    r"\{(?P<raw>_?)(?P<name>[A-Za-z0-9_]{1,40})(?::(?P<argument>[^{}]{1,200}))?\}"
    r"|#(?P<hash>[A-Za-z][A-Za-z0-9_]{0,39})#"
)
CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]")


def fill(template: str, facts: Mapping[str, str], secret: str) -> str:
    """The address to call. `signature` is made here, of other facts (`signed_text`)."""
    known = {**facts, "signature": webhooks.hex_signature(secret, signed_text(facts))}
    scheme, _, rest = template.partition("://")
    filled = MACRO.sub(lambda found: _value(found, known), rest)
    return f"{scheme}://{filled}"[: MAX_URL * 4]


def signed_text(facts: Mapping[str, str]) -> str:
    names = ("conversion_id", "event", "payout", "currency", "timestamp")
    return ".".join(facts.get(name, "") for name in names)


def without_spaces(template: str) -> str:
    """An address has none; in the argument of a macro they are written as such."""
    return MACRO.sub(lambda found: found[0].replace(" ", "%20"), template)


def our_name(name: str) -> str:
    """Ours for any spelling; "" for an unknown one."""
    name = name.lower()
    return name if name in NAMES else ALIASES.get(name, "")


def unknown(template: str) -> list[str]:
    """Macros in the address that nothing fills, as written."""
    return [
        found[0]
        for found in MACRO.finditer(template)
        if not (name := _meant(found)) or not macro_arguments.is_understood(name, _argument(found))
    ]


def has_macro_host(template: str) -> bool:
    """A macro must not say to which host the call goes."""
    return bool(MACRO.search(urlsplit(template).netloc))


def _value(found: re.Match[str], known: Mapping[str, str]) -> str:
    name, argument = _meant(found), _argument(found)
    value = macro_arguments.applied(name, argument, known) if argument else known.get(name, "")
    if found["raw"]:
        return CONTROLS.sub("", value).replace(" ", "%20")
    return quote(value, safe="")


def _argument(found: re.Match[str]) -> str:
    return unquote(found["argument"] or "")


def _meant(found: re.Match[str]) -> str:
    """Our name. Where the underscore is the sign for unencoded, the name after it was looked up already."""
    name = found["name"] or found["hash"] or ""
    return our_name(name) or (our_name(f"_{name}") if found["raw"] else "")
