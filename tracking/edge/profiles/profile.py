"""What a compatibility profile is: how one other system writes what we ask for. Data only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

_NONE: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Profile:
    """Names are the other system's, what they lead to is ours. `report`: of a conversion; `habits`: the same, but read only
    where nothing else says it; `statuses`: its words (in lower case) for ours; `kept`: free fields that are stored as they
    come; `ignored`: names that say nothing here; `named_goals`: parameters that are themselves the goal that was reached;
    `items`: parameters of numbered order lines, by the name before the number; `any_case`: names are read in any case;
    `account`: the parameter that names the account over there.
    """

    system: str
    report: Mapping[str, str] = _NONE
    habits: Mapping[str, str] = _NONE
    statuses: Mapping[str, str] = _NONE
    kept: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    named_goals: frozenset[str] = frozenset()
    items: Mapping[str, str] = _NONE
    any_case: bool = False
    account: str = ""
    click: Mapping[str, str] = field(default=_NONE)

    def ours(self, name: str) -> str | None:
        return self.report.get(name.lower() if self.any_case else name)

    def account_in(self, given: Iterable[tuple[str, object]]) -> str:
        return next((str(value) for name, value in given if name == self.account and value), "") if self.account else ""


def numbered(prefix: str, first: int, last: int) -> frozenset[str]:
    return frozenset(f"{prefix}{number}" for number in range(first, last + 1))


def subs(prefix: str, *, first: str | None = None, last: int = 5) -> dict[str, str]:
    """`first` is the name of the first one, where it has no number."""
    found = {f"{prefix}{number}": f"sub{number}" for number in range(1, last + 1)}
    return found | ({first: "sub1"} if first else {})
