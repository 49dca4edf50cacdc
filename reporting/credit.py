"""Multi-touch credit: pure functions from paths to shares. Formulas, sources and a worked table: docs/attribution.md.

Shares are exact rationals; only time decay (a power of two) and Markov chains of many stations go through floats, which
are rationals again before they are summed. So credit adds up to the total, and is rounded once, by largest remainder.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

FIRST: Final = Fraction(2, 5)
MIDDLE: Final = Fraction(1, 5)
HALF_LIFE: Final = 7 * 24 * 60 * 60
EXACT: Final = 20  # stations up to which a Markov chain is solved in rationals
START: Final = object()


class Model(StrEnum):
    LAST = "last"
    FIRST = "first"
    LINEAR = "linear"
    POSITION = "position"
    DECAY = "decay"
    MARKOV = "markov"


type Shares[K] = dict[K, Fraction]


@dataclass(frozen=True, slots=True)
class Path[K: Hashable]:
    """Stations in their order, each with its age in seconds at the conversion. `number` conversions with `value` in all;
    without any it is the path of `number` visitors who did not convert, for Markov chains."""

    stations: tuple[tuple[K, float], ...]
    value: int = 0
    number: int = 1
    is_converted: bool = True

    @property
    def names(self) -> tuple[K, ...]:
        return tuple(name for name, _ in self.stations)


@dataclass(slots=True)
class Credit:
    conversions: Fraction = Fraction()
    value: Fraction = Fraction()


def credit[K: Hashable](paths: Iterable[Path[K]], model: Model) -> dict[K, Credit]:
    """Of each station name. The sums over all are the number and the value of the paths that converted."""
    paths = [path for path in paths if path.stations]
    found: dict[K, Credit] = defaultdict(Credit)
    for path in paths if model == Model.MARKOV else ():
        for name in path.names if path.is_converted else ():
            found[name]  # those without effect are shown too
    chain = _normal(removal_effects(paths)) if model == Model.MARKOV else {}
    for path in paths:
        if not path.is_converted:
            continue
        for name, share in (chain if model == Model.MARKOV else SHARES[model](path)).items():
            found[name].conversions += share * path.number
            found[name].value += share * path.value
    return dict(found)


def last[K](path: Path[K]) -> Shares[K]:
    return {path.names[-1]: Fraction(1)}


def first[K](path: Path[K]) -> Shares[K]:
    return {path.names[0]: Fraction(1)}


def linear[K](path: Path[K]) -> Shares[K]:
    return _weighed(path.names, [Fraction(1)] * len(path.stations))


def position[K](path: Path[K]) -> Shares[K]:
    """40 % to the first, 40 % to the last, 20 % to those between them in equal parts; of two each has half."""
    between = len(path.stations) - 2
    if between < 1:
        return linear(path)
    return _weighed(path.names, [FIRST, *[MIDDLE / between] * between, FIRST])


def decay[K](path: Path[K]) -> Shares[K]:
    """Half as much for each seven days before the conversion."""
    newest = min(age for _, age in path.stations)  # the same shares, but never all zero
    return _weighed(path.names, [Fraction(2.0 ** ((newest - age) / HALF_LIFE)) for _, age in path.stations])


SHARES: Final[dict[Model, Callable[[Path[Any]], Shares[Any]]]] = {
    Model.LAST: last,
    Model.FIRST: first,
    Model.LINEAR: linear,
    Model.POSITION: position,
    Model.DECAY: decay,
}


def _weighed[K](names: Sequence[K], weights: Sequence[Fraction]) -> Shares[K]:
    total, shares = sum(weights, Fraction()), defaultdict[K, Fraction](Fraction)
    for name, weight in zip(names, weights, strict=True):
        shares[name] += weight / total
    return dict(shares)


def _normal[K](effects: Mapping[K, Fraction]) -> Shares[K]:
    total = sum(effects.values(), Fraction())
    return {name: effect / total for name, effect in effects.items()} if total else {}


def removal_effects[K: Hashable](paths: Iterable[Path[K]]) -> dict[K, Fraction]:
    """By what part conversions would fall if all who come to this station were lost there: first-order Markov chain of the
    paths, those without conversion among them. Whoever passes i converts from there as from i, so that the chain without i
    converts with P(start) - P(start comes to i) * P(i); both follow from the inverse N of (I - Q): N[s,i] / N[i,i], and N * R.
    """
    steps: dict[Any, dict[Any, int]] = defaultdict(lambda: defaultdict(int))
    ends: dict[Any, int] = defaultdict(int)
    seen: dict[Any, int] = defaultdict(int)
    for path in paths:
        here: Any = START
        for name in path.names:
            steps[here][name] += path.number
            seen[here] += path.number
            here = name
        seen[here] += path.number
        if path.is_converted:
            ends[here] += path.number
    names = [name for name in seen if name is not START]
    if not names:
        return {}
    places = {name: place for place, name in enumerate([START, *names])}
    number = Fraction if len(names) <= EXACT else float
    size = len(places)
    matrix = [[number(row == column) for column in range(size)] for row in range(size)]
    for name, following in steps.items():
        for after, times in following.items():
            matrix[places[name]][places[after]] -= number(times) / number(seen[name])
    inverse = _inverse(matrix, number)
    odds = [number(ends[name]) / number(seen[name]) for name in places]
    converts = [sum((part * end for part, end in zip(row, odds, strict=True)), number(0)) for row in inverse]
    effects = {}
    for name in names:
        place = places[name]
        comes = inverse[0][place] / inverse[place][place]
        effects[name] = Fraction(comes * converts[place] / converts[0]) if converts[0] else Fraction()
    return effects


def _inverse(matrix: list[list[Any]], number: Callable[[Any], Any]) -> list[list[Any]]:
    """By Gauss and Jordan, the largest pivot first."""
    size = len(matrix)
    work = [[*row, *(number(place == column) for column in range(size))] for place, row in enumerate(matrix)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(work[row][column]))
        work[column], work[pivot] = work[pivot], work[column]
        scale = work[column][column]
        work[column] = [value / scale for value in work[column]]
        for row in range(size):
            if row != column and (factor := work[row][column]):
                work[row] = [
                    value - factor * other if other else value
                    for value, other in zip(work[row], work[column], strict=True)
                ]
    return [row[size:] for row in work]


def rounded[K](exact: Mapping[K, Fraction], total: int) -> dict[K, int]:
    """Whole numbers that add up to the total: each rounded down, what is left one by one to the largest remainders; among
    equal ones to the larger share, then in the order given."""
    whole = {name: int(value // 1) for name, value in exact.items()}
    left = total - sum(whole.values())
    order = sorted(exact, key=lambda name: (whole[name] - exact[name], -exact[name]))
    for place in range(left):
        whole[order[place % len(order)]] += 1
    return whole
