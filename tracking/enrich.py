"""What a user agent tells: device class, system, browser, robot or not. Free of Django, for the edge."""

from dataclasses import dataclass
from functools import lru_cache

import ua_parser
from crawlerdetect import CrawlerDetect

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
