"""The rules at the conversion. What they see is stored with what they say.

All look at what was before the conversion, by its own time, so that it can be judged again later with the same result.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from statistics import fmean, pstdev
from typing import Final

from advertisers.models import GoalKind
from network import logins
from publishers.models import PublisherKind
from tracking.models import QualityFacts
from tracking.quality import hosts, thresholds
from tracking.quality.facts import Subject
from tracking.quality.findings import Signal, signal
from tracking.quality.known import DAY, SPACED, Known, minute_of
from tracking.quality.rules import CODES, HOLD, WATCH
from tracking.quality.thresholds import Values

AT_CHECKOUT: Final = frozenset({PublisherKind.COUPON, PublisherKind.CASHBACK, PublisherKind.SOFTWARE})
SHORTEST: Final[dict[str, str]] = {
    GoalKind.SALE: "sale_seconds",
    GoalKind.LEAD: "lead_seconds",
    GoalKind.INSTALL: "install_seconds",
    GoalKind.CUSTOM: "custom_seconds",
}
PER_ADDRESS: Final[dict[str, str]] = {
    GoalKind.SALE: "address_sales",
    GoalKind.LEAD: "address_leads",
    GoalKind.INSTALL: "address_installs",
    GoalKind.CUSTOM: "address_customs",
}

type Step = Callable[[Subject, QualityFacts, Values, Known], Iterator[Signal]]


def doubtful_click(subject: Subject, facts: QualityFacts, values: Values, known: Known) -> Iterator[Signal]:
    """R1 to R5, R7: the click itself was invalid, so its conversion is held."""
    if subject.conversion.reason == "invalid_click":
        code = next((reason for reason in subject.click.reasons if reason in CODES), "known_robot")
        yield signal(CODES[code].number, HOLD, click=list(subject.click.reasons))


def second_publisher(subject: Subject, facts: QualityFacts, values: Values, known: Known) -> Iterator[Signal]:
    """R9: another publisher's click of the same visitor just before: the later one is held."""
    if found := known.others.get(subject.conversion.pk):
        yield signal("R9", **found)


def too_fast(subject: Subject, facts: QualityFacts, values: Values, known: Known) -> Iterator[Signal]:
    """R10: sooner than somebody can buy, fill in a form, install."""
    shortest = thresholds.by_kind(values, subject.conversion.goal.kind, SHORTEST)
    age = subject.age
    if age is not None and age < timedelta(seconds=shortest):
        yield signal("R10", seconds=round(age.total_seconds(), 3), least=shortest)


def short_stay(subject: Subject, facts: QualityFacts, values: Values, known: Known) -> Iterator[Signal]:
    """R11: the visitor left the advertiser's pages at once, and yet there is a conversion."""
    length, least = known.stays.get(subject.conversion.pk), values["stay_seconds"]
    if length is not None and length < 1000 * least:
        yield signal("R11", stayed=round(length / 1000, 3), least=least)


def too_old(subject: Subject, facts: QualityFacts, values: Values, known: Known) -> Iterator[Signal]:
    """R24: half-open, as the campaign's own window, which attribution keeps."""
    name = "max_install_hours" if subject.conversion.goal.kind == GoalKind.INSTALL else "max_hours"
    age, most = subject.age, values[name]
    if most and age is not None and age >= timedelta(hours=most):
        yield signal("R24", hours=round(age / timedelta(hours=1), 2), most=most)


def self_referral(subject: Subject, facts: QualityFacts, values: Values, known: Known) -> Iterator[Signal]:
    """R14: the buyer's mail, the domain of it where that is not everybody's, or the address, is one of the publisher's
    people's; the address from which one of them logged in within a day before or after."""
    conversion = subject.conversion
    if not values["self_referral"] or conversion.partnership is None:
        return
    publisher = conversion.partnership.publisher_id
    own = known.mails.get(publisher, [])
    for name, same in (("box", "mail"), ("domain", "mail domain")):
        if (buyers := subject.mail.get(name)) and buyers in {each.get(name) for each in own}:
            yield signal("R14", same=same)
            return
    address = logins.number(subject.address) if subject.address and publisher in known.logins else None
    if any(number == address and abs(at - facts.at) < DAY for number, at in known.logins.get(publisher, ())):
        yield signal("R14", same="address")


def repeated_address(subject: Subject, facts: QualityFacts, values: Values, known: Known) -> Iterator[Signal]:
    """R15: within 24 hours, same goal, campaign and publisher."""
    most = thresholds.by_kind(values, subject.conversion.goal.kind, PER_ADDRESS)
    number = known.by_address.get(subject.conversion.pk, 1)
    if most and number > most:
        yield signal("R15", conversions=number, most=most, hours=24)


def repeated_device(subject: Subject, facts: QualityFacts, values: Values, known: Known) -> Iterator[Signal]:
    """R16: same goal and campaign."""
    most, number = values["device_conversions"], known.by_device.get(subject.conversion.pk, 1)
    if most and number > most:
        yield signal("R16", conversions=number, most=most)


def other_country(subject: Subject, facts: QualityFacts, values: Values, known: Known) -> Iterator[Signal]:
    """R21: one alone is noted; held where the publisher has many."""
    clicked, _, converted = facts.countries.partition("-")
    if clicked == converted:
        return
    different, all_known = known.shares.get(subject.conversion.pk, (0, 0))
    different, all_known = different + 1, all_known + 1
    percent = 100 * different / all_known
    most = values["country_percent"]
    many = bool(most) and all_known >= values["least_conversions"] and percent > most
    inputs = {"click": clicked, "conversion": converted, "percent": round(percent, 1), "of": all_known, "most": most}
    yield signal("R21", HOLD if many else WATCH, **inputs)


def velocity(subject: Subject, facts: QualityFacts, values: Values, known: Known) -> Iterator[Signal]:
    """R25: several minutes with many conversions, many for this publisher too; or evenly spaced like a machine's."""
    recent = known.recent.get(minute_of(facts))
    if recent is None:
        return
    if recent.full_minutes >= 2 and values["per_minute"] > 3 * recent.usual:
        usual = round(recent.usual, 3)
        yield signal("R25", minutes=recent.full_minutes, per_minute=values["per_minute"], usual=usual)
        return
    times = [*recent.times, facts.at]
    if len(times) < SPACED or not values["spacing_percent"]:
        return
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    mean = fmean(gaps)
    if mean >= 1 and (variation := 100 * pstdev(gaps) / mean) < values["spacing_percent"]:
        least = values["spacing_percent"]
        yield signal("R25", variation=round(variation, 2), least=least, seconds=round(mean, 2))


def fast_form(subject: Subject, facts: QualityFacts, values: Values, known: Known) -> Iterator[Signal]:
    """R26: the time from the first letter in the form to its report, as `tag.js` measures it."""
    length, least = subject.fields.get("filled_in"), values["form_seconds"]
    if isinstance(length, int) and length < 1000 * least and subject.conversion.goal.kind == GoalKind.LEAD:
        yield signal("R26", filled_in=round(length / 1000, 3), least=least)


def throwaway_mail(subject: Subject, facts: QualityFacts, values: Values, known: Known) -> Iterator[Signal]:
    """R27: of leads only; the address itself is not stored."""
    if (
        (kind := subject.mail.get("kind"))
        and values["throwaway_mail"]
        and subject.conversion.goal.kind == GoalKind.LEAD
    ):
        yield signal("R27", kind=kind)


def paid_search(subject: Subject, facts: QualityFacts, values: Values, known: Known) -> Iterator[Signal]:
    """R28: the click came with an advertising system's click id."""
    if not values["no_paid_traffic"]:
        return
    sign = next((name for name in hosts.PAID_IDS if subject.click.extra.get(name)), "")
    if sign := sign or hosts.paid_sign(subject.click.referrer):
        yield signal("R28", sign=sign)


def coupon_poaching(subject: Subject, facts: QualityFacts, values: Values, known: Known) -> Iterator[Signal]:
    """R30: an exclusive code of somebody else; or a coupon or cashback publisher's click just before the order."""
    conversion = subject.conversion
    if conversion.partnership is None:
        return
    publisher = conversion.partnership.publisher_id
    owner = known.codes.get((conversion.campaign_id, conversion.coupon.strip().upper()))
    if owner is not None and owner != publisher:
        yield signal("R30", code=conversion.coupon, owner=owner)
        return
    least, age = values["checkout_seconds"], subject.age
    if (
        least
        and age is not None
        and age < timedelta(seconds=least)
        and conversion.goal.kind == GoalKind.SALE
        and known.kinds.get(publisher) in AT_CHECKOUT
    ):
        yield signal("R30", seconds=round(age.total_seconds(), 3), least=least)


def new_publisher(subject: Subject, facts: QualityFacts, values: Values, known: Known) -> Iterator[Signal]:
    """R34: off, unless somebody asks for it; a person approves the first conversions anyway where that is wanted."""
    days, most = values["new_publisher_days"], values["new_publisher_conversions"]
    number, first = known.begun.get(subject.conversion.pk, (0, None))
    if number < most or (days and (first is None or facts.at - first < timedelta(days=days))):
        yield signal("R34", conversions=number, days=(facts.at - first).days if first else 0)


def lookalike_site(subject: Subject, facts: QualityFacts, values: Values, known: Known) -> Iterator[Signal]:
    """R39: the visitor came from a misspelling of the advertiser's own host."""
    came_from = hosts.host(subject.click.referrer)
    if not values["lookalike_site"] or not came_from:
        return
    campaign = subject.conversion.campaign
    own = [hosts.host(campaign.landing_url), *(name.removeprefix("www.") for name in campaign.allowed_hosts)]
    if any(hosts.is_within(came_from, name) for name in own if name):
        return
    for name in own:
        if hosts.is_lookalike(came_from, name):
            yield signal("R39", site=came_from, like=name)
            return


STEPS: Final[tuple[Step, ...]] = (
    too_old,
    doubtful_click,
    second_publisher,
    too_fast,
    fast_form,
    self_referral,
    repeated_device,
    repeated_address,
    velocity,
    other_country,
    throwaway_mail,
    paid_search,
    coupon_poaching,
    lookalike_site,
    new_publisher,
    short_stay,
)


JUDGED: Final = frozenset("R1 R2 R3 R4 R5 R6 R7 R9 R10 R11 R14 R15 R16 R21 R24 R25 R26 R27 R28 R30 R34 R38 R39".split())
"""The rules whose signals come from here; those of others stay when a conversion is judged again."""
