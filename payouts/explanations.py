"""Each commission in one sentence from what is stored with it: goal, plan version, rule, base, refunds, rate, result.

Pure text in the reader's language. A publisher never reads about the network's fee or the advertiser's cost.
"""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext

from advertisers.models import PayModel
from advertisers.sentences import flat_rate, percentage
from network import formats
from network.models import Kind, Organization
from network.money import Money
from payouts.arithmetic import Target, Terms, target
from payouts.models import Commission, CommissionStatus, Reason

Status = CommissionStatus
SHORT: Final = 4

PERCENT, BOTH, FLAT = "percent", "both", "flat"
WHOLE, PARTLY, FULLY = "whole", "partly refunded", "fully refunded"
SENTENCES: Final[dict[tuple[str, str], Promise]] = {
    (PERCENT, WHOLE): gettext_lazy("{event}: plan version {version} pays {share} of {base} = {result}."),
    (PERCENT, PARTLY): gettext_lazy(
        "{event}: plan version {version} pays {share} of {base}, less {refunded} refunded = {result}."
    ),
    (PERCENT, FULLY): gettext_lazy(
        "{event}: plan version {version} pays {share} of {base}, all of it refunded = {result}."
    ),
    (BOTH, WHOLE): gettext_lazy("{event}: plan version {version} pays {share} of {base}, plus {flat} = {result}."),
    (BOTH, PARTLY): gettext_lazy(
        "{event}: plan version {version} pays {share} of {base}, less {refunded} refunded, plus {flat} = {result}."
    ),
    (BOTH, FULLY): gettext_lazy(
        "{event}: plan version {version} pays {share} of {base} plus {flat}, all of it refunded = {result}."
    ),
    (FLAT, WHOLE): gettext_lazy("{event}: plan version {version} pays {flat} each = {result}."),
    (FLAT, PARTLY): gettext_lazy(
        "{event}: plan version {version} pays {flat} each, also with {refunded} refunded = {result}."
    ),
    (FLAT, FULLY): gettext_lazy("{event}: plan version {version} pays {flat} each, all of it refunded = {result}."),
    (PayModel.CPM, WHOLE): gettext_lazy("{event}: plan version {version} pays {flat} per thousand = {result}."),
}
OUTCOMES: Final[dict[str, Promise]] = {
    Status.HELD: gettext_lazy("Held: {reason}."),
    Status.DECLINED: gettext_lazy("Declined, nothing is paid: {reason}."),
    Status.REVERSED: gettext_lazy("Reversed, nothing is paid: {reason}."),
}


def explain(commission: Commission, reader: Organization) -> str:
    """For a publisher what it earns and why; for the others also the network's fee and what it costs in all."""
    if reader.kind == Kind.PUBLISHER:
        return for_publisher(commission)
    return for_advertiser(commission)


def for_publisher(commission: Commission) -> str:
    parts = [_sentence(commission, short_order(commission)), _outcome(commission, is_publisher=True)]
    if commission.due and commission.status != Status.HELD:
        parts.append(gettext("The rest waits for the advertiser's balance."))
    return " ".join(filter(None, parts))


def for_advertiser(commission: Commission) -> str:
    order = commission.conversion.order_id if commission.conversion else ""
    parts = [_sentence(commission, order), _fee(commission), _outcome(commission, is_publisher=False)]
    if commission.due:
        parts.append(gettext("The balance does not cover {due} of it yet.").format(due=_money(commission.due)))
    return " ".join(filter(None, parts))


def short_order(commission: Commission) -> str:
    """The end of the order number, enough to talk about it: `…1001`."""
    return shortened(commission.conversion.order_id) if commission.conversion else ""


def shortened(order_id: str) -> str:
    return order_id if len(order_id) <= SHORT else f"…{order_id[-SHORT:]}"


def promised(commission: Commission) -> Target:
    """What the stored facts come to, posted or not."""
    terms = Terms.of(commission.plan, commission.rule)
    return target(terms, base=commission.base, refunded=commission.refunded, count=commission.count)


def event(commission: Commission, order: str) -> str:
    """`Sale, order 1001`; `1,300 impressions on 21 Nov 2026`."""
    if commission.conversion is None:
        return _day(commission)
    if formats.is_persian(_language()):
        order = formats.isolated(order)
    return gettext("{goal}, order {order}").format(goal=commission.goal.label, order=order)


def reason(commission: Commission, *, is_publisher: bool) -> str:
    """The reason in words, with the note of the person who gave it; what is being looked into is no publisher's to read."""
    label = str(Reason(commission.reason).label) if commission.reason in Reason else commission.reason
    hidden = is_publisher and commission.status == Status.HELD
    return f"{label} – {commission.note}" if commission.note and not hidden else label


def _sentence(commission: Commission, order: str) -> str:
    rule, currency = commission.rule, commission.currency
    return str(SENTENCES[_shape(commission), _refunds(commission)]).format(
        event=event(commission, order),
        version=formats.number(commission.plan.version, _language()),
        share=percentage(rule.percent_basis_points),
        flat=flat_rate(rule.flat_micro, currency),
        base=_money(Money(commission.base, currency)),
        refunded=_money(Money(commission.refunded, currency)),
        result=_money(Money(promised(commission).amount, currency)),
    )


def _shape(commission: Commission) -> str:
    rule = commission.rule
    if rule.pay_model == PayModel.CPM:
        return PayModel.CPM
    if rule.percent_basis_points:
        return BOTH if rule.flat_micro else PERCENT
    return FLAT


def _refunds(commission: Commission) -> str:
    if commission.conversion_id and commission.is_fully_refunded:
        return FULLY
    return PARTLY if commission.refunded else WHOLE


def _day(commission: Commission) -> str:
    is_view = commission.rule.pay_model == PayModel.CPM
    texts = (
        ngettext("{count} impression on {day}", "{count} impressions on {day}", commission.count)
        if is_view
        else ngettext("{count} click on {day}", "{count} clicks on {day}", commission.count)
    )
    return texts.format(
        count=formats.number(commission.count, _language()), day=formats.day(commission.day, _language())
    )


def _fee(commission: Commission) -> str:
    result, currency = promised(commission), commission.currency
    return gettext("The network fee of {rate} adds {fee}: {cost} in all.").format(
        rate=percentage(commission.plan.fee_basis_points),
        fee=_money(Money(result.fee, currency)),
        cost=_money(Money(result.cost, currency)),
    )


def _outcome(commission: Commission, *, is_publisher: bool) -> str:
    text = OUTCOMES.get(commission.status)
    return str(text).format(reason=reason(commission, is_publisher=is_publisher)) if text else ""


def _money(value: Money) -> str:
    return str(formats.money(value, _language()))


def _language() -> str:
    return get_language() or "en"
