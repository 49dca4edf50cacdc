import ast
import re
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.urls import reverse
from django.utils.translation import override

from network import audit, organizations, trail
from network.models import AuditEntry
from tests.cast import Member
from tests.network.conftest import SignedIn
from tests.services import ROOT

APPS = ("network", "advertisers", "publishers", "tracking", "payouts", "reporting")
ACTION = re.compile(r"[a-z_]+\.[a-z_]+")


@pytest.fixture
def entry(ada: Member) -> AuditEntry:
    return AuditEntry.objects.latest("id")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE network_auditentry SET label = 'forged' WHERE id = %s",
        "DELETE FROM network_auditentry WHERE id = %s",
        "TRUNCATE network_auditentry -- %s",
    ],
)
def test_it_is_only_added_to(entry: AuditEntry, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else a TRUNCATE fails for another reason
        with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
            cursor.execute(statement, [entry.pk])
    assert AuditEntry.objects.get(pk=entry.pk).label == entry.label


@pytest.mark.django_db(transaction=True)
def test_it_belongs_to_the_transaction_of_its_cause(ada: Member) -> None:
    with pytest.raises(TransactionManagementError):
        audit.record(ada.actor, "organization.edited", ada.organization)


def test_it_disappears_with_a_cause_that_failed(ada: Member) -> None:
    before = AuditEntry.objects.count()
    with transaction.atomic():
        organizations.edit(ada.organization, name="New", by=ada.actor)
        transaction.set_rollback(True)
    assert AuditEntry.objects.count() == before


def test_it_finds_nobody_whom_it_does_not_name(nima: Member, ada: Member) -> None:
    approved = AuditEntry.objects.get(action="organization.approved", subject=ada.organization)
    for text in ("nima@example", "nima"):
        assert approved in AuditEntry.objects.matching(text, nima.organization)
        assert approved not in AuditEntry.objects.matching(text, ada.organization)
    organizations.edit(ada.organization, about="New", by=ada.actor)
    assert AuditEntry.objects.matching("ada@example", ada.organization).exists()


def test_it_names_the_person_to_colleagues_and_the_organization_to_others(nima: Member, ada: Member) -> None:
    approved = AuditEntry.objects.get(action="organization.approved", subject=ada.organization)
    for reader, who in ((nima, "Nima"), (ada, "Nima&#x27;s Network")):
        assert trail.line(approved, reader.organization).sentence == (
            f'<bdi class="fw-medium">{who}</bdi> approved <bdi>Ada&#x27;s Advertiser</bdi>.'
        )


def test_it_speaks_persian(nima: Member, ada: Member) -> None:
    approved = AuditEntry.objects.get(action="organization.approved", subject=ada.organization)
    with override("fa"):
        assert "را تأیید کرد." in trail.line(approved, nima.organization).sentence


def test_it_shows_an_organization_only_its_own_entries(ada: Member, mallory: Member, signed_in: SignedIn) -> None:
    organizations.edit(ada.organization, about="Secret plans", by=ada.actor)
    page = signed_in(mallory).get(reverse("network:audit-list"))
    assert "Mallory&#x27;s Advertiser" in page.text
    assert "Ada" not in page.text


def test_it_shows_the_network_everything(nima: Member, ada: Member, mallory: Member, signed_in: SignedIn) -> None:
    page = signed_in(nima).get(reverse("network:audit-list"))
    assert page.context["page"].paginator.count == AuditEntry.objects.count()


@pytest.mark.parametrize(
    ("query", "count"),
    [({"topic": "organization"}, 2), ({"topic": "key"}, 0), ({"q": "ada's"}, 2), ({"q": "no such thing"}, 0)],
)
def test_it_finds_by_topic_and_text(ada: Member, signed_in: SignedIn, query: dict[str, str], count: int) -> None:
    page = signed_in(ada).get(reverse("network:audit-list"), query)
    assert page.context["page"].paginator.count == count


def recorded() -> set[str]:
    """Every action that the code names, in the modules that record any."""
    found: set[str] = set()
    for path in (path for app in APPS for path in Path(ROOT / app).rglob("*.py")):
        source = path.read_text()
        if "audit.record(" in source:
            texts = {node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)}
            found |= {text for text in texts if isinstance(text, str) and ACTION.fullmatch(text)}
    return found


def test_it_has_a_sentence_for_every_action() -> None:
    assert sorted(recorded() - set(trail.sentences())) == []


def test_it_has_a_word_for_every_topic() -> None:
    assert sorted({action.partition(".")[0] for action in trail.sentences()} - set(trail.topics())) == []
