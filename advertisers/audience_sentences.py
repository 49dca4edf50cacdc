"""A targeting in words: "Visitors from Iran and Türkiye, on phones, 08:00–22:00"."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.lists import format_list
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _

from advertisers import audience
from advertisers.audience import ANY, NOT, Rule
from advertisers.models import Targeting
from network import formats, geography

WORDS: Final[dict[str, tuple[Promise, Promise, Promise]]] = {
    "country": (gettext_lazy("from %s"), gettext_lazy("not from %s"), gettext_lazy("from every country")),
    "region": (
        gettext_lazy("in the regions %s"),
        gettext_lazy("not in the regions %s"),
        gettext_lazy("in every region"),
    ),
    "city": (gettext_lazy("in %s"), gettext_lazy("not in %s"), gettext_lazy("in every city")),
    "device": (gettext_lazy("on %s"), gettext_lazy("not on %s"), gettext_lazy("on every device")),
    "system": (gettext_lazy("with %s"), gettext_lazy("not with %s"), gettext_lazy("with every system")),
    "browser": (
        gettext_lazy("in the browser %s"),
        gettext_lazy("not in the browser %s"),
        gettext_lazy("in every browser"),
    ),
    "language": (gettext_lazy("who read %s"), gettext_lazy("who do not read %s"), gettext_lazy("in every language")),
    "connection": (gettext_lazy("over %s"), gettext_lazy("not over %s"), gettext_lazy("over every connection")),
    "hour": (gettext_lazy("%s"), gettext_lazy("not %s"), gettext_lazy("at every hour")),
}
"""For each dimension: only these, all but these, all."""
IN_SENTENCES: Final[dict[str, Promise]] = {
    "phone": gettext_lazy("phones"),
    "tablet": gettext_lazy("tablets"),
    "desktop": gettext_lazy("computers"),
    "cellular": gettext_lazy("mobile networks"),
    "cable/dsl": gettext_lazy("cable or DSL"),
    "corporate": gettext_lazy("company networks"),
    "satellite": gettext_lazy("satellite"),
}
ORDER: Final = ("country", "region", "city", "device", "system", "browser", "language", "connection", "hour")
MANY: Final = 6


def sentence(targeting: Targeting, *, now: datetime | None = None) -> str:
    """One sentence without a full stop. Times are those of the campaign's zone."""
    phrases = [_phrase(name, targeting.rules[name]) for name in ORDER if name in targeting.rules]
    phrases += _schedule(targeting, now or timezone.now())
    if targeting.new_visitors_only:
        phrases.append(_("who have not bought yet"))
    if not phrases:
        return (
            _("All visitors at all times") if targeting.partnership_id is None else _("The same as the whole campaign")
        )
    return _("Visitors %s") % pgettext("between items", ", ").join(phrases)


def _phrase(dimension: str, rule: Rule) -> str:
    mode, values = rule
    only, without, everything = WORDS[dimension]
    if mode == ANY:
        return str(everything)
    named = [window(value) for value in values] if dimension == "hour" else _named(dimension, values)
    return str(without if mode == NOT else only) % _listed(named)


def _named(dimension: str, values: list[str]) -> list[str]:
    language = _language()
    names = [str(IN_SENTENCES.get(value) or audience.label(dimension, value, language)) for value in values]
    return sorted(names, key=geography.sort_key) if dimension in {"country", "language"} else names


def _listed(names: list[str]) -> str:
    if len(names) > MANY:
        rest = formats.number(len(names) - MANY + 1, _language())
        names = [*names[: MANY - 1], _("%s more") % rest]
    return format_list(names, locale=_language())


def window(value: list[int]) -> str:
    """ "Monday–Friday 08:00–22:00"; the days are left out when it is every day."""
    days, start, end = value
    hours = "" if start == end or (start, end) == (0, audience.MINUTES) else f"{_clock(start)}–{_clock(end)}"
    if days == audience.EVERY_DAY:
        return hours or _("all day")
    return f"{_days(days)} {hours}".strip()


def weekdays() -> list[tuple[int, str]]:
    """(bit number, name), from the day on which the reader's week begins."""
    names = Locale(_language()).days["stand-alone"]["wide"]
    first = 5 if formats.is_persian(_language()) else 0
    return [(day % 7, str(names[day % 7])) for day in range(first, first + 7)]


def _days(bits: int) -> str:
    runs: list[list[str]] = []
    follows = False
    for day, name in weekdays():
        chosen = bool(bits >> day & 1)
        if chosen and follows:
            runs[-1].append(name)
        elif chosen:
            runs.append([name])
        follows = chosen
    return format_list(list(_spans(runs)), locale=_language())


def _spans(runs: Iterable[list[str]]) -> Iterable[str]:
    for run in runs:
        if len(run) > 2:
            yield _("%(first)s to %(last)s") % {"first": run[0], "last": run[-1]}
        else:
            yield from run


def _schedule(targeting: Targeting, now: datetime) -> Iterable[str]:
    zone = ZoneInfo(targeting.campaign.time_zone)
    if targeting.starts_at and targeting.starts_at > now:
        yield _("from %s on") % formats.day(targeting.starts_at.astimezone(zone), _language())
    if targeting.ends_at:
        last = targeting.ends_at.astimezone(zone) - timedelta(seconds=1)
        yield _("until the end of %s") % formats.day(last, _language())


def _clock(minute: int) -> str:
    return formats.digits(f"{minute // 60:02}:{minute % 60:02}", _language())


def _language() -> str:
    return get_language() or "en"


def zone_name(zone: str) -> str:
    return geography.label(zone, _language(), timezone.now())
