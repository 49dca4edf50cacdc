"""How the publishers of the demo reach people: links by channel, a short name, smart links."""

from advertisers.models import Creative, Objective
from publishers import links, smart_links, vanity
from publishers.models import Channel, Property, TrackingLink
from reporting.demo.world import World


def add(world: World) -> None:
    letter, native = world.letters["outdoor"], world.native["outdoor"]
    _take(world, "trail", "outdoor", Channel.EMAIL, "Weekly letter", creative=letter, subs=("letter",))
    _take(world, "bench", "outdoor", Channel.DISPLAY, "Sidebar banner")
    _take(world, "bench", "outdoor", Channel.NATIVE, "Below the verdict", creative=native[0])
    _take(world, "takhfif", "fashion", Channel.SOCIAL, "کانال", on="channel", subs=("telegram",))
    _take(world, "takhfif", "fashion", Channel.COUPON, "صفحهٔ کد", coupon="PAEEZ10")
    _take(world, "gheymat", "insurance", Channel.APP, "اپ قیمت‌سنج", subs=("app",))
    _take(world, "backly", "language", Channel.APP, "Backly app", subs=("app",))
    _influence(world)
    _smart(world)


def _take(
    world: World,
    publisher: str,
    campaign: str,
    channel: Channel,
    name: str,
    *,
    creative: Creative | None = None,
    coupon: str = "",
    on: str = "",
    subs: tuple[str, ...] = (),
) -> TrackingLink:
    pair = publisher, campaign
    member = world.members[publisher]
    place = Property.objects.filter(publisher=member.organization, url__endswith=on).first() if on else None
    link = links.grab(
        world.partnerships[pair],
        creative=creative,
        channel=channel,
        name=name,
        shown_on=place,
        coupon=world.coupons[coupon] if coupon else None,
        subs=subs,
        by=member.actor,
    )
    world.links[pair].append(link)
    return link


def _influence(world: World) -> None:
    """A short name with two campaigns, and a code of her own."""
    sara = world.members["sara"]
    style = _take(world, "sara", "fashion", Channel.INFLUENCER, "استایل پاییز", coupon="SARA15")
    car = _take(world, "sara", "insurance", Channel.INFLUENCER, "بیمهٔ ماشین من")
    _take(world, "sara", "fashion", Channel.SOCIAL, "استوری", subs=("story",))
    name = vanity.claim(
        sara.organization, name="sara.style", title="سارا استایل", about="همهٔ چیزهایی که نشانتان دادم", by=sara.actor
    )
    vanity.add_link(name, link=style, slug="niloufar", label="پاییز نیلوفر با کد SARA15", by=sara.actor)
    vanity.add_link(name, link=car, slug="bime", label="بیمهٔ ماشین من", by=sara.actor)


def _smart(world: World) -> None:
    """One that a publisher made of its two campaigns, and one of the network's that another one took."""
    trail, network = world.members["trail"], world.network
    mine = smart_links.create(
        trail.organization,
        name="For the way there",
        slug="on-the-way",
        rule=smart_links.Rule(campaigns=[(world.campaigns["outdoor"], 200), (world.campaigns["language"], 100)]),
        channel=Channel.SOCIAL,
        catch_all_url="https://trailletter.example/deals",
        by=trail.actor,
    )
    offered = smart_links.create(
        network.organization,
        name="Best of sales",
        slug="best-sales",
        rule=smart_links.Rule(objective=Objective.SALES),
        channel=Channel.WEBSITE,
        by=network.actor,
    )
    takhfif = world.members["takhfif"]
    taken = smart_links.take(offered, publisher=takhfif.organization, by=takhfif.actor)
    keys = {campaign.pk: key for key, campaign in world.campaigns.items()}
    for publisher, smart in (("trail", mine), ("takhfif", taken)):
        for link in TrackingLink.objects.filter(smart_link=smart).select_related("partnership"):
            world.links[publisher, keys[link.partnership.campaign_id]].append(link)
