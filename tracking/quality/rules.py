"""The rules by number, as in docs/quality.md; CAP is no rule about traffic, but its cases are decided in the same place.

A rule's `version` changes with its meaning, so that an old decision stays explainable; `code` is what a verdict says,
`category` all that a publisher sees of it.
"""

from dataclasses import dataclass
from typing import Final

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FLAG, HOLD, REJECT, WATCH = "F", "H", "R", "W"
"""F and R: invalid, not paid. H: suspect, the commission is held. W: valid, noted for review."""


class Category(models.TextChoices):
    ROBOTS = "robots", _("Automated traffic")
    REPEATED = "repeated", _("Repeated clicks")
    PLACEMENT = "placement", _("Hidden or forced clicks")
    TIMING = "timing", _("Unusual timing")
    IDENTITY = "identity", _("Own or repeated orders")
    LOCATION = "location", _("Location does not match")
    TERMS = "terms", _("Against the campaign's terms")
    OUTCOME = "outcome", _("Returned or unconfirmed orders")
    PATTERN = "pattern", _("Unusual pattern")
    ATTRIBUTION = "attribution", _("Not attributable")
    CAP = "cap", _("The campaign's cap was reached")


@dataclass(frozen=True, slots=True)
class Rule:
    number: str
    code: str
    category: Category
    title: Promise
    action: str
    version: int = 1
    of_events: bool = False  # judged at arrival, click by click

    def __str__(self) -> str:
        return str(self.title)


_c = Category
RULES: Final[dict[str, Rule]] = {
    rule.number: rule
    for rule in (
        Rule("R1", "known_robot", _c.ROBOTS, _("Robot or no browser"), FLAG, of_events=True),
        Rule("R2", "data_centre", _c.ROBOTS, _("Address of a data centre"), FLAG, of_events=True),
        Rule("R3", "prefetch", _c.ROBOTS, _("Fetched ahead of the visitor"), FLAG, of_events=True),
        Rule("R4", "link_preview", _c.ROBOTS, _("Preview of a link or scanner of mail"), FLAG, of_events=True),
        Rule("R5", "fetch_metadata", _c.PLACEMENT, _("Click without a navigation"), REJECT, of_events=True),
        Rule("R6", "duplicate_click", _c.REPEATED, _("Repeated click"), FLAG, of_events=True),
        Rule("R7", "address_burst", _c.REPEATED, _("Burst of clicks from one address"), FLAG, of_events=True),
        Rule("R8", "click_burst", _c.PATTERN, _("Burst of clicks of a publisher"), WATCH),
        Rule("R9", "second_publisher", _c.PLACEMENT, _("Another publisher's click seconds before"), HOLD),
        Rule("R10", "too_fast", _c.TIMING, _("Conversion too soon after the click"), HOLD),
        Rule("R11", "short_stay", _c.TIMING, _("Gone from the advertiser's pages at once"), WATCH),
        Rule("R12", "too_late", _c.TIMING, _("Conversions late after the click"), HOLD),
        Rule("R13", "too_soon", _c.TIMING, _("Conversions within a minute of the click"), HOLD),
        Rule("R14", "self_referral", _c.IDENTITY, _("Buyer and publisher are the same"), HOLD),
        Rule("R15", "repeated_address", _c.IDENTITY, _("Many conversions from one address"), HOLD),
        Rule("R16", "repeated_device", _c.IDENTITY, _("Many conversions of one device"), HOLD),
        Rule("R17", "high_rate", _c.PATTERN, _("Conversion rate too high"), HOLD),
        Rule("R18", "low_rate", _c.PATTERN, _("Conversion rate too low"), WATCH),
        Rule("R19", "few_arrivals", _c.PLACEMENT, _("Clicks that never reach the advertiser's pages"), WATCH),
        Rule("R20", "hidden_address", _c.LOCATION, _("Many buyers behind VPNs, proxies or Tor"), HOLD),
        Rule("R21", "other_country", _c.LOCATION, _("Click and conversion from different countries"), HOLD),
        Rule("R22", "old_software", _c.PATTERN, _("Outdated systems and browsers"), WATCH),
        Rule("R23", "many_sub_ids", _c.PATTERN, _("Too many sub ids"), WATCH),
        Rule("R24", "too_old", _c.TIMING, _("Conversion too long after the click"), REJECT),
        Rule("R25", "velocity", _c.TIMING, _("Conversions at machine speed"), HOLD),
        Rule("R26", "fast_form", _c.TIMING, _("Form filled in too fast"), HOLD),
        Rule("R27", "throwaway_mail", _c.IDENTITY, _("Disposable or role mail address"), HOLD),
        Rule("R28", "paid_search", _c.TERMS, _("Paid traffic where it is forbidden"), HOLD),
        Rule("R29", "undeclared_site", _c.TERMS, _("Traffic from undeclared sites"), WATCH),
        Rule("R30", "coupon_poaching", _c.TERMS, _("Code of another publisher, or click at the checkout"), HOLD),
        Rule("R32", "many_refunds", _c.OUTCOME, _("Many refunds"), HOLD, version=2),
        Rule("R33", "existing_customers", _c.PATTERN, _("Almost only existing customers"), WATCH),
        Rule("R34", "new_publisher", _c.PATTERN, _("First conversions of a publisher"), HOLD),
        Rule("R35", "woken_up", _c.PATTERN, _("Spike after a long silence"), WATCH),
        Rule("R36", "duplicate_account", _c.IDENTITY, _("Another account of the same publisher"), HOLD),
        Rule("R37", "banned_elsewhere", _c.IDENTITY, _("Account of a suspended publisher"), HOLD),
        Rule("R38", "invalid_placement", _c.PLACEMENT, _("Hidden banner"), FLAG, of_events=True),
        Rule("R39", "lookalike_site", _c.TERMS, _("Visitors from a look-alike of the advertiser's site"), HOLD),
        Rule("R40", "unconfirmed", _c.OUTCOME, _("Pixel without the server's confirmation"), HOLD),
        Rule("CAP", "over_cap", _c.CAP, _("More conversions than the campaign's cap"), HOLD),
    )
}
CODES: Final[dict[str, Rule]] = {rule.code: rule for rule in RULES.values()} | {
    "no_user_agent": RULES["R1"],
    "not_a_browser": RULES["R1"],
    "prerender": RULES["R3"],
    "mail_scanner": RULES["R4"],
    "method": RULES["R4"],
    "hidden_tab": RULES["R38"],
}
"""By the reason code of an event or a conversion."""


def category(code: str) -> Category:
    """What the publisher sees of a reason."""
    found = CODES.get(code)
    return found.category if found else (Category.ROBOTS if code == "invalid_click" else Category.ATTRIBUTION)
