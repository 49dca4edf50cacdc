"""Calls to the endpoints for reports, and what comes back."""

from typing import Any

import httpx

from tests.tracking.edge.scene import TOKEN, Scene

FORM = {"content-type": "application/x-www-form-urlencoded"}


def report(shop: Scene, order: str, **changes: Any) -> dict[str, Any]:
    """A sale of 19.99; a change to None leaves the parameter out."""
    fields = {"token": TOKEN, "click_id": shop.click_id(), "goal": "sale", "order_id": order, "amount": "19.99"}
    return {name: value for name, value in (fields | changes).items() if value is not None}


def outcome(answer: httpx.Response) -> tuple[int, str | None, str | None]:
    found = answer.json()
    return answer.status_code, found["reason"], found.get("field")


def keys(shop: Scene) -> int:
    return int(shop.execute("SELECT count(*) FROM tracking_orderkey")[0][0])
