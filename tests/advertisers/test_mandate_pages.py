import pytest
from django.test import Client
from django.urls import reverse

from advertisers.models import Campaign, Mandate, Scope
from network.models import Organization, OrganizationStatus
from tests.advertisers.test_campaign_pages import page, signed_in
from tests.cast import Member

CREATE = "advertisers:mandate-create"


def test_it_finds_active_agencies_by_name_or_id(client: Client, ada: Member, otto: Member) -> None:
    signed_in(client, ada)

    def found(search: str) -> list[Organization]:
        return list(client.get(reverse(CREATE), {"search": search}).context["agencies"])

    assert found("otto") == [otto.organization]
    assert found(otto.organization.public_id) == [otto.organization]
    assert found("") == found("o") == found("nobody") == found("Ada") == []
    Organization.objects.filter(pk=otto.organization.pk).update(status=OrganizationStatus.SUSPENDED)
    assert found("otto") == []


def test_it_gives_a_mandate(client: Client, mallory: Member, otto: Member) -> None:
    url = f"{reverse(CREATE)}?agency={otto.organization.public_id}"
    assert "Otto" in page(signed_in(client, mallory).get(url))
    client.post(url, {"scopes": ["reports", "campaigns"]})
    mandate = Mandate.objects.get(advertiser=mallory.organization)
    assert (mandate.agency, sorted(mandate.scopes)) == (otto.organization, ["campaigns", "reports"])
    assert "Otto" in page(client.get(reverse("advertisers:mandate-list")))


@pytest.mark.parametrize("scopes", [[], ["everything"]])
def test_it_wants_scopes_that_exist(client: Client, mallory: Member, otto: Member, scopes: list[str]) -> None:
    url = f"{reverse(CREATE)}?agency={otto.organization.public_id}"
    response = signed_in(client, mallory, "fa").post(url, {"scopes": scopes, "x": "1"})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["scopes"]
    assert not Mandate.objects.filter(advertiser=mallory.organization).exists()


def test_it_gives_nothing_to_others_than_agencies(client: Client, ada: Member, pia: Member) -> None:
    url = f"{reverse(CREATE)}?agency={pia.organization.public_id}"
    assert signed_in(client, ada).post(url, {"scopes": ["reports"]}).status_code == 404
    assert not Mandate.objects.exists()


def test_it_changes_scopes_and_ends(client: Client, ada: Member, otto: Member) -> None:
    first = Mandate.objects.get()
    signed_in(client, ada).post(reverse("advertisers:mandate-edit", args=[first.public_id]), {"scopes": ["reports"]})
    mandate = Mandate.objects.get(ended_at=None)
    assert mandate.scopes == ["reports"]
    client.post(reverse("advertisers:mandate-end", args=[mandate.public_id]))
    assert not Mandate.objects.filter(ended_at=None).exists()


def test_it_changes_nothing_once_a_mandate_ended(client: Client, ada: Member, otto: Member) -> None:
    mandate = Mandate.objects.get()
    signed_in(client, ada).post(reverse("advertisers:mandate-end", args=[mandate.public_id]))
    response = client.post(reverse("advertisers:mandate-edit", args=[mandate.public_id]), {"scopes": ["reports"]})
    assert response.status_code == 404
    assert not Mandate.objects.filter(ended_at=None).exists()


def test_it_shows_an_agency_its_clients(client: Client, running: Campaign, ada: Member, otto: Member) -> None:
    clients = signed_in(client, otto).get(reverse("advertisers:client-list")).context["clients"]
    assert [(row.mandate.advertiser, row.scopes, row.campaigns, row.active) for row in clients] == [
        (ada.organization, list(Scope), 1, 1)
    ]
