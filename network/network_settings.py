"""What the network's staff set for the whole installation."""

from django.db import transaction

from network import audit
from network.actors import Actor
from network.models import NetworkSettings


@transaction.atomic
def change(*, fallback_url: str, fee_basis_points: int, low_balance_days: int, by: Actor) -> NetworkSettings:
    NetworkSettings.current()
    row = NetworkSettings.objects.select_for_update(no_key=True).get(pk=1)
    fresh = {
        "fallback_url": fallback_url,
        "fee_basis_points": fee_basis_points,
        "low_balance_days": low_balance_days,
    }
    changes = {name: [getattr(row, name), value] for name, value in fresh.items() if getattr(row, name) != value}
    if changes:
        for name, value in fresh.items():
            setattr(row, name, value)
        row.save(update_fields=list(fresh))
        audit.record(by, "network_settings.changed", row, subject=by.organization, changes=changes)
    return row
