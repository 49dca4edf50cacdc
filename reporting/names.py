"""How the values of dimensions are called in the reader's language."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from advertisers.models import Campaign, Creative, LandingPage
from network import formats, geography
from network.models import Organization
from publishers.models import Channel, SmartLink
from reporting.breakdowns import NONE, PAID_BY_DAY, UNKNOWN
from tracking.models import Dimension
from tracking.models.events import OTHER

TITLES: Final = {
    "day": gettext_lazy("Day"),
    "campaign": gettext_lazy("Campaign"),
    "publisher": gettext_lazy("Publisher"),
    **{one.value: one.label for one in Dimension},
}
MODELS: Final[dict[str, Any]] = {
    "campaign": Campaign,
    "publisher": Organization,
    Dimension.LANDING: LandingPage,
    "creative": Creative,
    Dimension.SMART_LINK: SmartLink,
}


class Names:
    """Looks the names of all values of one dimension up at once."""

    def __init__(self, dimension: str, values: Iterable[Any]) -> None:
        self.dimension = dimension
        known = set(values)
        self.found: dict[Any, str] = _looked_up(dimension, known) if known else {}

    def of(self, value: Any) -> str:
        special = {NONE: "—", OTHER: _("(other)"), UNKNOWN: _("(unknown)"), PAID_BY_DAY: _("(paid by the day)")}
        if isinstance(value, str) and value in special:
            return special[value]
        if isinstance(value, date):
            return formats.day(value, get_language() or "en")
        return self.found.get(value, str(value))


def _looked_up(dimension: str, values: set[Any]) -> dict[Any, str]:
    if dimension in MODELS:
        return _by_number(MODELS[dimension], values)
    if dimension == Dimension.CHANNEL:
        return {one.value: str(one.label) for one in Channel}
    if dimension == Dimension.COUNTRY:
        language = get_language() or "en"
        return {code: geography.country(code, language) for code in values if len(code) == 2}
    return {}


def _by_number(model: Any, values: set[Any]) -> dict[Any, str]:
    """Rollups keep numbers as text, the other tables as numbers."""
    numbers = {int(value): value for value in values if str(value).isdecimal()}
    found = model.objects.filter(pk__in=list(numbers)).values_list("pk", "name")
    return {numbers[pk]: name for pk, name in found}
