"""The columns of the breakdown report: what each says, how it is worked out, and for whom it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from network.models import Kind
from network.money import Money, to_major
from reporting.breakdowns import Line


@dataclass(frozen=True, slots=True)
class Column:
    code: str
    label: Promise
    formula: Promise
    kind: Literal["number", "percent", "money"]
    value: Callable[[Line], Any]
    for_buyers_only: bool = False

    def plain(self, line: Line) -> str:
        """For a file: ASCII digits, money in major units, percent as a number; empty where there is no value."""
        value = self.value(line)
        if value is None:
            return ""
        if isinstance(value, Money):
            return f"{to_major(value):f}"
        return f"{float(value) * 100:.4f}" if self.kind == "percent" else str(value)


def _figure(name: str) -> Callable[[Line], Any]:
    return lambda line: getattr(line, name)


COLUMNS: Final = (
    Column("clicks", _("Clicks"), _("Valid clicks: unique + duplicate"), "number", _figure("clicks")),
    Column(
        "unique_clicks",
        _("Unique clicks"),
        _("First valid click of a visitor on a link within 24 hours"),
        "number",
        _figure("unique_clicks"),
    ),
    Column(
        "conversions",
        _("Conversions"),
        _("Attributed and valid, neither declined nor reversed; pending ones are in"),
        "number",
        _figure("conversions"),
    ),
    Column(
        "cr",
        _("CR"),
        _("All conversions ÷ clicks; those by a view or a code, without a click, are in"),
        "percent",
        _figure("conversion_rate"),
    ),
    Column(
        "commission", _("Commission"), _("Commissions after refunds, pending ones included"), "money", _figure("earned")
    ),
    Column("epc", _("EPC"), _("Commission ÷ clicks"), "money", _figure("epc")),
    Column(
        "approved_commission",
        _("Approved commission"),
        _("Commissions that are approved, locked or paid"),
        "money",
        _figure("earned_approved"),
    ),
    Column("cost", _("Cost"), _("Commission + network fee"), "money", _figure("cost"), for_buyers_only=True),
    Column("sales", _("Net sales"), _("What buyers paid, less refunds"), "money", _figure("net_sales")),
    Column("aov", _("AOV"), _("Net sales ÷ conversions with an amount"), "money", _figure("average_order")),
    Column(
        "pending",
        _("Pending"),
        _("Commissions that wait for a decision, held ones included"),
        "number",
        _figure("pending"),
    ),
    Column("approved", _("Approved"), _("Approved, locked and paid commissions"), "number", _figure("approved")),
    Column("declined", _("Declined"), _("Declined and reversed commissions"), "number", _figure("declined")),
    Column("approval", _("Approval rate"), _("Approved ÷ (approved + declined)"), "percent", _figure("approval_rate")),
    Column(
        "view_conversions",
        _("View-through"),
        _("Conversions earned by a view, without a click. They are among the conversions: others call those Total CV"),
        "number",
        _figure("view_conversions"),
    ),
    Column(
        "impressions",
        _("Impressions"),
        _("Valid impressions. Robots and repeated loads are not among them."),
        "number",
        _figure("impressions"),
    ),
    Column("ctr", _("CTR"), _("Clicks ÷ impressions"), "percent", _figure("click_through_rate")),
    Column(
        "gross_clicks",
        _("Gross clicks"),
        _("All clicks: valid + invalid + diverted"),
        "number",
        _figure("gross_clicks"),
    ),
    Column(
        "duplicate_clicks", _("Duplicate clicks"), _("Clicks − unique clicks"), "number", _figure("duplicate_clicks")
    ),
    Column(
        "invalid_clicks",
        _("Invalid clicks"),
        _("Clicks that failed a quality rule, such as robots. They are kept, never paid."),
        "number",
        _figure("invalid_clicks"),
    ),
    Column(
        "diverted_clicks",
        _("Diverted clicks"),
        _("Clicks sent to a fallback page: out of target, over a cap, paused"),
        "number",
        _figure("diverted_clicks"),
    ),
)


def columns_for(kind: str) -> tuple[Column, ...]:
    return tuple(one for one in COLUMNS if not one.for_buyers_only or kind != Kind.PUBLISHER)
