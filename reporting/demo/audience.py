"""Who visits: browsers and robots as they really call themselves, where they come from, and what they do next."""

from dataclasses import dataclass
from random import Random
from typing import Final

BROWSERS: Final = (
    (30, "Mozilla/5.0 (Linux; Android 14; SM-A546E) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36"),
    (12, "Mozilla/5.0 (Linux; Android 13; 2201117TG) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"),
    (18, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1"),
    (4, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 398.0.0.26.70"),
    (20, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"),
    (6, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"),
    (6, "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15"),
    (3, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0"),
    (3, "Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1"),
    (1, "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"),
)  # fmt: skip
"""(weight, user agent)"""

ROBOTS: Final = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "curl/8.5.0",
)
ROBOT_SHARE: Final = 0.06

SOURCES: Final = ("home", "article", "newsletter", "story", "sidebar", "search")
SUBS: Final = ("top", "middle", "footer", "bio", "mail-12", "post-48", "post-51", "video")


@dataclass(frozen=True, slots=True)
class Visitor:
    user_agent: str
    is_robot: bool
    source: str
    sub1: str
    address: str
    language: str


LANGUAGES: Final = {
    "Asia/Tehran": ((94, "fa-IR,fa;q=0.9,en;q=0.5"), (4, "en-US,en;q=0.9,fa;q=0.7"), (2, "az-AZ,az;q=0.9,fa;q=0.8")),
    "": ((40, "en-GB,en;q=0.9"), (22, "de-DE,de;q=0.9,en;q=0.6"), (18, "fr-FR,fr;q=0.9,en;q=0.5"),
         (17, "nb-NO,nb;q=0.9,en;q=0.7"), (3, "ja-JP,ja;q=0.9,en;q=0.4")),
}  # fmt: skip
"""(weight, Accept-Language), by the time zone of the shop; "": of all others."""


def visitor(random: Random, time_zone: str = "") -> Visitor:
    is_robot = random.random() < ROBOT_SHARE
    agents = [agent for _weight, agent in BROWSERS]
    weights = [weight for weight, _agent in BROWSERS]
    agent = random.choice(ROBOTS) if is_robot else random.choices(agents, weights)[0]
    source, sub1 = random.choice(SOURCES), random.choice(SUBS)
    spoken = LANGUAGES.get(time_zone, LANGUAGES[""])
    language = random.choices([text for _, text in spoken], [weight for weight, _ in spoken])[0]
    return Visitor(agent, is_robot, source, sub1, _address(random), language)


def _address(random: Random) -> str:
    """Of a block that is set aside for measuring networks: nobody's."""
    return f"198.{random.choice((18, 19))}.{random.randrange(256)}.{random.randrange(1, 255)}"


@dataclass(frozen=True, slots=True)
class Habits:
    """How likely a visitor goes on: to click a seen banner, to reach each goal after a click, to send the goods back."""

    click: float = 0.03
    lead: float = 0.10
    install: float = 0.08
    sale: float = 0.05
    refund: float = 0.12

    def reaches(self, goal_kind: str, random: Random) -> bool:
        return random.random() < getattr(self, goal_kind, 0.0)


ORDERS: Final = {
    "IRR": (4_000_000, 90_000_000, 100_000),  # 400 thousand to 9 million toman
    "USD": (1_500, 40_000, 1),
    "EUR": (1_500, 35_000, 1),
    "GBP": (1_500, 30_000, 1),
}
"""Smallest and largest order in minor units, and the step that prices end on."""


def part_of(amount: int, currency: str) -> int:
    """About a quarter of an order, as when one of several items goes back."""
    step = ORDERS.get(currency, ORDERS["USD"])[2]
    return max(step, amount // 4 // step * step)


def order_amount(currency: str, random: Random) -> int:
    """Minor units; small orders are more frequent than large ones."""
    low, high, step = ORDERS.get(currency, ORDERS["USD"])
    return low + int((high - low) * random.betavariate(1.4, 5)) // step * step
