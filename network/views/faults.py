"""What the visitor sees when a request failed unexpectedly."""

import sys
from typing import Final

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views import defaults
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import TimeoutError as RedisSlow

AWAY: Final = (OperationalError, InterfaceError, RedisAway, RedisSlow)
RETRY_AFTER: Final = 5  # seconds


def failed(request: HttpRequest) -> HttpResponse:
    """503 where PostgreSQL or Redis is away or has no connection left, else 500."""
    if not isinstance(sys.exception(), AWAY):
        return defaults.server_error(request)
    page = loader.get_template("503.html").render()
    return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER), "Cache-Control": "no-store"})
