import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from advertisers import creatives
from advertisers.models import Campaign, Image
from tests.advertisers.pictures import picture
from tests.cast import Member


@pytest.fixture
def image(campaign: Campaign, ada: Member) -> Image:
    creative = creatives.add_banner(campaign, name="", data=picture(), by=ada.actor)
    assert creative.image is not None
    return creative.image


def test_it_shows_the_picture_to_everybody_for_ever(
    image: Image, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert image.path == f"/creatives/{image.sha256}.png"
    with django_assert_num_queries(2):
        response = client.get(image.path)
    assert response.status_code == 200
    assert response.content == bytes(Image.objects.get().data)
    assert response["Content-Type"] == "image/png"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["ETag"] == f'"{image.sha256}"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_it_sets_no_cookie_and_does_not_vary_by_one(image: Image, client: Client, ada: Member) -> None:
    client.force_login(ada.user)
    client.cookies["language"] = "fa"
    response = client.get(image.path)
    assert not response.cookies
    assert "cookie" not in response.get("Vary", "").lower()


@pytest.mark.parametrize("tag", ['"{}"', 'W/"{}"', '"other", "{}"', "*"])
def test_it_answers_a_known_picture_without_its_bytes(
    image: Image, client: Client, tag: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        response = client.get(image.path, headers={"if-none-match": tag.format(image.sha256)})
    assert (response.status_code, response.content) == (304, b"")
    assert response["ETag"] == f'"{image.sha256}"'


def test_it_sends_the_bytes_for_another_tag(image: Image, client: Client) -> None:
    assert client.get(image.path, headers={"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", ["/creatives/{}.jpg", "/creatives/{}.svg", "/creatives/{}.html", "/creatives/{}"])
def test_it_does_not_show_it_as_something_else(image: Image, client: Client, path: str) -> None:
    assert client.get(path.format(image.sha256)).status_code == 404


def test_it_knows_no_other_picture(client: Client, db: None) -> None:
    assert client.get(reverse("advertisers:creative-image", args=["0" * 64, "png"])).status_code == 404


def test_it_only_reads(image: Image, client: Client) -> None:
    assert client.post(image.path).status_code == 405
    assert client.head(image.path).status_code == 200


def test_it_goes_on_showing_a_retired_banner(image: Image, client: Client, campaign: Campaign, ada: Member) -> None:
    creatives.retire(campaign.creatives.get(), by=ada.actor)
    assert client.get(image.path).status_code == 200
