"""Who a visitor is: a keyed hash of address and user agent, so that the number tells nobody either of them. Free of Django."""

from hashlib import blake2b


def key(secret_key: str) -> bytes:
    return blake2b(secret_key.encode(), person=b"visitor", digest_size=32).digest()


def number(key: bytes, address: str, user_agent: str) -> int:
    """Signed, 64 bits, as the tables keep it."""
    made = blake2b(f"{address}\n{user_agent}".encode(), key=key, digest_size=8)
    return int.from_bytes(made.digest(), signed=True)
