import pytest

from tests.tracking.stage import GOOGLEBOT, PHONE
from tracking import enrich
from tracking.enrich import Agent

IPAD = (
    "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148"
    " Safari/604.1"
)
ANDROID = "Mozilla/5.0 (Linux; Android 14; {}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 {}Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
HEADLESS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/125.0.0.0 Safari/537.36"
)


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        (PHONE, Agent("phone", "iOS", "Mobile Safari")),
        (IPAD, Agent("tablet", "iOS", "Mobile Safari")),
        (ANDROID.format("Pixel 8", "Mobile "), Agent("phone", "Android", "Chrome Mobile")),
        (ANDROID.format("SM-X700", ""), Agent("tablet", "Android", "Chrome")),
        (FIREFOX, Agent("desktop", "Linux", "Firefox")),
        (GOOGLEBOT, Agent("bot", "", "Googlebot")),
        (HEADLESS, Agent("bot", "Linux", "HeadlessChrome")),
        ("", Agent("", "", "")),
        ("\x7f\ufffd" * 200, Agent("desktop", "", "")),
    ],
)
def test_it_reads_user_agents(user_agent: str, expected: Agent) -> None:
    assert enrich.agent(user_agent) == expected
