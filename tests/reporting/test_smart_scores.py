from types import SimpleNamespace
from typing import Any, cast

from publishers.models import SmartLinkRoute
from reporting.smart_scores import Earned, scored


def earned(pk: int, clicks: int, commission: int, weight: int = 100, currency: str = "USD") -> Earned:
    campaign = SimpleNamespace(currency=currency)
    link = SimpleNamespace(partnership=SimpleNamespace(campaign=campaign))
    route: Any = SimpleNamespace(pk=pk, weight=weight, link=link)
    return Earned(cast("SmartLinkRoute", route), clicks, commission)


def test_it_scores_by_weight_and_earnings_per_click_against_the_average_of_the_currency() -> None:
    found = scored([earned(1, 100, 3_000), earned(2, 100, 1_000, weight=300), earned(3, 49, 9_000, currency="EUR")])
    # the average is 20 a click: 30/20 × 1 and 10/20 × 3; too few clicks in euros
    assert found == {1: (100, 1_500_000), 2: (100, 1_500_000), 3: (49, None)}


def test_it_scores_nothing_while_nothing_was_earned() -> None:
    assert scored([earned(1, 100, 0)]) == {1: (100, None)}
