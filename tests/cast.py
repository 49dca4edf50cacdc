"""The cast of the tests, set up through the real actions: who they are is in each fixture's name."""

from dataclasses import dataclass

import pytest
from allauth.account.models import EmailAddress

from advertisers import mandates
from advertisers.models import Scope
from network import organizations
from network.actors import Actor
from network.models import Kind, Organization, User

PASSWORD = "correct-horse-battery"


@dataclass(frozen=True)
class Member:
    user: User
    organization: Organization

    @property
    def actor(self) -> Actor:
        return Actor(self.user, self.organization)


def person(email: str, name: str) -> User:
    user = User.objects.create_user(email, PASSWORD, name=name)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def member(name: str, kind: Kind, nima: Member | None = None, **fields: str) -> Member:
    """An active organization with its owner; vetted by Nima unless it is the network itself."""
    user = person(f"{name.lower()}@example.com", name)
    organization = organizations.register(
        user, kind=kind, name=f"{name}'s {kind.label}", by=Actor(user, None), **fields
    )
    if nima:
        organization = organizations.approve(organization, by=nima.actor)
    return Member(user, organization)


@pytest.fixture
def nima(db: None) -> Member:
    """Nima, owner of the network."""
    return member("Nima", Kind.NETWORK)


@pytest.fixture
def ada(nima: Member) -> Member:
    """Ada the advertiser."""
    return member("Ada", Kind.ADVERTISER, nima, currency="USD")


@pytest.fixture
def pia(nima: Member) -> Member:
    """Pia the publisher."""
    return member("Pia", Kind.PUBLISHER, nima, currency="USD")


@pytest.fixture
def otto(nima: Member, ada: Member) -> Member:
    """Otto the OPM, with a mandate from Ada over everything."""
    otto = member("Otto", Kind.AGENCY, nima)
    mandates.give(ada.organization, agency=otto.organization, scopes=list(Scope), by=ada.actor)
    return otto


@pytest.fixture
def mallory(nima: Member) -> Member:
    """Mallory, an advertiser from elsewhere."""
    return member("Mallory", Kind.ADVERTISER, nima)
