import io
import logging
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client

from network import logs
from tests.cast import Member


@pytest.fixture(params=["text", "json"])
def lines(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    logs.configure(logs.Options(level="INFO", format=request.param))
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    written = io.StringIO()
    previous = handler.setStream(written)
    yield written
    handler.setStream(previous)
    logs.configure(logs.Options(level=settings.LOG_LEVEL, format=settings.LOG_FORMAT))


def test_it_writes_one_line_about_a_refused_page(lines: io.StringIO, client: Client, ada: Member) -> None:
    client.force_login(ada.user)
    assert client.get("/organizations/").status_code == 403
    text = lines.getvalue()
    assert "/organizations/" in text
    assert "Traceback" not in text
    assert len(text.splitlines()) == 2  # django.request says what, django_structlog who


def test_it_keeps_the_traceback_of_a_failure_but_no_values(lines: io.StringIO) -> None:
    try:
        hidden = "hunter" + "2"
        raise RuntimeError
    except RuntimeError:
        logging.getLogger("django.request").exception("Internal Server Error: /x/")
    text = lines.getvalue()
    assert "test_logs.py" in text
    assert hidden not in text
