import pytest
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse

from network import organizations
from network.actors import Actor
from network.models import AuditEntry, Kind, Organization
from tests.cast import Member, person
from tests.network.conftest import Committing, SignedIn


@pytest.fixture
def applicant(nima: Member) -> Organization:
    user = person("sara@example.com", "Sara")
    user.language = "fa"
    user.save()
    return organizations.register(user, kind=Kind.PUBLISHER, name="Sara's blog", by=Actor(user, None))


def url(name: str, organization: Organization) -> str:
    return reverse(f"network:organization-{name}", args=[organization.public_id])


def test_it_tells_the_network_of_an_application(
    nima: Member, committing: Committing, outbox: list[EmailMultiAlternatives]
) -> None:
    user = person("sara@example.com", "Sara")
    with committing():
        organization = organizations.register(user, kind=Kind.PUBLISHER, name="Sara's blog", by=Actor(user, None))
    assert [(message.to, message.subject) for message in outbox] == [
        ([nima.user.email], "Sara's blog waits for vetting")
    ]
    assert url("detail", organization) in str(outbox[0].body)


def test_it_approves(
    nima: Member,
    applicant: Organization,
    signed_in: SignedIn,
    committing: Committing,
    outbox: list[EmailMultiAlternatives],
) -> None:
    with committing():
        signed_in(nima).post(url("approve", applicant))
    applicant.refresh_from_db()
    assert applicant.status == "active"
    assert applicant.vetted_at is not None
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.user, entry.subject) == ("organization.approved", nima.user, applicant)
    assert [message.to for message in outbox] == [["sara@example.com"]]
    assert outbox[0].subject == "Sara's blog تأیید شد"


def test_it_declines_with_a_reason_in_the_owners_language(
    nima: Member,
    applicant: Organization,
    signed_in: SignedIn,
    committing: Committing,
    outbox: list[EmailMultiAlternatives],
) -> None:
    with committing():
        signed_in(nima).post(url("decline", applicant), {"reason": "وب‌سایت باز نمی‌شود."})
    applicant.refresh_from_db()
    assert (applicant.status, applicant.status_reason) == ("declined", "وب‌سایت باز نمی‌شود.")
    assert "وب‌سایت باز نمی‌شود." in str(outbox[0].body)
    assert outbox[0].subject == "Sara's blog تأیید نشد"


@pytest.mark.parametrize("reason", ["", "   "])
def test_it_declines_not_without_a_reason(
    nima: Member, applicant: Organization, signed_in: SignedIn, reason: str
) -> None:
    page = signed_in(nima).post(url("decline", applicant), {"reason": reason})
    assert page.status_code == 422
    assert page.context["form"].errors == {"reason": ["Give a reason. It is sent to the owners."]}
    applicant.refresh_from_db()
    assert applicant.status == "applied"


def test_it_decides_an_application_only_once(nima: Member, applicant: Organization) -> None:
    organizations.approve(applicant, by=nima.actor)
    with pytest.raises(organizations.NotVettable):
        organizations.decline(applicant, reason="Too late.", by=nima.actor)
    applicant.refresh_from_db()
    assert applicant.status == "active"


def test_it_suspends_and_reactivates_with_reasons(nima: Member, ada: Member, signed_in: SignedIn) -> None:
    client = signed_in(nima)
    client.post(url("suspend", ada.organization), {"reason": "Unpaid invoices."})
    ada.organization.refresh_from_db()
    assert (ada.organization.status, ada.organization.status_reason) == ("suspended", "Unpaid invoices.")
    client.post(url("reactivate", ada.organization), {"reason": "Paid."})
    ada.organization.refresh_from_db()
    assert (ada.organization.status, ada.organization.status_reason) == ("active", "")
    latest = AuditEntry.objects.order_by("-id")[:2]
    assert [(entry.action, entry.detail["reason"]) for entry in latest] == [
        ("organization.reactivated", "Paid."),
        ("organization.suspended", "Unpaid invoices."),
    ]


def test_it_never_suspends_the_network(nima: Member) -> None:
    with pytest.raises(organizations.NetworkStays):
        organizations.suspend(nima.organization, reason="Why not.", by=nima.actor)
    nima.organization.refresh_from_db()
    assert nima.organization.status == "active"


def test_it_lists_who_waits_first(nima: Member, ada: Member, applicant: Organization, signed_in: SignedIn) -> None:
    page = signed_in(nima).get(reverse("network:organization-list"))
    assert page.context["page"][0] == applicant
    assert page.context["waiting"] == 1


@pytest.mark.usefixtures("ada", "applicant")
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"status": "applied"}, ["Sara's blog"]),
        ({"kind": "advertiser"}, ["Ada's Advertiser"]),
        ({"q": "sara@example.com"}, ["Sara's blog"]),
        ({"q": "ADA'S"}, ["Ada's Advertiser"]),
        ({"q": "nothing like that"}, []),
    ],
)
def test_it_finds_by_kind_status_and_text(
    nima: Member, signed_in: SignedIn, query: dict[str, str], names: list[str]
) -> None:
    page = signed_in(nima).get(reverse("network:organization-list"), query)
    assert [organization.name for organization in page.context["page"]] == names


def test_it_answers_htmx_with_the_table_alone(nima: Member, signed_in: SignedIn) -> None:
    page = signed_in(nima).get(reverse("network:organization-list"), headers={"HX-Request": "true"})
    assert page.text.strip().startswith('<div class="card" id="organization-table">')
    assert "HX-Request" in page.headers["Vary"]


def test_it_shows_what_was_typed_as_text(nima: Member, signed_in: SignedIn) -> None:
    user = person("eve@example.com", "<script>alert(1)</script>")
    evil = organizations.register(
        user, kind=Kind.PUBLISHER, name="<img src=x onerror=alert(2)>", about="<b>bold</b>", by=Actor(user, None)
    )
    page = signed_in(nima).get(url("detail", evil))
    assert "<script>alert(1)" not in page.text
    assert "<img src=x" not in page.text
    assert "&lt;b&gt;bold" in page.text
