import pytest
from django.test import Client

from tests.cast import Member
from tests.network.markup import Inline

PUBLIC = [
    "/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/signup/?kind=publisher",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/1-bad/",
    "/no/such/page/",
]
PRIVATE = ["/accounts/email/", "/accounts/password/change/", "/accounts/2fa/", "/accounts/logout/", "/members/"]

pytestmark = pytest.mark.django_db


def client_in(language: str) -> Client:
    client = Client()
    client.cookies["language"] = language
    return client


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize("path", PUBLIC)
def test_it_obeys_a_strict_content_security_policy(path: str, language: str) -> None:
    response = client_in(language).get(path, follow=True)
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "object-src 'none'" in policy
    assert "unsafe" not in policy
    assert Inline(response.content.decode()).found == []


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize("path", PRIVATE)
def test_it_keeps_members_pages_free_of_inline_code(ada: Member, path: str, language: str) -> None:
    client = client_in(language)
    client.force_login(ada.user)
    response = client.get(path)
    assert response.status_code == 200
    assert Inline(response.content.decode()).found == []


def test_it_gives_each_answer_a_nonce_of_its_own(client: Client) -> None:
    first, second = (client.get("/")["Content-Security-Policy"] for _ in range(2))
    assert "'nonce-" in first
    assert first != second


def test_it_speaks_english_left_to_right() -> None:
    html = client_in("en").get("/").content.decode()
    assert '<html lang="en" dir="ltr"' in html
    assert "Pay for results." in html
    assert "tabler.min" in html
    assert "tabler.rtl" not in html


def test_it_speaks_persian_right_to_left() -> None:
    html = client_in("fa").get("/").content.decode()
    assert '<html lang="fa" dir="rtl"' in html
    assert "برای نتیجه بپردازید" in html
    assert "tabler.rtl" in html
    assert "Pay for results." not in html


def test_its_example_adds_up_in_both_languages() -> None:
    english = client_in("en").get("/").content.decode()
    for amount in ("$240.00", "$19.20", "$3.84", "$23.04"):
        assert f'<bdi dir="ltr" class="figure">{amount}</bdi>' in english
    persian = client_in("fa").get("/").content.decode()
    for amount in ("۴٬۸۰۰٬۰۰۰", "۳۸۴٬۰۰۰", "۷۶٬۸۰۰", "۴۶۰٬۸۰۰"):
        assert f'<bdi dir="ltr">{amount}</bdi> <span class="unit">تومان</span>' in persian


@pytest.mark.parametrize("kind", ["advertiser", "publisher", "agency"])
def test_it_leads_each_role_to_its_sign_up(client: Client, kind: str) -> None:
    assert f'href="/accounts/signup/?kind={kind}"' in client.get("/").content.decode()
    html = client.get(f"/accounts/signup/?kind={kind}").content.decode()
    assert f'<input type="radio" name="kind" value="{kind}" checked>' in html
    assert html.count("checked") == 1


def test_it_offers_members_their_pages(client: Client, ada: Member) -> None:
    client.force_login(ada.user)
    html = client.get("/").content.decode()
    assert "To my pages" in html
    assert "Log in" not in html


def test_it_tells_a_lost_visitor_in_both_languages() -> None:
    for language, text in (("en", "There is nothing here"), ("fa", "این‌جا چیزی نیست")):
        response = client_in(language).get("/no/such/page/")
        assert response.status_code == 404
        assert text in response.content.decode()


def test_it_explains_a_form_that_was_open_for_too_long() -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies["language"] = "fa"
    response = client.post("/theme/", {"theme": "dark"})
    assert response.status_code == 403
    assert "این صفحه زیادی باز مانده بود" in response.content.decode()
    assert Inline(response.content.decode()).found == []


def test_it_has_a_page_for_its_own_failures(client: Client) -> None:
    from django.template.loader import render_to_string
    from django.utils import translation

    with translation.override("fa"):
        html = render_to_string("500.html")
    assert 'dir="rtl"' in html
    assert "مشکلی از سمت ما پیش آمد" in html
    assert Inline(html).found == []


def test_whoever_asks_for_an_icon_without_a_page_gets_the_sites(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/static/img/favicon.svg")
