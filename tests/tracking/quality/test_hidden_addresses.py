"""R20: buyers behind VPNs, proxies and Tor, by the operator's list."""

from pathlib import Path
from typing import Any

import pytest

from publishers.models import TrackingLink
from tests.tracking.quality.conftest import Sell, signals
from tracking.models import Conversion, QualityCase, QualityFacts
from tracking.quality import statistics

HIDDEN = "203.0.113.{}"
OPEN = "198.51.100.{}"


@pytest.fixture(autouse=True)
def listed(tmp_path: Path, settings: Any) -> None:
    path = tmp_path / "hidden.txt"
    path.write_text("203.0.113.0/24\n!203.0.113.200\n")
    settings.HIDDEN_PATH = str(path)


def buyers(sell: Sell, link: TrackingLink, hidden: int, seen: int) -> None:
    known = Conversion.objects.count()
    for number in range(hidden + seen):
        address = (HIDDEN if number < hidden else OPEN).format(number + 1)
        sell(f"{link.pk}-{known + number}", link=link, ip=address, after=3600 + 61 * number**2)


def opened() -> dict[str, str]:
    statistics.run()
    return dict(QualityCase.objects.values_list("rule", "action"))


@pytest.mark.parametrize(
    ("address", "hidden"), [("203.0.113.7", True), ("203.0.113.200", False), ("198.51.100.1", False)]
)
def test_it_is_noted_with_the_conversion(sell: Sell, address: str, *, hidden: bool) -> None:
    sale = sell("A-1", ip=address)
    assert QualityFacts.objects.get(pk=sale.pk).is_hidden is hidden
    assert signals(sale) == []


def test_without_a_list_nothing_is_known(sell: Sell, settings: Any) -> None:
    settings.HIDDEN_PATH = ""
    assert QualityFacts.objects.get(pk=sell("A-1", ip="203.0.113.7").pk).is_hidden is None


@pytest.mark.parametrize(("hidden", "held"), [(4, True), (3, False)])
def test_it_holds_the_hidden_ones_where_they_are_many(
    sell: Sell, link: TrackingLink, hidden: int, *, held: bool
) -> None:
    buyers(sell, link, hidden, 10 - hidden)
    assert (opened().get("R20") == "H") is held
    reasons = list(Conversion.objects.filter(reason="hidden_address").values_list("verdict", flat=True))
    assert reasons == (["suspect"] * hidden if held else [])


def test_where_everybody_hides_it_tells_nothing(sell: Sell, link: TrackingLink, second_link: TrackingLink) -> None:
    buyers(sell, link, 6, 4)
    buyers(sell, second_link, 6, 4)
    assert "R20" not in opened()
