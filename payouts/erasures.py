"""What was told to publishers about somebody who is forgotten: blanked in the log of calls.

Amounts, states and the publisher's own sub ids stay. A call that is still to be sent keeps its values until it was.
"""

from typing import Final
from uuid import UUID

from django.db import transaction

from payouts.models import Delivery, DeliveryStatus
from tracking.models import ErasedConversion

BATCH: Final = 200
BLANKED: Final = ("click_id", "aff_click_id", "country", "device", "order_id", "customer")


def work() -> int:
    """All that can be done now; the number of conversions."""
    done = 0
    last: UUID | None = None
    while keys := _batch(last):
        done, last = done + _forget(keys), keys[-1]
    return done


def _batch(after: UUID | None) -> list[UUID]:
    found = ErasedConversion.objects.order_by("pk")
    if after is not None:
        found = found.filter(pk__gt=after)
    return list(found.values_list("pk", flat=True)[:BATCH])


@transaction.atomic
def _forget(keys: list[UUID]) -> int:
    told = Delivery.objects.filter(commission__conversion__in=keys).select_for_update(no_key=True, of=("self",))
    waiting = set()
    for delivery in told.select_related("commission").order_by("pk"):
        if delivery.status == DeliveryStatus.WAITING and delivery.commission:
            waiting.add(delivery.commission.conversion_id)
            continue
        delivery.facts = {name: "" if name in BLANKED else value for name, value in delivery.facts.items()}
        delivery.history = [attempt | {"url": "", "answer": ""} for attempt in delivery.history]
        delivery.save(update_fields=["facts", "history"])
    done = [key for key in keys if key not in waiting]
    ErasedConversion.objects.filter(pk__in=done).delete()
    return len(done)
