"""One invitation is accepted by many clicks at once: one membership comes of it, the others are told it is closed."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Barrier
from typing import Any
from unittest.mock import patch

import pytest
from django.db import IntegrityError, connection

from network import invitations
from network.models import AuditEntry, Invitation, Membership, User
from network.roles import Role
from tests.cast import Member, person

CLICKS = 4
pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def unguarded() -> Iterator[None]:
    """The same action without its lock, all clicks past the look at the invitation before any writes."""
    looked, make = Barrier(CLICKS), Membership.objects.create

    def found(invitation: Invitation) -> Invitation:
        return Invitation.objects.select_related("organization").get(pk=invitation.pk)

    def create(**values: Any) -> Membership:
        looked.wait()
        return make(**values)

    with patch.object(invitations, "_open", found), patch.object(Membership.objects, "create", create):
        yield


def click(invitation: Invitation, user: User, barrier: Barrier) -> type[Exception] | None:
    try:
        barrier.wait()
        invitations.accept(invitation, user=user)
    except (invitations.InvitationClosed, IntegrityError) as refused:
        return type(refused)
    finally:
        connection.close()
    return None


@pytest.mark.parametrize(
    ("guard", "refusal"),
    [(nullcontext, invitations.InvitationClosed), (unguarded, IntegrityError)],
    ids=["locked", "control"],
)
def test_it_is_accepted_once(
    ada: Member, guard: Callable[[], AbstractContextManager[None]], refusal: type[Exception]
) -> None:
    """Without the lock only the table's last line of defence holds, and the person sees a failure."""
    ida, barrier = person("ida@example.com", "Ida"), Barrier(CLICKS)
    invitation = invitations.invite(ada.organization, email=ida.email, role=Role.MANAGER, by=ada.actor)
    with guard(), ThreadPoolExecutor(CLICKS) as pool:
        futures = [pool.submit(click, invitation, ida, barrier) for _ in range(CLICKS)]
        answers = [future.result() for future in futures]
    assert answers.count(None) == 1
    assert answers.count(refusal) == CLICKS - 1
    assert Membership.objects.filter(user=ida).count() == 1
    assert AuditEntry.objects.filter(action="invitation.accepted").count() == 1
