"""The worked examples of docs/commission.md, docs/rounding.md and docs/ledger.md, taken from there and done."""

import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from payouts import accounts, commissions, ledger
from payouts.arithmetic import Target, Terms, target
from payouts.models import Commission
from tests.payouts.market import OpenMarket

DOCS = Path(__file__).parent.parent.parent / "docs"


def table(page: str) -> list[dict[str, str]]:
    """The rows of the table behind `<!-- run: page -->`."""
    text = (DOCS / f"{page}.md").read_text().partition(f"<!-- run: {page} -->\n")[2]
    lines = [re.split(r"\s*\|\s*", line.strip("| ")) for line in text.split("\n\n")[0].splitlines()]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]


def basis_points(text: str) -> int:
    return int(Decimal(text.rstrip("%")) * 100)


@pytest.mark.parametrize("row", table("commission"), ids=lambda row: " ".join(row.values()))
def test_it_pays_as_the_table_of_commissions_says(row: dict[str, str]) -> None:
    terms = Terms(
        row["pay model"], int(Decimal(row["flat"]) * 10**6), basis_points(row["percent"]), basis_points(row["fee"])
    )
    result = target(terms, base=int(row["sale"]), refunded=int(row["refunded"]), count=int(row["events"]))

    assert (result.amount, result.fee, result.cost) == (
        int(row["commission"]),
        int(row["network fee"]),
        int(row["cost"]),
    )


def test_it_rounds_as_the_table_of_refunds_says() -> None:
    terms, posted = Terms("cps", percent_basis_points=750, fee_basis_points=2_000), Target()
    for row in table("rounding"):
        refunded = int(row["refunded so far"])
        wanted = target(terms, base=10_000, refunded=refunded)
        assert Fraction(row["exact"]) == Fraction(750, 10_000) * (10_000 - refunded)
        assert (wanted.amount, wanted.fee) == (int(row["target"]), int(row["fee target"]))
        assert (wanted.amount - posted.amount, wanted.fee - posted.fee) == (
            int(row["posted now"]),
            int(row["fee posted now"]),
        )
        posted = wanted


def test_it_books_as_the_table_of_the_books_says(open_market: OpenMarket) -> None:
    market = open_market({"sale": (0, 800)}, funds=0)
    named = {
        "adv_funds": accounts.funds(market.ada.organization, "USD"),
        "pub_pending": accounts.pending(market.pia.organization, "USD"),
        "fee_pending": accounts.fee_pending("USD"),
        "pub_payable": accounts.payable(market.pia.organization, "USD"),
        "network_fee": accounts.network_fee("USD"),
    }
    for row in table("ledger"):
        step, _, amount = row.pop("step").partition(" ")
        match step:
            case "top-up":
                market.top_up(int(amount))
            case "sale":
                market.sell("1001", int(amount))
            case "refund":
                market.refund("1001", int(amount), f"r{amount}")
            case "approve":
                commissions.approve(market.commission(), by=market.ada.actor)
            case _:
                raise AssertionError(step)
        assert {name: ledger.balance(account) for name, account in named.items()} == {
            name: int(value) for name, value in row.items()
        }


def test_it_lists_in_the_docs_the_accounts_there_are() -> None:
    section = (DOCS / "ledger.md").read_text().partition("## Accounts")[2].partition("##")[0]
    listed = {
        name: floor == "0" for name, floor in re.findall(r"^\| `(\w+)` \| [^|]+ \| (\S) \|", section, re.MULTILINE)
    }

    assert listed == {kind.value: floor == 0 for kind, floor in accounts.FLOORS.items()}


def test_it_proves_the_books_from_the_command_line(open_market: OpenMarket, capsys: pytest.CaptureFixture[str]) -> None:
    market = open_market({"sale": (0, 800)})
    commission = market.sell("1001")
    call_command("verifybooks")
    assert capsys.readouterr().out == "The books are sound.\n"

    Commission.objects.filter(pk=commission.pk).update(fee=161)
    with pytest.raises(CommandError):
        call_command("verifybooks")
