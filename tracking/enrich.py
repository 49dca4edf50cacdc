"""What a user agent and an address tell: device class, system, browser, robot or not; country."""

from dataclasses import dataclass
from functools import cache, lru_cache

import maxminddb
import structlog
import ua_parser
from crawlerdetect import CrawlerDetect
from django.conf import settings

log = structlog.get_logger(__name__)
_robots = CrawlerDetect()


@dataclass(frozen=True, slots=True)
class Agent:
    """`device` is desktop, phone, tablet, bot or empty; `system` and `browser` are names such as "iOS", "Firefox"."""

    device: str
    system: str
    browser: str

    @property
    def is_robot(self) -> bool:
        return self.device == "bot"


UNKNOWN = Agent("", "", "")


@lru_cache(maxsize=50_000)
def agent(user_agent: str) -> Agent:
    """Recognising costs half a millisecond, so each user agent is looked at once."""
    if not user_agent:
        return UNKNOWN
    parsed = ua_parser.parse(user_agent)
    system = parsed.os.family if parsed.os else ""
    browser = parsed.user_agent.family if parsed.user_agent else ""
    model = parsed.device.family if parsed.device else ""
    device = "bot" if is_robot(user_agent, model) else _device(user_agent, system, model)
    return Agent(device, system[:40], browser[:40])


def is_robot(user_agent: str, model: str = "") -> bool:
    """Two lists, since each knows robots that the other does not."""
    return model == "Spider" or bool(_robots.isCrawler(user_agent))


def _device(user_agent: str, system: str, model: str) -> str:
    lower = user_agent.lower()
    if "ipad" in lower or "tablet" in lower or "kindle" in lower:
        return "tablet"
    if system == "Android":
        return "phone" if "mobile" in lower else "tablet"
    if system == "iOS" or "mobile" in lower or model == "Generic Feature Phone":
        return "phone"
    return "desktop"


def country(ip: str | None) -> str:
    """ISO code of the address, empty where the operator gave no database or it does not know."""
    reader = _countries()
    if reader is None or not ip:
        return ""
    try:
        found = reader.get(ip)
    except (ValueError, maxminddb.InvalidDatabaseError):
        return ""
    if not isinstance(found, dict):
        return ""
    place = found.get("country") or found.get("registered_country")
    code = place.get("iso_code") if isinstance(place, dict) else found.get("country_code")
    return code[:2] if isinstance(code, str) else ""


@cache
def _countries() -> maxminddb.Reader | None:
    if not settings.GEOIP_PATH:
        return None
    try:
        return maxminddb.open_database(settings.GEOIP_PATH)
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        log.warning("geoip.unusable", path=settings.GEOIP_PATH, error=str(error))
        return None
