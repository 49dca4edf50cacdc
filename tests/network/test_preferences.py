import pytest
from django.test import Client

from network import organizations
from network.models import Kind
from tests.cast import Member

pytestmark = pytest.mark.django_db


def test_it_keeps_the_language_in_a_cookie_and_with_the_person(client: Client, ada: Member) -> None:
    client.force_login(ada.user)
    response = client.post("/language/", {"language": "fa", "next": "/members/"})
    assert response["Location"] == "/members/"
    assert response.cookies["language"].value == "fa"
    ada.user.refresh_from_db()
    assert ada.user.language == "fa"
    assert 'lang="fa"' in client.get("/").content.decode()


def test_it_changes_the_language_of_visitors(client: Client) -> None:
    client.post("/language/", {"language": "fa", "next": "/"})
    assert '<html lang="fa" dir="rtl"' in client.get("/").content.decode()


def test_it_refuses_an_unknown_language(client: Client, ada: Member) -> None:
    client.force_login(ada.user)
    response = client.post("/language/", {"language": "xx"})
    assert response.status_code == 400
    assert "language" not in response.cookies
    ada.user.refresh_from_db()
    assert ada.user.language == "en"


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_it_returns_only_to_its_own_pages(client: Client, url: str) -> None:
    assert client.post("/language/", {"language": "en", "next": url})["Location"] == "/"


@pytest.mark.parametrize(("theme", "painted"), [("dark", "dark"), ("light", "light"), ("auto", "light")])
def test_it_keeps_the_colours(client: Client, theme: str, painted: str) -> None:
    client.post("/theme/", {"theme": theme})
    assert f'data-theme-choice="{theme}" data-bs-theme="{painted}"' in client.get("/").content.decode()


def test_it_refuses_unknown_colours(client: Client) -> None:
    assert client.post("/theme/", {"theme": "<script>"}).status_code == 400


def test_it_takes_nothing_from_a_forged_theme_cookie(client: Client) -> None:
    client.cookies["theme"] = '"><script>'
    html = client.get("/").content.decode()
    assert 'data-theme-choice="auto"' in html
    assert "<script>" not in html


def test_it_acts_for_another_organization_of_the_person(client: Client, nima: Member, ada: Member) -> None:
    blog = organizations.register(ada.user, kind=Kind.PUBLISHER, name="Ada's Blog", by=ada.actor)
    organizations.approve(blog, by=nima.actor)
    client.force_login(ada.user)
    client.post("/acting-organization/", {"organization": blog.public_id, "next": "/members/"})
    html = client.get("/members/").content.decode()
    assert "Find campaigns" in html
    assert html.count("dropdown-item active") == 1


def test_it_asks_visitors_to_log_in_first(client: Client) -> None:
    response = client.post("/acting-organization/", {"organization": "x"})
    assert response["Location"].startswith("/accounts/login/")
