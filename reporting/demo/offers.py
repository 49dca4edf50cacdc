"""What the advertisers of the demo offer beside banners, and what they do not take: codes, pages, letters, limits."""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from advertisers import app_links, blocks, caps, coupons, creatives, landing_pages, letters, suppressions, targeting
from advertisers.models import BlockedBy, Metric, Period
from network.actors import Actor
from reporting.demo import banners, parties
from reporting.demo.world import World

BLOCKED_SOURCE: Final = "popunder"
LEFT: Final = ("lars@mail.example", "odile@mail.example", "mette@mail.example")
"""Readers who want no more mail about Fjellborg."""
NOT_TAUGHT: Final = ("ja", "ko", "zh")
CAPPED: Final = ("sara", "fashion")
DAILY_CLICKS: Final = 45  # of those who come by the one above

LETTER: Final = """
<table role="presentation" width="600" align="center" cellpadding="0" cellspacing="0"><tr><td style="padding:24px">
<h1 style="font-size:24px">The rain is coming. So is your new jacket.</h1>
<p>Our autumn range is in: shells that breathe, boots that grip, packs that carry themselves.</p>
<p><a href="{link}" style="background-color:#14532d;color:#f7fee7;padding:12px 20px;text-decoration:none">See the range</a></p>
<p style="font-size:12px;color:#6b7280"><a href="{unsubscribe}">No more mails about Fjellborg</a></p>
</td></tr></table>
"""


def add(world: World) -> None:
    """Once campaigns and partnerships are there."""
    _codes(world)
    _fjellborg(world)
    _niloufar(world)
    _aram(world)
    _parlo(world)


def _codes(world: World) -> None:
    for code in parties.COUPONS:
        owner = world.members[code.publisher].organization if code.publisher else None
        terms = coupons.Terms(publisher=owner, is_exclusive=code.is_exclusive, description=code.description)
        campaign = world.campaigns[code.campaign]
        world.coupons[code.code] = coupons.create(
            campaign, code=code.code, terms=terms, by=_owner(world, code.campaign)
        )


def _fjellborg(world: World) -> None:
    campaign, by, party = world.campaigns["outdoor"], _owner(world, "outdoor"), parties.CAMPAIGNS[0]
    picture = banners.draw((1200, 628), party.colours, "Fjellborg", party.slogan)
    native = [
        creatives.add_native(campaign, name=title, title=title, text=text, brand="Fjellborg", data=picture, by=by)
        for title, text in (
            ("Dry feet, all weekend", "The boots our guides wear, now in four new colours."),
            ("A tent that pitches in a minute", "Two poles, one person, any weather."),
        )
    ]
    letter = letters.add(
        campaign,
        name="Autumn letter",
        subject="Go out. Stay dry.",
        preview="Shells, boots and packs for the wet season",
        html=LETTER,
        by=by,
    )
    world.letters["outdoor"], world.native["outdoor"] = letter, native
    weights = {banner.pk: weight for banner, weight in zip(world.creatives["outdoor"], (3, 2, 1, 1), strict=False)}
    landing_pages.weigh_creatives(campaign, weights | {native[0].pk: 2, native[1].pk: 1}, by=by)
    site = "https://fjellborg.example"
    world.pages["outdoor"] = [
        landing_pages.add(campaign, name="Autumn range", url=f"{site}/autumn", weight=70, by=by),
        landing_pages.add(campaign, name="Autumn stories", url=f"{site}/autumn/stories", weight=30, by=by),
    ]
    suppressions.upload(campaign.advertiser, data="\n".join(LEFT).encode(), by=by)


def _niloufar(world: World) -> None:
    campaign, by = world.campaigns["fashion"], _owner(world, "fashion")
    caps.add(campaign, metric=Metric.CLICKS, period=Period.DAY, limit=2_000, is_hard=False, by=by)
    partnership = world.partnerships[CAPPED]
    caps.add(
        campaign, metric=Metric.CLICKS, period=Period.DAY, limit=DAILY_CLICKS, partnership_id=partnership.pk, by=by
    )
    blocks.add(campaign, field=BlockedBy.SOURCE, value=BLOCKED_SOURCE, reason="فروشگاه تبلیغ پاپ‌آندر نمی‌پذیرد.", by=by)


def _aram(world: World) -> None:
    by = _owner(world, "insurance")
    caps.add(world.campaigns["insurance"], metric=Metric.CONVERSIONS, period=Period.TOTAL, limit=1_500, by=by)


def _parlo(world: World) -> None:
    campaign, by = world.campaigns["language"], _owner(world, "language")
    app_links.describe(
        campaign,
        android_package="example.parlo.app",
        ios_app_id="310633997",
        ios_link="https://parlo.example/open?pvd_cid={click_id}",
        by=by,
    )
    targeting.change(
        campaign,
        rules={"device": ["not", ["tablet"]], "language": ["not", list(NOT_TAUGHT)]},
        ends_at=timezone.now() + timedelta(days=180),
        by=by,
    )


def _owner(world: World, campaign: str) -> Actor:
    return world.owner_of(world.campaigns[campaign]).actor
