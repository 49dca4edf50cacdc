"""Pages are got or posted to; whatever else is asked of them changes nothing and shows nothing."""

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from network import access
from tests.access import urls
from tests.cast import Member

OTHERS = ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")


@pytest.mark.parametrize("method", OTHERS)
def test_no_page_takes_other_methods(method: str, rf: RequestFactory) -> None:
    pages = [pattern.callback for _, pattern in urls.everything() if access.of(pattern.callback)]
    assert len(pages) > 100
    assert {page(rf.generic(method, "/")).status_code for page in pages} == {405}


@pytest.mark.django_db
@pytest.mark.parametrize("method", OTHERS)
def test_pages_of_anyone_signed_in_neither(method: str, client: Client, ada: Member) -> None:
    client.force_login(ada.user)
    assert client.get(reverse("network:onboarding")).status_code in {200, 302}
    assert client.generic(method, reverse("network:onboarding")).status_code == 405
