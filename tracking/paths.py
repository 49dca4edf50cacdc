"""The path to a conversion as people may read it. A publisher learns of others only that they were there, and when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from network.models import Kind, Organization
from publishers.models import Channel
from tracking.models import Conversion, Touchpoint

CODES: Final[dict[str, Promise]] = {
    "outside_window": _("outside the window"),
    "before_click": _("after the conversion"),
    "partnership_inactive": _("the partnership had ended or was paused"),
    "invalid_click": _("invalid click"),
    "invalid_view": _("invalid view"),
    "stood_down": _("stood down: another publisher's click was less than 30 minutes before"),
}


@dataclass(frozen=True, slots=True)
class Station:
    at: datetime
    kind: str | Promise
    publisher: str | Promise
    channel: str | Promise
    is_own: bool
    is_winner: bool
    remark: str | Promise


def shown_to(reader: Organization, conversion: Conversion) -> list[Station]:
    """In its order; empty where no path was kept."""
    found = Touchpoint.objects.filter(conversion=conversion).select_related("partnership__publisher")
    return [_station(touch, reader) for touch in found.order_by("position")]


def _station(touch: Touchpoint, reader: Organization) -> Station:
    is_open = reader.kind != Kind.PUBLISHER or touch.partnership.publisher_id == reader.pk
    return Station(
        touch.at,
        touch.get_kind_display(),
        touch.partnership.publisher.name if is_open else _("another publisher"),
        Channel(touch.channel).label if is_open and touch.channel in Channel else "",
        is_open,
        touch.is_winner,
        CODES.get(touch.code, "") if is_open else "",
    )
