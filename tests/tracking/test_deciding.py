"""Who wins, by the table of the documentation; without a database."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from advertisers.models import Campaign
from publishers.models import Partnership
from tracking.deciding import Code, Decision, Found, Owner, Touch, decide
from tracking.models import TouchKind

TABLE: Final = Path(__file__).parents[2] / "docs" / "attribution.md"
START: Final = datetime(2026, 1, 1, tzinfo=UTC)
PUBLISHERS: Final = {
    name: Partnership(pk=number, publisher_id=number, campaign_id=1, status="active")
    for number, name in enumerate("ABX", 1)
}
UNITS: Final = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


class Example(NamedTuple):
    model: str
    known: str
    earns: str
    by: str
    remark: str


def examples() -> list[Example]:
    section = TABLE.read_text().split("## Who wins")[1].split("\n## ")[0]
    rows = [line.strip().strip("|").split("|") for line in section.splitlines() if re.match(r"\| \w+_\w+ \|", line)]
    return [Example(*(cell.strip() for cell in row)) for row in rows]


def moment(text: str) -> datetime:
    """`39d10m`, `-50d1s`: one second later than 50 days before the start."""
    first, *others = re.findall(r"(-?\d+)([dhms])", text)
    return START + sum((timedelta(**{UNITS[unit]: int(number)}) for number, unit in (first, *others)), timedelta())


@dataclass
class Scene:
    """What a row of the table tells."""

    found: Found = field(default_factory=lambda: Found(software={PUBLISHERS["X"].publisher_id}))
    nonces: "count[int]" = field(default_factory=lambda: count(1))

    def add(self, text: str) -> None:
        is_found = text.startswith("(")
        kind, *rest = text.strip("()").split()
        match kind:
            case "view":
                self.found.views.append(self.touch(rest[0], rest[1], kind=TouchKind.IMPRESSION))
            case "code":
                limits = dict(zip(rest[1::2], map(moment, rest[2::2]), strict=True))
                owner = PUBLISHERS[rest[0].strip("!")]
                self.found.coupon = Code(owner, rest[0].endswith("!"), limits.get("from"), limits.get("until"))
            case "named":
                self.found.named = PUBLISHERS[rest[0]]
            case "owner":
                self.found.owner = Owner(PUBLISHERS[rest[0]], moment(rest[1]))
            case _:
                self.found.others.append(self.touch(kind, rest[0], is_given=not is_found))

    def touch(self, name: str, at: str, kind: TouchKind = TouchKind.CLICK, *, is_given: bool = True) -> Touch:
        return Touch(PUBLISHERS[name], moment(at), next(self.nonces), 1, kind=kind, is_given=is_given)


def decision(example: Example) -> Decision:
    scene = Scene()
    for text in example.known.split(", "):
        scene.add(text)
    given = [touch for touch in scene.found.others if touch.is_given]
    if given:  # the newest one is the click id, the others came beside it
        scene.found.click = max(given, key=lambda touch: touch.order)
    campaign = Campaign(pk=1, attribution_model=example.model, window_days=30, view_window_hours=24, ownership_days=90)
    return decide(campaign, scene.found, moment("40d"))


def test_it_has_a_table() -> None:
    assert len(examples()) == 50


@pytest.mark.parametrize("example", examples(), ids=lambda example: f"{example.model}: {example.known}")
def test_it_decides_as_documented(example: Example) -> None:
    decided = decision(example)

    names = {partnership.pk: name for name, partnership in PUBLISHERS.items()}
    earns = decided.verdict != "invalid"
    assert (names[decided.touch.partnership.pk] if earns and decided.touch else "nobody") == example.earns
    assert (decided.touch.kind if earns and decided.touch else decided.code) == example.by
    assert ", ".join(decided.flags) == example.remark
    assert decided.is_view_through == (example.by == "impression")


def test_it_keeps_the_whole_path_and_why_a_touch_could_not_earn() -> None:
    decided = decision(Example("last_click", "A 5d, view B 39d2h, A 39d, X 39d10m, code B!", "B", "coupon", ""))
    path = [(station.touch.kind, station.touch.partnership.pk, station.code) for station in decided.path]
    assert path == [
        ("click", 1, "outside_window"),
        ("click", 1, ""),
        ("click", 3, "stood_down"),
        ("impression", 2, ""),
        ("coupon", 2, ""),
    ]
    assert decided.touch is decided.path[-1].touch
