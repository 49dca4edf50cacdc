"""Arguments of macros, as Keitaro writes them: `{status:lead=0 sale=1 rejected=2}`, `{date:Y-m-d H:i:s,Europe/Kyiv}`.

https://docs.keitaro.io/en/campaigns-and-streams/s2s-postback-placeholders.html; the letters of a date are those of PHP.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

KEITARO: Final = {"approved": "sale", "locked": "sale", "paid": "sale", "declined": "rejected", "reversed": "rejected"}
WAITING: Final = "lead"  # pending, held
LETTERS: Final[dict[str, Callable[[datetime], str]]] = {
    "d": lambda at: f"{at:%d}",
    "j": lambda at: str(at.day),
    "m": lambda at: f"{at:%m}",
    "n": lambda at: str(at.month),
    "Y": lambda at: str(at.year),
    "y": lambda at: f"{at:%y}",
    "H": lambda at: f"{at:%H}",
    "G": lambda at: str(at.hour),
    "h": lambda at: f"{at:%I}",
    "g": lambda at: str(at.hour % 12 or 12),
    "i": lambda at: f"{at:%M}",
    "s": lambda at: f"{at:%S}",
    "A": lambda at: "AM" if at.hour < 12 else "PM",
    "a": lambda at: "am" if at.hour < 12 else "pm",
    "O": lambda at: f"{at:%z}",
    "P": lambda at: f"{at:%:z}",
    "c": lambda at: at.isoformat(timespec="seconds"),
    "U": lambda at: str(int(at.timestamp())),
}
_LETTER: Final = re.compile(r"\\?(.)", re.DOTALL)


def applied(name: str, argument: str, facts: Mapping[str, str]) -> str:
    """The value of our macro `name` with its argument; arguments of other macros say nothing."""
    match name:
        case "status":
            return _status(argument, facts["status"])
        case "date":
            return _date(argument, int(facts["timestamp"]))
        case _:
            return facts.get(name, "")


def is_understood(name: str, argument: str) -> bool:
    return name != "date" or _zone(argument) is not None


def _status(mapping: str, status: str) -> str:
    """The word that the receiver has for it: by our own word first, then by Keitaro's; else ours."""
    words = dict(pair.split("=", 1) for pair in re.split(r"[\s,&]+", mapping) if "=" in pair)
    return words.get(status, words.get(KEITARO.get(status, WAITING), status))


def _date(argument: str, timestamp: int) -> str:
    at = datetime.fromtimestamp(timestamp, _zone(argument) or UTC)
    form = argument.rpartition(",")[0] or argument

    def letter(found: re.Match[str]) -> str:
        write = None if found[0] != found[1] else LETTERS.get(found[1])
        return write(at) if write else found[1]

    return _LETTER.sub(letter, form)


def _zone(argument: str) -> ZoneInfo | None:
    """What follows the last comma; UTC without one. None: there is no such time zone."""
    name = argument.rpartition(",")[2].strip() if "," in argument else "UTC"
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
