import pytest

from advertisers import mandates
from advertisers.models import Campaign, Mandate, Scope
from network.models import AuditEntry
from tests.cast import Member


def test_it_gives_scopes_and_changes_them_by_giving_anew(ada: Member, otto: Member) -> None:
    mandate = mandates.give(ada.organization, agency=otto.organization, scopes=[Scope.REPORTS], by=ada.actor)
    assert Mandate.objects.get(ended_at=None) == mandate
    assert mandate.scopes == ["reports"]
    assert Mandate.objects.filter(ended_at__isnull=False).count() == 1
    assert AuditEntry.objects.filter(action="mandate.given").count() == 2


def test_it_lets_an_agency_run_campaigns_only_under_that_scope(campaign: Campaign, ada: Member, otto: Member) -> None:
    assert list(Campaign.objects.run_by(otto.organization)) == [campaign]
    mandates.give(ada.organization, agency=otto.organization, scopes=[Scope.REPORTS], by=ada.actor)
    assert not Campaign.objects.run_by(otto.organization).exists()
    assert list(Campaign.objects.run_by(otto.organization, Scope.REPORTS)) == [campaign]


def test_it_ends_a_mandate_once(campaign: Campaign, ada: Member, otto: Member) -> None:
    mandate = Mandate.objects.get()
    mandates.end(mandate, by=ada.actor)
    assert not Campaign.objects.run_by(otto.organization).exists()
    with pytest.raises(mandates.MandateEnded):
        mandates.end(mandate, by=ada.actor)
    assert AuditEntry.objects.filter(action="mandate.ended").count() == 1


def test_it_gives_nothing_to_others_than_agencies(ada: Member, pia: Member, mallory: Member) -> None:
    for other in (pia, mallory):
        with pytest.raises(mandates.NotAnAgency):
            mandates.give(ada.organization, agency=other.organization, scopes=[Scope.REPORTS], by=ada.actor)
    assert not Mandate.objects.exists()


def test_it_gives_at_least_one_scope(ada: Member, otto: Member) -> None:
    with pytest.raises(mandates.MandateNeedsScope):
        mandates.give(ada.organization, agency=otto.organization, scopes=[], by=ada.actor)
    assert Mandate.objects.get().scopes == [scope.value for scope in Scope]
