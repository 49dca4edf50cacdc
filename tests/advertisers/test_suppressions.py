from hashlib import md5, sha256

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from advertisers import suppressions
from advertisers.models import Suppression
from network.models import AuditEntry
from publishers import partnerships
from publishers.models import Partnership
from tests.cast import Member
from tests.publishers.conftest import application, campaign

__all__ = ["application", "campaign"]

SHA = sha256(b"one@example.com").hexdigest()
MD5 = md5(b"two@example.com").hexdigest()  # noqa: S324  what lists hold


def test_it_takes_addresses_and_hashes_and_keeps_no_address(ada: Member) -> None:
    data = f"email,name\n One@Example.com ,x\n{MD5.upper()}\nnobody\n\n{SHA}\n".encode()
    done = suppressions.upload(ada.organization, data=data, by=ada.actor)
    assert (done.added, done.known, done.refused) == (2, 1, [4])
    rows = set(Suppression.objects.values_list("sha256", "md5"))
    assert rows == {(SHA, md5(b"one@example.com").hexdigest()), ("", MD5)}  # noqa: S324
    again = suppressions.upload(ada.organization, data=data, by=ada.actor)
    assert (again.added, again.known) == (0, 3)


def test_a_publisher_gets_hashes_and_only_its_own_labels(ada: Member, pia: Member, nima: Member) -> None:
    suppressions.upload(ada.organization, data=b"one@example.com\n", by=ada.actor)
    for publisher, label in ((pia, "p-1"), (nima, "n-1")):
        Suppression.objects.create(
            advertiser=ada.organization, publisher=publisher.organization, label=label, source="unsubscribe"
        )

    def lines(form: str) -> list[str]:
        found = suppressions.download(ada.organization, publisher=pia.organization, form=form, by=pia.actor)
        return "".join(found).split()

    assert lines("sha256") == ["sha256", SHA]
    assert lines("labels") == ["label", "p-1"]
    assert AuditEntry.objects.filter(action="suppression.downloaded").count() == 2


def test_a_label_is_no_formula_and_stays_in_its_cell(ada: Member, pia: Member) -> None:
    """Whoever has a mail's link can unsubscribe any label."""
    for label in ('=HYPERLINK("https://evil.example")', "a,b", "@SUM(1)", "reader-7"):
        Suppression.objects.create(
            advertiser=ada.organization, publisher=pia.organization, label=label, source="unsubscribe"
        )
    found = suppressions.download(ada.organization, publisher=pia.organization, form="labels", by=pia.actor)
    assert list(found) == [
        "label\n",
        '"\'=HYPERLINK(""https://evil.example"")"\n',
        '"a,b"\n',
        "'@SUM(1)\n",
        "reader-7\n",
    ]


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"a\x00b"])
def test_it_refuses_what_is_no_text(ada: Member, data: bytes) -> None:
    with pytest.raises(suppressions.ListUnreadable):
        suppressions.upload(ada.organization, data=data, by=ada.actor)
    assert not Suppression.objects.exists()


def test_it_is_uploaded_on_the_page(client: Client, ada: Member) -> None:
    client.force_login(ada.user)
    file = SimpleUploadedFile("list.csv", b"one@example.com\n")
    assert client.post("/suppressions/upload/", {"file": file}).status_code == 302
    assert Suppression.objects.get().sha256 == SHA
    assert client.post("/suppressions/upload/", {}).status_code == 422


def test_only_partners_get_it(client: Client, application: Partnership, ada: Member, pia: Member) -> None:
    client.force_login(pia.user)
    at = f"/partnerships/{application.public_id}/suppression/"
    assert client.get(f"{at}sha256/").status_code == 404
    partnerships.approve(application, by=ada.actor)
    assert client.get(f"{at}sha256/").status_code == 200
    assert client.get(f"{at}plain/").status_code == 404
