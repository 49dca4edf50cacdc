import hashlib

from django.urls import reverse

from network import keys
from network.models import ApiKey, AuditEntry
from tests.cast import Member
from tests.network.conftest import SignedIn


def test_it_shows_a_new_key_once_and_stores_its_hash(ada: Member, signed_in: SignedIn) -> None:
    client = signed_in(ada)
    page = client.post(reverse("network:key-create"), {"name": "Warehouse", "scopes": ["read"]})
    secret = page.context["secret"]
    assert secret in page.text
    assert page.headers["Cache-Control"] == "private, no-store"
    key = ApiKey.objects.get()
    assert (key.prefix, key.key_hash) == (secret[:12], hashlib.sha256(secret.encode()).hexdigest())
    assert len(secret) == len("pvd_") + 43
    listed = client.get(reverse("network:key-list")).text
    assert key.prefix in listed
    assert secret not in listed
    assert secret not in str(AuditEntry.objects.values().latest("id"))


def test_it_asks_for_a_name_and_a_known_scope(ada: Member, signed_in: SignedIn) -> None:
    page = signed_in(ada).post(reverse("network:key-create"), {"name": "", "scopes": ["everything"]})
    assert page.status_code == 422
    assert set(page.context["form"].errors) == {"name", "scopes"}
    assert not ApiKey.objects.exists()


def test_it_revokes(ada: Member, signed_in: SignedIn) -> None:
    key, secret = keys.create(ada.organization, name="Warehouse", scopes=[keys.Scope.READ], by=ada.actor)
    signed_in(ada).post(reverse("network:key-revoke", args=[key.public_id]))
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert keys.use(secret) is None
    assert AuditEntry.objects.latest("id").action == "key.revoked"


def test_it_revokes_no_strangers_key(ada: Member, mallory: Member, signed_in: SignedIn) -> None:
    key, secret = keys.create(ada.organization, name="Warehouse", scopes=[keys.Scope.READ], by=ada.actor)
    assert signed_in(mallory).post(reverse("network:key-revoke", args=[key.public_id])).status_code == 404
    assert keys.use(secret) == key


def test_it_says_that_a_key_is_already_revoked(ada: Member, signed_in: SignedIn) -> None:
    key, _secret = keys.create(ada.organization, name="Warehouse", scopes=[keys.Scope.READ], by=ada.actor)
    client = signed_in(ada)
    client.post(reverse("network:key-revoke", args=[key.public_id]))
    answer = client.post(reverse("network:key-revoke", args=[key.public_id]))
    assert answer.status_code == 409
    assert "This key is already revoked." in answer.text
