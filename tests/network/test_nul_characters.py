"""A NUL, which PostgreSQL cannot store, in places that no form looks at."""

import pytest
from django.test import Client

from tests.cast import Member


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/campaigns/%00/", 404),
        ("/campaigns/?search=a%00b", 400),
        ("/campaigns/?client=%00", 400),
        ("/partners/?q=%00", 200),
        ("/invitations/%00/", 410),
    ],
)
def test_it_answers_an_address_with_a_nul(client: Client, ada: Member, path: str, status: int) -> None:
    client.force_login(ada.user)
    assert client.get(path).status_code == status


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/acting-organization/", {"organization": "a\x00b"}),
        ("/partners/invite/", {"campaign": "\x00", "publisher": "x"}),
        ("/partners/decide/", {"partnership": "\x00", "decision": "approve"}),
        ("/conversions/decide/", {"commission": "\x00", "decision": "approve"}),
    ],
)
def test_it_refuses_a_posted_nul(client: Client, ada: Member, path: str, data: dict[str, str]) -> None:
    client.force_login(ada.user)
    assert client.post(path, data).status_code == 400
