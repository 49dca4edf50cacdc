"""Secrets that are shown or mailed once and stored only as a hash. 256 random bits need no slow hash."""

import hashlib
import secrets


def make(prefix: str = "") -> str:
    return prefix + secrets.token_urlsafe(32)


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
