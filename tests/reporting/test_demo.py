import json
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from network.models import Kind, Organization
from payouts import proof
from payouts.models import Bonus, Commission, CommissionStatus, Delivery
from publishers.models import PartnershipStatus, TrackingLink
from reporting.demo import parties
from tests.cast import Member
from tracking.models import (
    AppealStatus,
    Conversion,
    DailyBreakdown,
    DailyCount,
    Postback,
    QualityAppeal,
    QualityCase,
    TouchKind,
    Touchpoint,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same network with a tenth of its visitors."""
    few = tuple(replace(publisher, daily_clicks=publisher.daily_clicks // 10) for publisher in parties.PUBLISHERS)
    monkeypatch.setattr(parties, "PUBLISHERS", few)


def test_it_builds_a_network_whose_history_adds_up(quiet: None, tmp_path: Path) -> None:
    file = tmp_path / "demo.json"
    call_command("demo", file=file, verbosity=0)
    assert {kind: Organization.objects.filter(kind=kind).count() for kind in Kind} == {
        Kind.NETWORK: 1,
        Kind.AGENCY: 1,
        Kind.ADVERTISER: 5,
        Kind.PUBLISHER: 7,
    }
    assert DailyCount.objects.filter(clicks__gt=0).exists()
    assert DailyCount.objects.filter(invalid_clicks__gt=0).exists(), "robots are counted, apart"
    assert not Postback.objects.filter(processed_at=None).exists()
    assert not Conversion.objects.filter(needs_settling=True).exists()
    states = set(Commission.objects.values_list("status", flat=True))
    assert {CommissionStatus.PENDING, CommissionStatus.APPROVED, CommissionStatus.DECLINED} <= states
    assert Bonus.objects.count() == 1
    assert_it_shows_what_there_is()
    assert proof.verify() == []
    world = json.loads(file.read_text())
    assert set(world["cast"]) == {"network", "opm", "advertiser", "publisher"}
    live = TrackingLink.objects.filter(partnership__status=PartnershipStatus.ACTIVE, smart_link=None)
    assert len(world["links"]) == live.count()
    before = Commission.objects.count()
    call_command("demo", file=file, verbosity=0)
    assert Commission.objects.count() == before
    assert json.loads(file.read_text()) == world, "a second time changes nothing"


def assert_it_shows_what_there_is() -> None:
    counted = DailyBreakdown.objects.filter(clicks__gt=0)
    channels = set(counted.filter(dimension="channel").values_list("value", flat=True))
    assert channels >= {"website", "social", "email", "display", "native", "influencer", "coupon", "app"}
    assert {"landing", "smart_link", "sub1"} <= set(counted.values_list("dimension", flat=True))
    diverted = DailyBreakdown.objects.filter(dimension="diversion").values_list("value", flat=True)
    assert len(set(diverted)) > 1
    assert Touchpoint.objects.filter(position__gt=1).exists(), "paths of several touches"
    assert Conversion.objects.filter(attribution__kind=TouchKind.COUPON).exists(), "sales by code, without a click"
    assert set(QualityCase.objects.values_list("rule", flat=True)) >= {"R1"}
    told = Delivery.objects.values_list("event", "postback__is_active").distinct()
    assert ("recorded", True) in set(told), "a publisher's tracker hears of the last day"
    assert QualityAppeal.objects.filter(status=AppealStatus.WAITING).count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_starts_over_where_a_build_was_interrupted(
    quiet: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "demo.json"
    with monkeypatch.context() as patch:
        patch.setattr("reporting.demo.history.write", interrupt)
        with pytest.raises(KeyboardInterrupt):
            call_command("demo", file=file, verbosity=0)
    assert Organization.objects.filter(kind=Kind.NETWORK).exists()
    call_command("demo", file=file, verbosity=0)
    assert DailyCount.objects.filter(clicks__gt=0).exists()
    assert proof.verify() == []
    assert [path.name for path in tmp_path.iterdir()] == ["demo.json"]


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_it_refuses_a_database_with_another_network(nima: Member, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="a network of its own"):
        call_command("demo", file=tmp_path / "demo.json", verbosity=0)


def test_it_refuses_a_public_installation(settings: Settings, tmp_path: Path) -> None:
    settings.LOCAL = False
    with pytest.raises(CommandError, match="well-known password"):
        call_command("demo", file=tmp_path / "demo.json", verbosity=0)
    assert not Organization.objects.exists()
