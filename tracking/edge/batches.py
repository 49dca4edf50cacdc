"""POST /v1/conversions: reports as JSON, one object or {"conversions": [...]} with up to 5,000 of them."""

import asyncio
import hashlib
from typing import Any, Final

import orjson

from tracking.edge import inputs, intake
from tracking.edge.entries import SPOOLED, Caller, Entry
from tracking.edge.http import Request, Response, raw_json, read_body
from tracking.edge.refusals import RETRY_AFTER, Rejection, bad_token, invalid_json, invalid_type
from tracking.edge.state import Edge
from tracking.snapshot import Campaign

MAX_BODY: Final = 5 * 1024 * 1024
MAX_SINGLE: Final = 64 * 1024
MAX_ROWS: Final = 5_000
LARGE: Final = 256 * 1024  # from here on the JSON is read by a thread
NOT_JSON: Final = Rejection(415, "unsupported_media_type", "Send JSON in UTF-8 as application/json, not compressed.")
TOO_MANY_ROWS: Final = Rejection(413, "too_many_rows", f"A batch has at most {MAX_ROWS} conversions.")
TOO_LARGE: Final = Rejection(413, "too_large", f"One conversion has at most {MAX_SINGLE} bytes.")
KEY_REUSED: Final = Rejection(
    422, "idempotency_key_reused", "This Idempotency-Key was used before with another body. Use a new one."
)
INVALID_KEY: Final = Rejection(
    422, "invalid_idempotency_key", "An Idempotency-Key has 1 to 255 printable ASCII characters."
)
REPLAYED: Final = (b"idempotent-replayed", b"true")


async def conversions(edge: Edge, request: Request) -> Response:
    try:
        body, content = await _content(request)
        token = _token(request, content)
        rows = _rows(content, len(body))
        campaign = intake.campaign_with(edge, token, max(1, len(rows)))
        key = _key(request)
    except Rejection as rejection:
        return intake.rejected(rejection)
    digest = hashlib.sha256(body).digest()
    if key and (kept := await edge.inbox.kept_answer(campaign.id, key)):
        request_hash, kept_status, kept_body = kept
        if request_hash != digest:
            return intake.rejected(KEY_REUSED)
        return raw_json(kept_status, kept_body.encode(), [REPLAYED])
    entries = await _submit(edge, request, campaign, rows, token)
    status, answer = _answer(entries, is_batch="conversions" in content)
    if key and status not in {202, 429, 503}:
        await edge.inbox.keep_answer(campaign.id, key, digest, status, answer.decode())
    return raw_json(status, answer, [RETRY_AFTER] if status == 503 else [])


async def _content(request: Request) -> tuple[bytes, dict[str, Any]]:
    content_type, _, charset = request.header(b"content-type").lower().partition(";")
    encoding = request.headers.get(b"content-encoding", b"identity")
    charset = charset.strip().removeprefix("charset=").strip('"')
    if content_type.strip() != "application/json" or encoding != b"identity" or charset not in {"", "utf-8"}:
        raise NOT_JSON
    body = await read_body(request, MAX_BODY)
    content = await asyncio.to_thread(inputs.from_json, body) if len(body) > LARGE else inputs.from_json(body)
    if not isinstance(content, dict):
        raise invalid_json('Send one object, or {"conversions": [...]} for a batch.')
    return body, content


def _token(request: Request, content: dict[str, Any]) -> str:
    """From the header, or from the object itself; in a batch it stands beside `conversions`."""
    scheme, _, bearer = request.header(b"authorization").partition(" ")
    if bearer and scheme.lower() == "bearer":
        return bearer.strip()
    token = next((content[name] for name in ("token", "security_token") if name in content), "")
    if not isinstance(token, str) or not token:
        raise bad_token()
    return token


def _rows(content: dict[str, Any], size: int) -> list[Any]:
    if "conversions" not in content:
        if size > MAX_SINGLE:
            raise TOO_LARGE
        return [content]
    rows = content["conversions"]
    if not isinstance(rows, list):
        raise invalid_type("conversions", "a list of objects")
    if len(rows) > MAX_ROWS:
        raise TOO_MANY_ROWS
    return rows


def _key(request: Request) -> str:
    value = request.headers.get(b"idempotency-key")
    if value is None:
        return ""
    if not 1 <= len(value) <= 255 or not value.isascii() or not value.decode("ascii").isprintable():
        raise INVALID_KEY
    return value.decode("ascii")


async def _submit(edge: Edge, request: Request, campaign: Campaign, rows: list[Any], token: str) -> list[Entry]:
    """Of each row what became of it, in their order."""
    entries: list[Entry] = []
    good: list[Entry] = []
    for number, row in enumerate(rows):
        by = intake.caller(edge, request, "batch", _raw(row), token)
        try:
            entries.append(made := _entry(edge, campaign, row, by, token))
            good.append(made)
        except Rejection as rejection:
            entries.append(intake.refused(edge, rejection, campaign, by))
        if number % 200 == 199:
            await asyncio.sleep(0)  # redirects go on meanwhile
    if good:
        await edge.inbox.submit(good)
    return entries


def _entry(edge: Edge, campaign: Campaign, row: Any, by: Caller, token: str) -> Entry:
    if not isinstance(row, dict):
        raise invalid_type("conversions", "a list of objects")
    given = inputs.checked_row(row)
    if any(name == "token" and value != token for name, value in given):
        raise bad_token()
    return intake.entry(edge, campaign, given, by)


def _raw(row: Any) -> str:
    try:
        return orjson.dumps(row).decode()
    except (TypeError, ValueError):  # a lone surrogate
        return ascii(row)


def _answer(entries: list[Entry], *, is_batch: bool) -> tuple[int, bytes]:
    if not is_batch:
        return entries[0].status, entries[0].body
    results = [{"index": number, "code": made.status, **made.answer} for number, made in enumerate(entries)]
    counts = dict.fromkeys(("accepted", "duplicate", "rejected"), 0)
    for made in entries:
        counts[made.verdict] += 1
    statuses = {made.status for made in entries}
    status = 503 if 503 in statuses else 202 if any(made.reason == SPOOLED for made in entries) else 200
    return status, orjson.dumps({**counts, "results": results})
