"""One call to a publisher's receiver: to the checked address, signed, within 15 seconds, redirects not followed."""

import asyncio
import json
import ssl
import time
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final
from urllib.parse import urlsplit

import httpx
import structlog

from network import destinations, webhooks
from network.errors import DomainError
from payouts import macros
from payouts.models import Delivery
from publishers import postbacks

log = structlog.get_logger(__name__)

TIMEOUT: Final = 15.0
MOST_READ: Final = 8 * 1024
MOST_KEPT: Final = 1000
AGENT: Final = "Peyvand-Postback/1.0"


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    url: str
    body: str
    headers: dict[str, str]
    at: datetime

    @classmethod
    def of(cls, delivery: Delivery, now: datetime) -> "Call":
        """With a body its text is signed, without one the address."""
        postback = delivery.postback
        url = macros.fill(postback.url, delivery.facts, postback.secret)
        body = ""
        if postback.method == "POST":
            content = {
                "type": f"conversion.{delivery.event}",
                "timestamp": delivery.happened_at.isoformat(),
                "data": delivery.facts,
            }
            body = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        signed = webhooks.headers(
            postbacks.secrets_of(postback, now),
            identifier=f"msg_{delivery.public_id}",
            timestamp=int(now.timestamp()),
            content=body or url,
        )
        kind = {"content-type": "application/json"} if body else {}
        return cls(postback.method, url, body, {"user-agent": AGENT, **kind, **signed}, now)


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` None: there was none, and `error` says why, as one of the codes of `ERRORS`."""

    status: int | None
    milliseconds: int
    error: str = ""
    text: str = ""
    retry_after: str = ""

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


async def make(call: Call) -> Answer:
    """Never raises for what the receiver or the network does."""
    started = time.monotonic()
    try:
        async with asyncio.timeout(TIMEOUT):
            status, text, retry_after = await _exchange(call)
    except TimeoutError:
        failed = "timeout"
    except DomainError as error:
        failed = error.code
    except ssl.SSLError:
        failed = "tls"
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
        failed = "tls" if "certificate" in str(error).lower() or "ssl" in str(error).lower() else "unreachable"
    except Exception:  # whoever waits for this call would wait for ever
        log.exception("postbacks.call_broke", host=urlsplit(call.url).hostname)
        failed = "unreachable"
    else:
        error_code = "redirect" if 300 <= status < 400 else ""
        return Answer(status, _since(started), error_code, text, retry_after)
    return Answer(None, _since(started), failed)


async def _exchange(call: Call) -> tuple[int, str, str]:
    """Connected to the address that was checked; the certificate must be the host's."""
    place = await destinations.resolve(call.url)
    parts = urlsplit(call.url)
    address = f"[{place.address}]" if ":" in place.address else place.address
    target = httpx.URL(parts._replace(netloc=f"{address}:{place.port}", fragment="").geturl())
    usual = place.port == (443 if place.scheme == "https" else 80)
    host = f"[{place.host}]" if ":" in place.host else place.host
    headers = {"host": host if usual else f"{host}:{place.port}", "connection": "close", **call.headers}
    transport = httpx.AsyncHTTPTransport(verify=_trusted(), retries=0)
    async with httpx.AsyncClient(transport=transport, timeout=TIMEOUT, trust_env=False) as client:
        request = client.build_request(
            call.method, target, content=call.body or None, headers=headers, extensions={"sni_hostname": place.host}
        )
        response = await client.send(request, stream=True, follow_redirects=False)
        try:
            read = b""
            async for chunk in response.aiter_raw(4096):
                read += chunk
                if len(read) >= MOST_READ:
                    break
        finally:
            await response.aclose()
    text = read[:MOST_READ].decode("utf-8", "replace")[:MOST_KEPT].replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return response.status_code, text, response.headers.get("retry-after", "")


@cache
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
