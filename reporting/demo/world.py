"""Builds the demo network's parties through the same actions as the pages: registered, vetted, joined, linked."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone

from advertisers import campaigns, creatives, goals, mandates, plans
from advertisers.models import Campaign, Coupon, Creative, GoalKind, LandingPage, Scope
from advertisers.plans import Terms
from network import organizations
from network.actors import Actor
from network.models import Kind, Organization, User
from network.money import Money
from payouts import topups
from publishers import links, partnerships, profiles, properties
from publishers.models import Partnership, TrackingLink
from reporting.demo import banners, parties
from reporting.demo.parties import CampaignParty, Party, PublisherParty, Rate
from tracking.quality import thresholds

AT_ONCE = dict.fromkeys(
    "sale_seconds lead_seconds install_seconds custom_seconds checkout_seconds per_minute spacing_percent".split(), 0
)
"""The demo's visitors decide at once, and one like the other: the rules about such haste would hold them all."""
HISTORY = timedelta(days=29)
SECOND_VERSION = timedelta(days=10)


@dataclass(frozen=True)
class Member:
    party: Party
    user: User
    organization: Organization

    @property
    def actor(self) -> Actor:
        return Actor(self.user, self.organization)


@dataclass
class World:
    """What was built, by the parties' keys."""

    began: datetime
    members: dict[str, Member] = field(default_factory=dict)
    campaigns: dict[str, Campaign] = field(default_factory=dict)
    creatives: dict[str, list[Creative]] = field(default_factory=dict)
    partnerships: dict[tuple[str, str], Partnership] = field(default_factory=dict)
    links: dict[tuple[str, str], list[TrackingLink]] = field(default_factory=dict)
    coupons: dict[str, Coupon] = field(default_factory=dict)
    letters: dict[str, Creative] = field(default_factory=dict)
    native: dict[str, list[Creative]] = field(default_factory=dict)
    pages: dict[str, list[LandingPage]] = field(default_factory=dict)

    @property
    def network(self) -> Member:
        return self.members[parties.NETWORK.key]

    def owner_of(self, campaign: Campaign) -> Member:
        return next(one for one in self.members.values() if one.organization == campaign.advertiser)


@transaction.atomic
def build() -> World:
    world = World(began=timezone.now() - HISTORY)
    _join(world, parties.NETWORK, Kind.NETWORK)
    thresholds.change(None, AT_ONCE, by=world.network.actor)
    _join(world, parties.AGENCY, Kind.AGENCY)
    for party in parties.ADVERTISERS:
        _join(world, party, Kind.ADVERTISER)
    for client in parties.CLIENTS:
        advertiser = world.members[client]
        agency = world.members[parties.AGENCY.key].organization
        mandates.give(advertiser.organization, agency=agency, scopes=list(Scope), by=advertiser.actor)
    for campaign in parties.CAMPAIGNS:
        _publish(world, campaign)
    for publisher in parties.PUBLISHERS:
        _promote(world, publisher)
    for kind, party in parties.APPLICANTS:
        _apply(party, Kind(kind))
    return world


def _apply(party: Party, kind: Kind) -> Member:
    user = User.objects.create_user(
        party.email, parties.PASSWORD, name=party.person, language=party.language, time_zone=party.time_zone
    )
    EmailAddress.objects.create(user=user, email=party.email, verified=True, primary=True)
    organization = organizations.register(
        user,
        kind=kind,
        name=party.name,
        by=Actor(user, None),
        website=party.website,
        country=party.country,
        currency=party.currency,
        time_zone=party.time_zone,
        about=party.about,
    )
    return Member(party, user, organization)


def _join(world: World, party: Party, kind: Kind) -> None:
    member = _apply(party, kind)
    if kind != Kind.NETWORK:
        organization = organizations.approve(member.organization, by=world.network.actor)
        member = Member(party, member.user, organization)
    world.members[party.key] = member


def _publish(world: World, party: CampaignParty) -> None:
    advertiser = world.members[party.advertiser]
    topups.record(
        advertiser.organization,
        amount=Money(party.top_up, advertiser.organization.currency),
        reference=f"DEMO-{party.key.upper()}",
        by=world.network.actor,
    )
    campaign = campaigns.create(
        advertiser.organization,
        name=party.name,
        objective=party.objective,
        description=party.description,
        terms=party.terms,
        landing_url=party.landing_url,
        fallback_url=advertiser.party.website,
        currency=advertiser.organization.currency,
        validation_days=party.validation_days,
        window_days=party.window_days,
        attribution_model=party.attribution_model,
        view_window_hours=party.view_window_hours,
        by=advertiser.actor,
    )
    proposed = set(campaign.goals.values_list("code", flat=True))
    for rate in party.rates:
        if rate.goal not in proposed:
            goals.add(campaign, kind=GoalKind(rate.goal), by=advertiser.actor)
    _activate(campaign, party.rates, world.began - timedelta(days=1), advertiser.actor)
    if party.later_rates:
        _activate(campaign, party.later_rates, timezone.now() - SECOND_VERSION, advertiser.actor)
    made = [
        creatives.add_banner(
            campaign,
            name=f"{party.name} {width}×{height}",
            data=banners.draw((width, height), party.colours, advertiser.organization.name, party.slogan),
            by=advertiser.actor,
        )
        for width, height in banners.SIZES
    ]
    made.append(creatives.add_text(campaign, name=party.slogan, text=party.slogan, by=advertiser.actor))
    world.creatives[party.key] = made
    world.campaigns[party.key] = campaigns.start(campaign, by=advertiser.actor)


def _activate(campaign: Campaign, rates: tuple[Rate, ...], starts_at: datetime, by: Actor) -> None:
    found = {goal.code: goal for goal in campaign.goals.all()}
    plan = plans.draft(campaign, by=by)
    plans.set_rules(plan, [Terms(found[rate.goal], rate.flat_micro, rate.percent) for rate in rates], by=by)
    plans.activate(plan, starts_at=starts_at, by=by)


def _promote(world: World, publisher: PublisherParty) -> None:
    _join(world, publisher.party, Kind.PUBLISHER)
    member = world.members[publisher.party.key]
    profiles.describe(
        member.organization,
        kind=publisher.kind,
        description=publisher.description,
        audience=publisher.audience,
        by=member.actor,
    )
    for kind, name, url, visitors in publisher.properties:
        properties.add(member.organization, kind=kind, name=name, url=url, monthly_visitors=visitors, by=member.actor)
    for key in publisher.applies:
        partnerships.apply(
            world.campaigns[key], publisher=member.organization, message=publisher.description, by=member.actor
        )
    for key in publisher.joins:
        _partner(world, member, key)


def _partner(world: World, member: Member, key: str) -> None:
    campaign = world.campaigns[key]
    applied = partnerships.apply(campaign, publisher=member.organization, by=member.actor)
    partnership = partnerships.approve(applied, by=world.owner_of(campaign).actor)
    pair = (member.party.key, key)
    world.partnerships[pair] = partnership
    shown = [world.creatives[key][0], world.creatives[key][1], world.creatives[key][-1]]
    world.links[pair] = [
        links.grab(partnership, creative=creative, name=creative.name, by=member.actor) for creative in shown
    ]
