"""What the edge reads from the environment: the same variables as `network.settings`, without Django."""

import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from network.services import addresses
from tracking import visitor
from tracking.edge.clickid import Keys

INSECURE_KEY = "insecure-key-of-a-machine-that-only-serves-itself"  # as in network.settings
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Config:
    tracking_url: str
    site_url: str
    database_url: str
    redis_url: str
    stream: str
    stream_shards: int
    geoip_path: Path | None
    spool_dir: Path
    spool_max_bytes: int  # of each kind of spool, events and reports
    keys: Keys
    customer_key: bytes  # what customers' ids are hashed with
    visitor_key: bytes  # what visitors are told apart with
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]
    reports_per_second: int  # of one campaign, before 429
    logged_per_minute: int  # duplicates and refused reports of one campaign that are kept for its log
    local: bool
    log_level: str

    @property
    def host(self) -> str:
        return urlsplit(self.tracking_url).hostname or ""

    @property
    def is_https(self) -> bool:
        return self.tracking_url.startswith("https://")


def read(env: Mapping[str, str] = os.environ) -> Config:
    var_dir = Path(env.get("VAR_DIR") or ROOT / "var")
    embedded = addresses(var_dir)
    tracking_url = (env.get("TRACKING_URL") or "http://127.0.0.1:8001").rstrip("/")
    site_url = (env.get("SITE_URL") or "http://127.0.0.1:8000").rstrip("/")
    local = urlsplit(site_url).hostname in {"127.0.0.1", "localhost"}
    secret_key = _secret(env, "SECRET_KEY") or (INSECURE_KEY if local else "")
    if not secret_key or (not local and secret_key == INSECURE_KEY):
        raise ValueError("SECRET_KEY must be set when SITE_URL is not this machine.")
    return Config(
        tracking_url=tracking_url,
        site_url=site_url,
        database_url=_secret(env, "DATABASE_URL") or embedded.database_url,
        redis_url=_secret(env, "REDIS_URL") or embedded.redis_url,
        stream=env.get("STREAM") or "events",
        stream_shards=max(1, int(env.get("STREAM_SHARDS") or 2)),
        geoip_path=Path(env["GEOIP_PATH"]) if env.get("GEOIP_PATH") else None,
        spool_dir=Path(env.get("SPOOL_DIR") or var_dir / "spool"),
        spool_max_bytes=int(env.get("SPOOL_MAX_MB") or 1024) * 1024 * 1024,
        keys=Keys.of(_secret(env, "CLICK_KEYS"), secret_key, *_listed(env, "SECRET_KEY_FALLBACKS")),
        customer_key=customer_key(_secret(env, "CUSTOMER_KEY"), [secret_key, *_listed(env, "SECRET_KEY_FALLBACKS")]),
        visitor_key=visitor.key(secret_key),
        trusted_proxies=tuple(ip_network(text) for text in _listed(env, "TRUSTED_PROXIES")),
        reports_per_second=int(env.get("REPORTS_PER_SECOND") or 2000),
        logged_per_minute=int(env.get("LOGGED_PER_MINUTE") or 120),
        local=local,
        log_level=env.get("LOG_LEVEL") or "INFO",
    )


def customer_key(given: str, secret_keys: list[str]) -> bytes:
    """CUSTOMER_KEY, else made of the oldest secret key, so that a new one does not make strangers of all customers."""
    return hmac.digest((given or secret_keys[-1]).encode(), b"peyvand customer", "sha256")


def _secret(env: Mapping[str, str], name: str) -> str:
    path = env.get(f"{name}_FILE")
    return Path(path).read_text().strip() if path else env.get(name, "")


def _listed(env: Mapping[str, str], name: str) -> list[str]:
    return [text.strip() for text in env.get(name, "").split(",") if text.strip()]
