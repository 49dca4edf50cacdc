"""What is told about a conversion to its publisher: the values of all macros, as text."""

from datetime import UTC, datetime
from typing import Final

from django.utils import timezone

from network.money import Money, to_major
from payouts import explanations
from payouts.models import Commission, Delivery
from payouts.models.deliveries import DeliveryQuerySet
from publishers.models import PublisherPostback
from tracking.keys import BadClickId, read_click_id
from tracking.models import Click, Conversion, Postback

STATUS_CODES: Final = {"approved": "1", "locked": "1", "paid": "1", "pending": "2", "declined": "3", "reversed": "3"}
OTHER_STATUS: Final = "5"  # held, in the words of Affise


def lacks_click(delivery: Delivery) -> bool:
    """Its click is known to be on its way: the sub ids come with it."""
    conversion = delivery.commission and delivery.commission.conversion
    return bool(conversion and conversion.subs is None and conversion.link_id)


def with_all(found: DeliveryQuerySet) -> DeliveryQuerySet:
    related = ("postback", "commission__conversion__attribution", "commission__campaign", "commission__goal")
    return found.select_related(*related, "commission__publisher")


def gather(delivery: Delivery) -> dict[str, str]:
    commission = delivery.commission
    if commission is None or commission.conversion is None:
        return sample(delivery.postback, delivery.happened_at, delivery.event)
    conversion = commission.conversion
    return {
        **_click_facts(conversion),
        **_times(delivery.happened_at),
        "click_id": _click_id(conversion),
        "payout": _major(delivery.amount, commission.currency),
        "currency": commission.currency,
        "amount": "" if conversion.amount is None else _major(commission.base - delivery.refunded, commission.currency),
        "campaign_id": commission.campaign.public_id,
        "campaign_name": commission.campaign.name,
        "publisher_id": commission.publisher.public_id,
        "goal": commission.goal.code,
        "event": delivery.event,
        "status": delivery.state,
        "status_code": STATUS_CODES.get(delivery.state, OTHER_STATUS),
        "reason": delivery.reason,
        "order_id": explanations.shortened(conversion.order_id),
        "conversion_id": commission.public_id,
        "coupon": conversion.coupon,
        "customer": conversion.customer,
        "test": "",
    }


def sample(postback: PublisherPostback, at: datetime, event: str) -> dict[str, str]:
    """Of a conversion that never was; `{test}` is 1."""
    return {
        **_times(at),
        "click_id": "v1.test",
        "aff_click_id": "test-click",
        **{f"sub{number}": f"test{number}" for number in range(1, 6)},
        "source": "test",
        "payout": "1.00",
        "currency": "USD",
        "amount": "10.00",
        "campaign_id": postback.partnership.campaign.public_id if postback.partnership else "test",
        "campaign_name": postback.partnership.campaign.name if postback.partnership else "Test",
        "publisher_id": postback.publisher.public_id,
        "goal": postback.goal.code if postback.goal else "sale",
        "event": event,
        "status": "pending",
        "status_code": "2",
        "reason": "",
        "order_id": "…test",
        "conversion_id": "test",
        "coupon": "",
        "customer": "",
        "country": "IR",
        "device": "phone",
        "test": "1",
    }


def _click_facts(conversion: Conversion) -> dict[str, str]:
    subs = [*(conversion.subs or []), "", "", "", "", ""]
    facts = {f"sub{number}": subs[number - 1] for number in range(1, 6)}
    click = _click(conversion)
    extra = (click.extra or {}) if click else {}
    return facts | {
        "aff_click_id": str(extra.get("click") or ""),
        "source": click.source if click else "",
        "country": click.country if click else "",
        "device": click.device if click else "",
    }


def _click(conversion: Conversion) -> Click | None:
    attribution = getattr(conversion, "attribution", None)
    if attribution is None or attribution.clicked_at is None or attribution.click_nonce is None:
        return None
    found = Click.objects.filter(
        campaign_id=conversion.campaign_id, at=attribution.clicked_at, nonce=attribution.click_nonce
    )
    return found.first()


def report_of(conversion: Conversion) -> Postback | None:
    """The call that reported it; its log is kept for a limited time."""
    found = Postback.objects.filter(
        campaign_id=conversion.campaign_id, received_at=conversion.received_at, id=conversion.pk
    )
    return found.first()


def _click_id(conversion: Conversion) -> str:
    """The one that was reported, unless that was of another click than the one which earned: perhaps another publisher's."""
    report = report_of(conversion)
    reported = str(report.fields.get("click_id") or "") if report else ""
    attribution = getattr(conversion, "attribution", None)
    try:
        is_its = attribution is None or read_click_id(reported).signed_nonce == attribution.click_nonce
    except BadClickId:  # of the system that the campaign came from
        is_its = attribution is None or attribution.click_nonce is not None
    return reported if is_its else ""


def _times(at: datetime) -> dict[str, str]:
    utc = at.astimezone(UTC)
    return {
        "datetime": f"{utc:%Y-%m-%d %H:%M:%S}",
        "date": f"{utc:%Y-%m-%d}",
        "timestamp": str(int(utc.timestamp())),
    }


def _major(minor: int, currency: str) -> str:
    return f"{to_major(Money(minor, currency)):f}"


def happened_at(commission: Commission, event: str) -> datetime:
    """When the shopper did it, for a conversion that is new; else now."""
    if event == "recorded" and commission.conversion:
        return commission.conversion.occurred_at
    return timezone.now()
