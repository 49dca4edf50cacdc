"""Bounded, realistic traffic over real HTTP: what a script can do with var/demo.json, a crowd of visitors does here."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx

from network.currencies import EXPONENTS
from reporting.demo.audience import Habits, Visitor, order_amount, part_of, visitor

CLICK_PARAMETER: Final = "pvd_cid"
AT_ONCE: Final = 16
MAX_VISITORS: Final = 100_000


@dataclass
class Simulation:
    """`visitors` people within `seconds` at most, the same ones for the same `seed`; counts in `done`, failures in `errors`."""

    world: dict[str, Any]
    visitors: int
    seconds: float
    seed: int
    habits: Habits = field(default_factory=Habits)
    done: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.campaigns = {campaign["public_id"]: campaign for campaign in self.world["campaigns"]}
        self.tracking = self.world["tracking"]
        self.run_id = f"{self.seed:x}{int(time.time()):x}"

    async def run(self, report: Callable[[], None]) -> None:
        deadline = time.monotonic() + self.seconds
        people = iter(range(min(self.visitors, MAX_VISITORS)))
        limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
        async with httpx.AsyncClient(limits=limits, timeout=10, follow_redirects=False) as client:

            async def walk() -> None:
                for number in people:
                    if time.monotonic() > deadline:
                        return
                    try:
                        await self.visit(client, number)
                    except httpx.HTTPError as error:
                        self.errors[type(error).__name__] += 1

            reporter = asyncio.create_task(_every_second(report))
            try:
                await asyncio.gather(*(walk() for _ in range(AT_ONCE)))
            finally:
                reporter.cancel()

    async def visit(self, client: httpx.AsyncClient, number: int) -> None:
        """One person: sees the banner, perhaps clicks, perhaps signs up, installs or buys, perhaps sends it back."""
        random = Random(f"{self.seed}:{number}")  # noqa: S311  a dice, not a secret
        link = random.choice(self.world["links"])
        person = visitor(random)
        headers = {"User-Agent": person.user_agent, "Accept-Language": person.language}
        headers["X-Forwarded-For"] = person.address  # `make run` trusts this machine to say so
        if link.get("creative"):
            for _view in range(random.randint(1, 6)):
                answer = await client.get(f"{self.tracking}/i/{link['code']}.gif", headers=headers)
                self._count("impressions", answer, 200)
        click_id = await self.click(client, link, person, headers)
        if click_id and not person.is_robot:
            await self.convert(client, self.campaigns[link["campaign"]], click_id, f"{self.run_id}-{number}", random)

    async def click(
        self, client: httpx.AsyncClient, link: dict[str, Any], person: Visitor, headers: dict[str, str]
    ) -> str | None:
        query = {"sub1": person.sub1, "source": person.source}
        url = httpx.URL(link["url"]).copy_merge_params(query)
        answer = await client.get(url, headers=headers)
        self._count("robot clicks" if person.is_robot else "clicks", answer, 302)
        return brought(answer.headers.get("location", ""))

    async def convert(
        self, client: httpx.AsyncClient, campaign: dict[str, Any], click_id: str, order: str, random: Random
    ) -> None:
        for goal in campaign["goals"]:
            kind = goal.get("kind", goal["code"])
            if kind in {"impression", "click"} or not self.habits.reaches(kind, random):
                continue
            fields = {"click_id": click_id, "goal": goal["code"], "order_id": f"{order}-{goal['code']}"}
            currency = campaign["currency"]
            amount = order_amount(currency, random) if kind == "sale" else 0
            if amount:
                fields |= {"amount": major(amount, currency), "currency": currency}
            answer = await self._postback(client, campaign, fields)
            self._count(f"{kind}s", answer, 200)
            if amount and random.random() < self.habits.refund:
                await self.refund(client, campaign, fields["order_id"], amount, random)

    async def refund(
        self, client: httpx.AsyncClient, campaign: dict[str, Any], order_id: str, amount: int, random: Random
    ) -> None:
        fields = {"goal": "refund", "order_id": order_id, "refund_id": f"{order_id}-r1"}
        if random.random() < 0.5:
            currency = campaign["currency"]
            fields |= {"amount": major(part_of(amount, currency), currency), "currency": currency}
        self._count("refunds", await self._postback(client, campaign, fields), 200)

    async def _postback(
        self, client: httpx.AsyncClient, campaign: dict[str, Any], fields: dict[str, str]
    ) -> httpx.Response:
        data = fields | {"token": campaign["postback_token"]}
        return await client.post(f"{self.tracking}/postback", data=data, headers={"User-Agent": "shop/1.0"})

    def _count(self, what: str, answer: httpx.Response, expected: int) -> None:
        if answer.status_code == expected or (expected == 200 and answer.status_code == 202):
            self.done[what] += 1
        else:
            self.errors[f"{what}: {answer.status_code}"] += 1


def brought(location: str) -> str | None:
    """The click id that comes to the shop; to an app through the Play store's referrer. Diverted visitors bring none."""
    query = parse_qs(urlsplit(location).query)
    for found in (query, parse_qs("".join(query.get("referrer", [])))):
        if ids := found.get(CLICK_PARAMETER):
            return ids[0]
    return None


def major(minor: int, currency: str) -> str:
    """ASCII major units, as postbacks want them: "19.99"."""
    return f"{Decimal(minor).scaleb(-EXPONENTS[currency]):f}"


async def _every_second(report: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(1)
        report()
