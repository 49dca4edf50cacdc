"""Credit for touches: the table of the documentation, sums that add up, and the report over real conversions."""

import csv
import io
import re
from datetime import timedelta
from fractions import Fraction
from pathlib import Path as File
from typing import Any, Final

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from advertisers.models import Campaign
from network.models import Kind
from payouts import commissions
from publishers import links, partnerships
from publishers.models import TrackingLink
from reporting import journeys
from reporting.credit import Model, Path, credit, removal_effects, rounded
from reporting.figures import Slice
from reporting.periods import Period
from tests.cast import Member, member
from tests.payouts.market import Market, OpenMarket
from tests.tracking import stage
from tracking.models import Touchpoint

DOCS: Final = File(__file__).parents[2] / "docs" / "attribution.md"
DAY: Final = 86_400.0


def table(title: str) -> list[list[str]]:
    section = DOCS.read_text().split("### Worked")[1].split(f"| {title} |")[1]
    rows = section.split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def paths() -> list[Path[str]]:
    found = []
    for stations, sale in table("path | sale"):
        touches = tuple((name, int(age) * DAY) for name, age in re.findall(r"(\w) (\d+)d", stations))
        sold = sale != "–"
        found.append(Path(touches, int(sale.replace(".", "")) if sold else 0, is_converted=sold))
    return found


@pytest.mark.parametrize("row", table("model | A | B | C"), ids=lambda row: row[0])
def test_it_credits_as_documented(row: list[str]) -> None:
    found = credit(paths(), Model(row[0]))
    counts = rounded({name: found[name].conversions * 100 if name in found else Fraction() for name in "ABC"}, 300)
    values = rounded({name: found[name].value if name in found else Fraction() for name in "ABC"}, 18_000)
    assert [f"{counts[name] / 100:.2f} / {values[name] / 100:.2f}" for name in "ABC"] == row[1:]


def test_it_documents_every_model() -> None:
    assert [row[0] for row in table("model | A | B | C")] == [model.value for model in Model]


def test_it_works_out_removal_effects_exactly() -> None:
    assert removal_effects(paths()) == {"A": Fraction(3, 4), "B": Fraction(7, 18), "C": Fraction(1, 3)}


def test_it_gives_all_the_effect_to_what_every_path_needs() -> None:
    chain = [Path((("A", 0.0), ("B", 0.0))), Path((("C", 0.0), ("B", 0.0))), Path((("A", 0.0),), is_converted=False)]
    effects = removal_effects(chain)
    assert effects["B"] == 1
    assert effects["A"] == effects["C"] == Fraction(1, 2)


def test_it_comes_close_to_exact_with_many_stations() -> None:
    many = [Path(((f"{number}", 0.0), ("end", 0.0)), 100) for number in range(40)]
    found = credit(many, Model.MARKOV)
    assert float(found["end"].conversions) == pytest.approx(40 * (1 / 2))
    assert sum(one.conversions for one in found.values()) == pytest.approx(40)


stations = st.lists(st.tuples(st.sampled_from("ABCD"), st.floats(0, 90 * DAY)), min_size=1, max_size=6)


@given(st.lists(st.tuples(stations, st.integers(0, 10_000)), min_size=1, max_size=8), st.sampled_from(Model))
def test_it_adds_up_to_the_total(given_paths: list[Any], model: Model) -> None:
    found = credit([Path(tuple(touches), value) for touches, value in given_paths], model)
    total = sum(value for _, value in given_paths)
    assert sum(one.conversions for one in found.values()) == len(given_paths)
    assert sum(one.value for one in found.values()) == total
    whole = rounded({name: one.value for name, one in found.items()}, total)
    assert sum(whole.values()) == total
    assert all(0 <= one.value - whole[name] < 1 or whole[name] - one.value <= 1 for name, one in found.items())


# over real conversions


@pytest.fixture
def market(open_market: OpenMarket) -> Market:
    return open_market({"sale": (0, 800)})


@pytest.fixture
def other(market: Market, nima: Member) -> TrackingLink:
    """Paul's."""
    paul = member("Paul", Kind.PUBLISHER, nima)
    applied = partnerships.apply(market.campaign, publisher=paul.organization, by=paul.actor)
    return links.grab(partnerships.approve(applied, by=market.ada.actor), by=paul.actor)


@pytest.fixture
def busy(market: Market, other: TrackingLink) -> Market:
    """Three sales of Pia's, one after a click of Paul's; one test, one declined, one nobody's."""
    earlier = stage.click_id(other, timezone.now() - timedelta(days=2))
    market.sell("1", 10_001, touches=[earlier])
    market.sell("2", 5_000)
    market.sell("3", 5_000)
    market.report("4", 5_000, test=True)
    commissions.decline(market.sell("5", 5_000), reason="other", note="Not ours", by=market.ada.actor)
    market.report("6", 5_000, click_id=None, coupon="X")
    return market


def lines(part: Slice, model: Model, by: str = "publisher") -> dict[Any, tuple[int, int, int, int, int]]:
    report = journeys.report(part, model, by)
    return {line.key: (line.on_path, line.hundredths, line.value, line.last, line.first) for line in report.lines}


def of(one: Member, campaign: Campaign | None = None) -> Slice:
    return Slice(one.organization, "USD", Period.latest(30), campaign)


def test_it_reports_by_publisher(busy: Market, other: TrackingLink) -> None:
    pia, paul = busy.pia.organization.pk, other.partnership.publisher_id
    assert lines(of(busy.ada), Model.LINEAR) == {pia: (3, 250, 15_001, 3, 2), paul: (1, 50, 5_000, 0, 1)}
    assert lines(of(busy.ada), Model.FIRST) == {pia: (3, 200, 10_000, 3, 2), paul: (1, 100, 10_001, 0, 1)}
    report = journeys.report(of(busy.ada), Model.LINEAR, "publisher")
    assert (report.conversions, report.value) == (3, 20_001)


def test_it_reports_by_channel(busy: Market, other: TrackingLink) -> None:
    TrackingLink.objects.filter(pk=other.pk).update(channel="email")
    Touchpoint.objects.filter(partnership=other.partnership).update(channel="email")
    assert lines(of(busy.ada), Model.LINEAR, "channel") == {
        "website": (3, 250, 15_001, 3, 2),
        "email": (1, 50, 5_000, 0, 1),
    }


def test_it_counts_conversions_from_before_paths_were_kept(busy: Market) -> None:
    Touchpoint.objects.all().delete()
    assert lines(of(busy.ada), Model.LINEAR) == {busy.pia.organization.pk: (3, 300, 20_001, 3, 3)}


def test_it_makes_a_chain_of_those_who_bought_and_those_who_did_not(
    busy: Market, other: TrackingLink, redis: Any
) -> None:
    at = timezone.now() - timedelta(hours=2)
    stage.send(redis, *(stage.event(other, at, ip=f"198.51.100.{number}") for number in range(2)))
    stage.ingest(redis)
    report = journeys.report(of(busy.ada, busy.campaign), Model.MARKOV, "publisher")
    assert (report.lost, report.conversions) == (2, 3)
    # P(Pia) = 1, P(Paul) = 1/3, P(start) = 3/5; Pia's removal takes all, Paul's 1/3: 3/4 and 1/4 of three
    assert {line.key: line.hundredths for line in report.lines} == {
        busy.pia.organization.pk: 225,
        other.partnership.publisher_id: 75,
    }


def test_it_chains_one_campaign_only(busy: Market) -> None:
    with pytest.raises(journeys.NeedsCampaign):
        journeys.report(of(busy.ada), Model.MARKOV, "publisher")


def test_it_shows_others_nothing(busy: Market, mallory: Member) -> None:
    assert lines(of(mallory), Model.LINEAR) == {}


def page(one: Member, name: str = "credit", **query: str) -> Any:
    client = Client()
    client.force_login(one.user)
    return client.get(reverse(f"reporting:{name}"), query)


def test_it_shows_the_report(busy: Market) -> None:
    text = page(busy.ada, model="position").text
    assert "Paul" in text
    assert "2.50" in text or "2.5" in text
    assert "$200.01" in text
    assert "40% to the first" in text
    assert "choose a campaign" in page(busy.ada, model="markov").text


def test_it_is_no_page_for_publishers(busy: Market) -> None:
    assert page(busy.pia).status_code == 403


def test_it_gives_the_report_as_a_file(busy: Market) -> None:
    rows = list(csv.DictReader(io.StringIO(page(busy.ada, "credit-file", model="linear").content.decode("utf-8-sig"))))
    pauls = next(row for row in rows if row["Publisher"].startswith("Paul"))
    assert list(pauls.values())[1:] == ["1", "0.50", "16.6667", "50.00", "0", "1", "USD"]
