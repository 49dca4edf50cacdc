from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from network.errors import DomainError

LENGTHS: Final = (7, 30, 90)


class PeriodTooLong(DomainError):
    code = "period_too_long"
    message = _("A period begins before it ends, and has at most 366 days.")


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, both ends included. A day is that of each campaign's own time zone, as on its invoice."""

    first: date
    last: date

    @classmethod
    def asked(cls, days: str | None, zones: Iterable[str] = ()) -> "Period":
        """The last 7, 30 or 90 days; anything else asked for is 30."""
        lengths = {str(length): length for length in LENGTHS}
        return cls.latest(lengths.get(days or "", 30), zones)

    @classmethod
    def latest(cls, length: int, zones: Iterable[str] = ()) -> "Period":
        """Ends today, in whichever of the reader's and the campaigns' time zones today is furthest on."""
        now = timezone.now()
        today = max([timezone.localdate(now), *(now.astimezone(ZoneInfo(zone)).date() for zone in zones)])
        return cls.ending(today, length)

    @classmethod
    def ending(cls, last: date, length: int) -> "Period":
        return cls(last - timedelta(days=length - 1), last)

    @property
    def length(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range(self.length)]

    @property
    def before(self) -> "Period":
        """The period of the same length that ends where this one begins."""
        return Period(self.first - timedelta(days=self.length), self.first - timedelta(days=1))
