"""Signatures of outgoing calls as the Standard Webhooks specification has them (github.com/standard-webhooks)."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Final

PREFIX: Final = "whsec_"


def make_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def headers(signing: Iterable[str], *, identifier: str, timestamp: int, content: str) -> dict[str, str]:
    """One signature per secret, so that a receiver may still know the old one only."""
    signed = f"{identifier}.{timestamp}.{content}".encode()
    signatures = [f"v1,{base64.b64encode(_mac(secret, signed)).decode()}" for secret in signing]
    return {
        "webhook-id": identifier,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def hex_signature(secret: str, content: str) -> str:
    return _mac(secret, content.encode()).hex()


def _mac(secret: str, content: bytes) -> bytes:
    return hmac.new(base64.b64decode(secret.removeprefix(PREFIX)), content, hashlib.sha256).digest()
