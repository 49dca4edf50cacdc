"""From where people log in, as keyed hashes: only whether two are the same can be told."""

import hashlib
import hmac
from datetime import datetime
from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.utils import timezone

from network.models import LoginAddress, User


def note(user: User, address: str) -> None:
    LoginAddress.objects.update_or_create(user=user, number=number(address), defaults={"at": timezone.now()})


def number(address: str) -> int:
    """A signed 64 bit number that only this installation can make; of IPv6 for the /64, which is one household.

    Raises ValueError for what is no address.
    """
    found = ip_address(address)
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    told = found.packed[:8] if isinstance(found, IPv6Address) else found.packed
    key = hashlib.sha256(f"logins\n{settings.SECRET_KEY}".encode()).digest()
    return int.from_bytes(hmac.digest(key, told, "sha256")[:8], signed=True)


def forget(older_than: datetime) -> int:
    return LoginAddress.objects.filter(at__lt=older_than).delete()[0]
