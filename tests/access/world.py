"""The world of the access matrix: two circles that know nothing of each other, and the network above both."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.test import Client

from advertisers import mandates
from advertisers.models import Scope
from network.models import Kind, Membership, Organization
from network.roles import Role
from tests.cast import Member, member, person


@dataclass(eq=False)
class Circle:
    advertiser: Member
    agency: Member
    publisher: Member
    network: Member

    def of(self, kind: Kind) -> Member:
        return {
            Kind.ADVERTISER: self.advertiser,
            Kind.AGENCY: self.agency,
            Kind.PUBLISHER: self.publisher,
            Kind.NETWORK: self.network,
        }[kind]


@dataclass(eq=False)
class World:
    near: Circle
    far: Circle
    waiting: Client
    clients: dict[tuple[Kind, Role], Client] = field(default_factory=dict)

    def members(self) -> Iterator[tuple[Kind, Role, Client]]:
        for (kind, role), client in self.clients.items():
            yield kind, role, client


def build() -> World:
    nima = member("Nima", Kind.NETWORK)
    waiting = member("Wanda", Kind.ADVERTISER)
    world = World(
        near=_circle(nima, "Ada", "Otto", "Pia"),
        far=_circle(nima, "Mallory", "Olga", "Petra"),
        waiting=_client(waiting.organization, Role.OWNER),
    )
    for kind in Kind:
        for role in Role:
            world.clients[kind, role] = _client(world.near.of(kind).organization, role)
    return world


def _circle(nima: Member, advertiser: str, agency: str, publisher: str) -> Circle:
    circle = Circle(
        advertiser=member(advertiser, Kind.ADVERTISER, nima, currency="USD"),
        agency=member(agency, Kind.AGENCY, nima, currency="USD"),
        publisher=member(publisher, Kind.PUBLISHER, nima, currency="USD"),
        network=nima,
    )
    mandates.give(
        circle.advertiser.organization,
        agency=circle.agency.organization,
        scopes=list(Scope),
        by=circle.advertiser.actor,
    )
    return circle


def _client(organization: Organization, role: Role) -> Client:
    user = person(f"{role}@{organization.public_id}.example".lower(), str(role.label))
    Membership.objects.create(user=user, organization=organization, role=role)
    client = Client()
    client.force_login(user)
    return client
