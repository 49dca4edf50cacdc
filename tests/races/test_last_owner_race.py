"""Two owners step down at the same moment: one of them stays, because changes of members wait for each other."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Barrier
from unittest.mock import patch

import pytest
from django.db import connection

from network import memberships
from network.models import Membership
from network.roles import Role
from tests.cast import Member, person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owners(ada: Member) -> list[Membership]:
    Membership.objects.create(user=person("anna@example.com", "Anna"), organization=ada.organization, role=Role.OWNER)
    return list(Membership.objects.filter(organization=ada.organization))


@contextmanager
def unguarded() -> Iterator[None]:
    """The same actions without the lock, both past the count of owners before either writes."""
    counted, check = Barrier(2), memberships._keep_an_owner

    def found(membership: Membership) -> Membership:
        return Membership.objects.select_related("user", "organization").get(pk=membership.pk)

    def keep(membership: Membership) -> None:
        check(membership)
        counted.wait()

    with patch.object(memberships, "_locked", found), patch.object(memberships, "_keep_an_owner", keep):
        yield


def step_down(membership: Membership, ada: Member, barrier: Barrier) -> bool:
    try:
        barrier.wait()
        memberships.change_role(membership, role=Role.ANALYST, by=ada.actor)
    except memberships.LastOwner:
        return False
    finally:
        connection.close()
    return True


@pytest.mark.parametrize(("guard", "left"), [(nullcontext, 1), (unguarded, 0)], ids=["locked", "control"])
def test_it_leaves_an_owner(
    owners: list[Membership], ada: Member, guard: Callable[[], AbstractContextManager[None]], left: int
) -> None:
    barrier = Barrier(2)
    with guard(), ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda membership: step_down(membership, ada, barrier), owners))
    assert Membership.objects.filter(organization=ada.organization, role=Role.OWNER).count() == left
    assert sum(done) == 2 - left
