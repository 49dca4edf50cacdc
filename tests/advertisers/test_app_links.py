import pytest
from django.test import Client

from advertisers import app_links
from advertisers.models import App, Campaign
from network.errors import DomainError
from tests.cast import Member
from tests.publishers.conftest import campaign

__all__ = ["campaign"]


def test_it_describes_an_app_again_and_again(campaign: Campaign, ada: Member) -> None:
    app_links.describe(campaign, ios_app_id="id310633997", by=ada.actor)
    app = app_links.describe(campaign, android_package="com.example.shop", android_link="myshop://home", by=ada.actor)
    assert App.objects.get() == app
    assert (app.ios_app_id, app.android_package, app.android_link) == ("", "com.example.shop", "myshop://home")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ios_app_id", "abc"),
        ("android_package", "shop"),
        ("ios_link", "myshop://home"),
        ("ios_link", "http://shop.example/"),
        ("ios_link", "https://good@evil.example/"),
        ("ios_link", "https://{sub1}/"),
        ("android_link", "javascript://x"),
        ("android_link", "intent://x#Intent;end"),
        ("android_link", "myshop://home#Intent;package=evil;end"),
        ("android_link", "my shop://home"),
        ("android_link", "data://x"),
        ("ios_link", "https://shop.example/{password}"),
    ],
)
def test_it_refuses_other_addresses(campaign: Campaign, ada: Member, field: str, value: str) -> None:
    values = {"android_package": "com.example.shop"} | {field: value}
    with pytest.raises(DomainError) as error:
        app_links.describe(campaign, **values, by=ada.actor)
    assert error.value.field == field
    assert not App.objects.exists()


def test_it_demands_the_click_id_for_a_measurement_partner(campaign: Campaign, ada: Member) -> None:
    with pytest.raises(app_links.LacksClickId):
        app_links.describe(campaign, measurement="adjust", measurement_url="https://app.adjust.com/x", by=ada.actor)


@pytest.mark.parametrize("template", app_links.TEMPLATES.items())
def test_its_own_templates_are_accepted(campaign: Campaign, ada: Member, template: tuple[str, str]) -> None:
    app = app_links.describe(campaign, measurement=template[0], measurement_url=template[1], by=ada.actor)
    assert app.measurement_url == template[1]


def test_it_is_edited_and_removed_on_its_page(client: Client, campaign: Campaign, ada: Member) -> None:
    client.force_login(ada.user)
    at = f"/campaigns/{campaign.public_id}/app/"
    assert client.post(at, {"ios_app_id": "310633997", "measurement": ""}).status_code == 302
    assert client.post(at, {"ios_app_id": "x", "measurement": ""}).status_code == 422
    assert client.post(f"{at}remove/").status_code == 302
    assert not App.objects.exists()
