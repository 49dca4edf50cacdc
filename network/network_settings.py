"""What the network's staff set for the whole installation."""

from typing import Any

from django.db import transaction

from network import audit
from network.actors import Actor
from network.models import NetworkSettings


@transaction.atomic
def change(*, fallback_url: str, fee_basis_points: int, low_balance_days: int, by: Actor) -> NetworkSettings:
    return _set(
        {"fallback_url": fallback_url, "fee_basis_points": fee_basis_points, "low_balance_days": low_balance_days}, by
    )


@transaction.atomic
def keep_data(*, ip_days: int, click_days: int, impression_days: int, postback_days: int, by: Actor) -> NetworkSettings:
    """For how many days addresses stay whole, and events and reports stay at all."""
    return _set(
        {
            "ip_days": ip_days,
            "click_days": click_days,
            "impression_days": impression_days,
            "postback_days": postback_days,
        },
        by,
    )


def _set(fresh: dict[str, Any], by: Actor) -> NetworkSettings:
    NetworkSettings.current()
    row = NetworkSettings.objects.select_for_update(no_key=True).get(pk=1)
    changes = {name: [getattr(row, name), value] for name, value in fresh.items() if getattr(row, name) != value}
    if changes:
        for name, value in fresh.items():
            setattr(row, name, value)
        row.save(update_fields=list(fresh))
        audit.record(by, "network_settings.changed", row, subject=by.organization, changes=changes)
    return row
