"""Code that an advertiser puts into its shop, filled in with the campaign's own values."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from advertisers.models import Campaign, Goal, GoalKind
from advertisers.sentences import TYPICAL_ORDERS
from network.money import Money, to_major

HIDDEN: Final = "••••••••"
"""Stands for the token where the reader may not see it."""
TAG_PARAMETER: Final = "pvd_cid"
TAG_DAYS: Final = 90
"""Defaults of tag.js."""


@dataclass(frozen=True, slots=True)
class Code:
    """What the integration page shows."""

    token: str
    goals: list[Goal]
    curl: str
    php: str
    python: str
    refund: str
    tag: str
    field: str
    browser: str
    policy: str
    test: str
    installs: list[tuple[str, str]]


INSTALLS: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    (
        "AppsFlyer",
        {"click_id": "(clickid)", "gaid": "(advertiserId)", "idfa": "(idfa)", "timestamp": "(install-unix-ts)"},
    ),
    ("Adjust", {"click_id": "{label}", "gaid": "{gps_adid}", "idfa": "{idfa}", "timestamp": "{installed_at}"}),
    (
        "Branch",
        {
            "click_id": "${(last_attributed_touch_data.~click_id)!}",
            "gaid": "${(user_data.aaid)!}",
            "idfa": "${(user_data.idfa)!}",
            "timestamp": "${(event_timestamp)!}",
        },
    ),
    ("Kochava", {"click_id": "{click_id}", "gaid": "{adid}", "idfa": "{idfa}"}),
)
"""What each measurement partner writes for the values of an install; docs/tracking.md."""


def examples(campaign: Campaign, token: str, tracking_url: str) -> Code:
    goals = list(campaign.goals.exclude(kind__in=[GoalKind.IMPRESSION, GoalKind.CLICK]).order_by("pk"))
    goal = next((goal for goal in goals if goal.kind == GoalKind.SALE), goals[0] if goals else None)
    code = goal.code if goal else GoalKind.SALE.value
    amount = str(_example_amount(campaign.currency))
    postback = f"{tracking_url}/postback"
    fields = {"goal": code, "order_id": "1001", "amount": amount, "currency": campaign.currency}
    refund = {"goal": "refund", "order_id": "1001", "refund_id": "R1", "amount": amount, "currency": campaign.currency}
    return Code(
        token=token,
        goals=goals,
        curl=_curl(postback, {"token": token, "click_id": "CLICK_ID", **fields}),
        php=_php(postback, token, fields),
        python=_python(postback, token, fields),
        refund=_curl(postback, {"token": token, **refund}),
        tag=_tag(campaign, tracking_url),
        field='<input type="hidden" name="click_id" data-peyvand-click-id>',
        browser=_browser(fields),
        policy=f"script-src {tracking_url}; connect-src {tracking_url}",
        test=_curl(postback, {"token": token, "click_id": "CLICK_ID", **fields, "test": "1"}),
        installs=_installs(postback, token, goals),
    )


def _installs(postback: str, token: str, goals: list[Goal]) -> list[tuple[str, str]]:
    """Addresses to paste into the measurement partner's postback settings; none without a goal for installs."""
    goal = next((goal for goal in goals if goal.kind == GoalKind.INSTALL), None)
    if goal is None:
        return []
    plain = f"{postback}?token={token}&goal={goal.code}"
    own = [("Server", f"{plain}&click_id=CLICK_ID")]
    return [
        (name, "&".join([plain, *(f"{key}={macro}" for key, macro in named.items())])) for name, named in INSTALLS
    ] + own


def _example_amount(currency: str) -> Decimal:
    return to_major(Money(TYPICAL_ORDERS[currency], currency))


def _curl(url: str, fields: dict[str, str]) -> str:
    lines = [f"curl -G '{url}'", *(f"  --data-urlencode '{name}={value}'" for name, value in fields.items())]
    return " \\\n".join(lines)


def _php(url: str, token: str, fields: dict[str, str]) -> str:
    return f"""<?php
// Call this once the order is paid. $clickId is what came to the landing page.
$answer = file_get_contents('{url}?' . http_build_query([
    'token'    => '{token}',
    'click_id' => $clickId,
    'goal'     => '{fields["goal"]}',
    'order_id' => $order->id,
    'amount'   => $order->total,  // like {fields["amount"]}
    'currency' => '{fields["currency"]}',
]));"""


def _python(url: str, token: str, fields: dict[str, str]) -> str:
    return f'''import requests

def report_order(click_id, order):
    """Call this once the order is paid. click_id is what came to the landing page."""
    answer = requests.post(
        "{url}",
        data={{
            "token": "{token}",
            "click_id": click_id,
            "goal": "{fields["goal"]}",
            "order_id": order.id,
            "amount": str(order.total),  # like "{fields["amount"]}"
            "currency": "{fields["currency"]}",
        }},
        timeout=10,
    )
    answer.raise_for_status()'''


def _tag(campaign: Campaign, tracking_url: str) -> str:
    """What differs from the tag's own defaults is said in its attributes."""
    attributes = [f'data-campaign="{campaign.public_id}"']
    if campaign.click_parameter != TAG_PARAMETER:
        attributes.append(f'data-parameter="{campaign.click_parameter}"')
    if campaign.window_days > TAG_DAYS:
        attributes.append(f'data-days="{campaign.window_days}"')
    return f'<script src="{tracking_url}/tag.js" {" ".join(attributes)} async></script>'


def _browser(fields: dict[str, str]) -> str:
    return f"""peyvand.convert({{
  goal: "{fields["goal"]}",
  orderId: "{fields["order_id"]}",
  amount: "{fields["amount"]}",
  currency: "{fields["currency"]}"
}});"""
