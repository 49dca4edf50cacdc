"""What ids of another system stand for in a file of history, and what an agency may learn by asking."""

import pytest

from network.models import Kind
from publishers.models import Partnership
from tests.cast import Member
from tests.cast import member as make_member
from tracking.files.places import Bad, Places
from tracking.models import ForeignId

pytestmark = pytest.mark.django_db


def code(places: Places, partnership: Partnership, publisher: str) -> str:
    with pytest.raises(Bad) as caught:
        places.of(partnership.campaign, publisher)
    return caught.value.code


def test_an_agency_does_not_learn_which_publishers_there_are(otto: Member, partnership: Partnership) -> None:
    stranger = make_member("Stella", Kind.PUBLISHER).organization
    ForeignId.objects.create(system="tune", kind="publisher", foreign_id="77", publisher=stranger)
    agency = Places("tune", otto.organization)
    asked = [stranger.public_id, stranger.name, "77", "nobody", "Nobody at all"]
    assert {code(agency, partnership, name) for name in asked} == {"no_partnership"}
    own = partnership.publisher
    assert agency.of(partnership.campaign, own.public_id).partnership == partnership.pk


def test_staff_are_told_the_difference(partnership: Partnership) -> None:
    stranger = make_member("Stella", Kind.PUBLISHER).organization
    staff = Places("tune")
    assert (code(staff, partnership, stranger.public_id), code(staff, partnership, "nobody")) == (
        "no_partnership",
        "unknown_publisher",
    )


def test_an_id_that_two_accounts_have_for_different_things_is_not_guessed(partnership: Partnership) -> None:
    stranger = make_member("Stella", Kind.PUBLISHER).organization
    for account, publisher in (("one", partnership.publisher), ("two", stranger)):
        ForeignId.objects.create(system="tune", account=account, kind="publisher", foreign_id="7", publisher=publisher)
    assert code(Places("tune"), partnership, "7") == "ambiguous_id"
    assert Places("tune").of(partnership.campaign, partnership.publisher.public_id).partnership == partnership.pk
