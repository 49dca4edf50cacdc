import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum

from tests.live import Processes, wait_until
from tests.payouts.market import Market
from tracking.models import Conversion, DailyCount, Postback


@pytest.mark.django_db(transaction=True)
def test_it_sends_visitors_whose_traces_are_all_found(
    market: Market, processes: Processes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edge = processes.start("edge", TRUSTED_PROXIES="127.0.0.0/8")  # as `make run`: each visitor has an own address
    processes.start("ingest")
    campaign = market.campaign
    world = {
        "tracking": edge.url,
        "campaigns": [
            {
                "public_id": campaign.public_id,
                "currency": campaign.currency,
                "postback_token": campaign.postback_token,
                "goals": [{"code": "sale", "name": "Sale", "kind": "sale"}],
            }
        ],
        "links": [
            {
                "url": f"{edge.url}/c/{market.link.code}",
                "code": market.link.code,
                "campaign": campaign.public_id,
                "creative": None,
            }
        ],
    }
    file = tmp_path / "demo.json"
    file.write_text(json.dumps(world))
    with ThreadPoolExecutor(1) as elsewhere:  # a loop of its own; browser tests keep one running in this thread
        elsewhere.submit(call_command, "simulate", visitors=150, seconds=60, seed=3, world=file).result()
    told = capsys.readouterr().out.splitlines()[-1]
    done = {what: int(count) for count, what in (part.split(" ", 1) for part in told.split(", "))}
    clicks, robots = done["clicks"], done["robot clicks"]
    assert clicks + robots == 150
    wait_until(lambda: counted() == (clicks, robots), within=30)
    wait_until(lambda: not Postback.objects.filter(accepted=True, processed_at=None).exists(), within=30)
    assert Conversion.objects.count() == done["sales"]


def counted() -> tuple[int, int]:
    found = DailyCount.objects.aggregate(valid=Sum("clicks"), invalid=Sum("invalid_clicks"))
    return found["valid"] or 0, found["invalid"] or 0


def test_it_tells_who_writes_the_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="make run"):
        call_command("simulate", world=tmp_path / "none.json")
