import time
from itertools import count
from typing import Any

import pytest

from tests.tracking.stage import GOOGLEBOT, PHONE
from tracking import enrich
from tracking.quality.addresses import Ranges
from tracking.quality.arrival import Arrival, Limits, Verdict

NOON = 1_790_000_000_000 // 86_400_000 * 86_400_000 + 43_200_000
SECOND = 1_000
VALID: Verdict = ("valid", ())
_nonces = count(1)


def judge(arrival: Arrival, at: int = NOON, **changes: Any) -> Verdict:
    """A click of somebody with a phone on link 7 of campaign 1."""
    event: dict[str, Any] = {"kind": "click", "nonce": next(_nonces), "at_ms": at, "campaign_id": 1, "link_id": 7} | {
        "ip": "198.51.100.7",
        "user_agent": PHONE,
    }
    event |= changes
    event["agent"] = enrich.agent(event["user_agent"] or "")
    return arrival.judge(**event)


def test_it_finds_an_ordinary_click_valid() -> None:
    assert judge(Arrival()) == VALID


@pytest.mark.parametrize(
    ("user_agent", "reason"),
    [
        (GOOGLEBOT, "known_robot"),
        ("curl/8.1", "known_robot"),
        ("", "no_user_agent"),
        (None, "no_user_agent"),
        ("MyDownloader 1.0", "not_a_browser"),
        ("Mozilla/5.0", "not_a_browser"),
        ("WhatsApp/2.23.20", "link_preview"),
        ("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "link_preview"),
        ("TelegramBot (like TwitterBot)", "link_preview"),
        ("Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; Trident/7.0; ms-office; MSOffice 14)", "mail_scanner"),
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", "known_robot"),
    ],
)
@pytest.mark.parametrize("kind", ["click", "impression"])
def test_r1_r4_it_counts_no_robot(user_agent: str | None, reason: str, kind: str) -> None:
    assert judge(Arrival(), kind=kind, user_agent=user_agent) == ("invalid", (reason,))


@pytest.mark.parametrize(
    "user_agent",
    [
        "Mozilla/5.0 (X11; Linux x86_64)",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Linux; Android 13; SM-A536B) AppleWebKit/537.36 [FB_IAB/FB4A;FBAV/450.0.0.0;]",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Instagram 300.0",
    ],
)
def test_r1_it_takes_browsers(user_agent: str) -> None:
    assert judge(Arrival(), user_agent=user_agent) == VALID


def test_r1_it_knows_nothing_of_who_did_not_consent() -> None:
    arrival = Arrival()
    for _ in range(40):
        assert judge(arrival, ip=None, user_agent=None, consent="denied") == VALID


def test_it_counts_a_mail_that_a_proxy_opened_for_its_reader() -> None:
    proxy = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
    assert judge(Arrival(), kind="open", user_agent=proxy) == VALID
    assert judge(Arrival(), kind="open", user_agent=GOOGLEBOT) == ("invalid", ("known_robot",))


class TestR2:
    LINES = ("# clouds", "203.0.113.0/24", "!203.0.113.64/26  # our proxy", "203.0.113.70/32", "2001:db8::/32", "oops")

    @pytest.mark.parametrize(
        ("ip", "listed"),
        [
            ("203.0.112.255", False),
            ("203.0.113.0", True),
            ("203.0.113.63", True),
            ("203.0.113.64", False),
            ("203.0.113.69", False),
            ("203.0.113.70", True),
            ("203.0.113.71", False),
            ("203.0.113.127", False),
            ("203.0.113.128", True),
            ("203.0.113.255", True),
            ("203.0.114.0", False),
            ("2001:db7:ffff::1", False),
            ("2001:db8::1", True),
            ("2001:db9::1", False),
            ("nonsense", False),
        ],
    )
    def test_it_looks_for_the_longest_prefix(self, ip: str, listed: bool) -> None:  # noqa: FBT001
        centres = Ranges()
        centres.load(self.LINES)
        assert (ip in centres) is listed
        assert judge(Arrival(centres), ip=ip) == (("invalid", ("data_centre",)) if listed else VALID)

    def test_an_allowed_range_wins_over_the_same_listed(self) -> None:
        centres = Ranges()
        centres.load(["203.0.113.0/24", "!203.0.113.0/24"])
        assert "203.0.113.1" not in centres

    def test_it_rereads_a_file_that_changed(self, tmp_path: Any) -> None:
        path = tmp_path / "ranges"
        path.write_text("203.0.113.0/24\n")
        arrival = Arrival(Ranges(str(path)))
        arrival.refresh()
        assert judge(arrival, ip="203.0.113.9")[0] == "invalid"
        assert judge(arrival, ip="198.51.100.9") == VALID

        path.write_text("198.51.100.0/24\n# now another\n")
        arrival.refresh()
        assert judge(arrival, ip="203.0.113.9") == VALID
        assert judge(arrival, NOON + 60 * SECOND, ip="198.51.100.9")[0] == "invalid"

        path.unlink()
        arrival.refresh()
        assert judge(arrival, NOON + 120 * SECOND, ip="198.51.100.9")[0] == "invalid"


@pytest.mark.parametrize(
    "flag", ["prefetch", "prerender", "method", "fetch_metadata", "invalid_placement", "hidden_tab"]
)
def test_r3_r4_r5_r38_it_follows_what_the_edge_saw(flag: str) -> None:
    assert judge(Arrival(), flags=[flag]) == ("invalid", (flag,))


def test_r5_a_picture_is_fetched_as_a_picture() -> None:
    assert judge(Arrival(), kind="impression", flags=["fetch_metadata"]) == VALID
    assert judge(Arrival(), kind="impression", flags=["invalid_placement"]) == ("invalid", ("invalid_placement",))


def test_it_keeps_remarks_beside_the_verdict() -> None:
    arrival = Arrival()
    assert judge(arrival, flags=["macro_not_replaced"]) == ("valid", ("macro_not_replaced",))
    assert judge(arrival, flags=["truncated"]) == ("invalid", ("truncated", "duplicate_click"))


class TestR6:
    @pytest.mark.parametrize(("after", "is_counted"), [(0, False), (9_999, False), (10_000, True), (10_001, True)])
    def test_it_counts_a_visitor_again_after_ten_seconds(self, after: int, is_counted: bool) -> None:  # noqa: FBT001
        arrival = Arrival()
        assert judge(arrival) == VALID
        assert judge(arrival, NOON + after) == (VALID if is_counted else ("invalid", ("duplicate_click",)))

    def test_only_a_click_that_counted_opens_a_window(self) -> None:
        arrival = Arrival()
        verdicts = [judge(arrival, NOON + second * SECOND)[0] for second in (0, 6, 12, 18, 24)]
        assert verdicts == ["valid", "invalid", "valid", "invalid", "valid"]

    @pytest.mark.parametrize("other", [{"ip": "198.51.100.8"}, {"user_agent": PHONE + " "}, {"link_id": 8}])
    def test_another_address_agent_or_link_is_another_click(self, other: dict[str, Any]) -> None:
        arrival = Arrival()
        judge(arrival)
        assert judge(arrival, NOON + 1, **other) == VALID

    def test_it_goes_by_the_times_of_the_events(self) -> None:
        arrival = Arrival()
        assert judge(arrival, NOON) == VALID
        assert judge(arrival, NOON - 5 * SECOND) == ("invalid", ("duplicate_click",))
        assert judge(arrival, NOON - 3600 * SECOND) == VALID
        assert judge(arrival, NOON + 5 * SECOND) == ("invalid", ("duplicate_click",))

    def test_a_robots_click_opens_no_window(self) -> None:
        arrival = Arrival()
        judge(arrival, flags=["prefetch"])
        assert judge(arrival, NOON + 1) == VALID

    def test_a_campaign_may_want_another_window(self) -> None:
        arrival = Arrival(of_campaigns={1: Limits(duplicate_ms=60_000), 2: Limits(duplicate_ms=0)})
        judge(arrival)
        assert judge(arrival, NOON + 59_999)[1] == ("duplicate_click",)
        assert judge(arrival, campaign_id=2, link_id=9) == judge(arrival, campaign_id=2, link_id=9) == VALID


class TestR7:
    @staticmethod
    def burst(arrival: Arrival, clicks: int, start: int = NOON, gap: int = 1, **changes: Any) -> list[str]:
        return [judge(arrival, start + n * gap, link_id=100 + n, **changes)[0] for n in range(clicks)]

    def test_the_thirty_first_click_of_a_minute_does_not_count(self) -> None:
        arrival = Arrival()
        assert self.burst(arrival, 32) == ["valid"] * 30 + ["invalid"] * 2
        assert judge(arrival, NOON + 1, link_id=99) == ("invalid", ("address_burst",))
        assert judge(arrival, NOON + 60 * SECOND, link_id=99) == VALID

    def test_the_three_hundred_and_first_of_a_day_does_not(self) -> None:
        arrival = Arrival()
        assert self.burst(arrival, 302, gap=5 * SECOND) == ["valid"] * 300 + ["invalid"] * 2
        assert judge(arrival, NOON + 43_200_000) == VALID

    def test_other_campaigns_and_addresses_are_counted_apart(self) -> None:
        arrival = Arrival()
        self.burst(arrival, 31)
        assert judge(arrival, campaign_id=2) == VALID
        assert judge(arrival, ip="198.51.100.8") == VALID

    def test_an_ipv6_network_of_64_bits_is_one_address(self) -> None:
        arrival = Arrival()
        for number in range(30):
            assert judge(arrival, ip=f"2001:db8:1:2::{number:x}") == VALID
        assert judge(arrival, ip="2001:db8:1:2:ffff::1") == ("invalid", ("address_burst",))
        assert judge(arrival, ip="2001:db8:1:3::1") == VALID

    @pytest.mark.parametrize(
        "ip", ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd00::1"]
    )
    def test_an_address_that_many_share_tells_nothing(self, ip: str) -> None:
        assert set(self.burst(Arrival(), 400, ip=ip)) == {"valid"}

    @pytest.mark.parametrize("ip", ["172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "11.0.0.1"])
    def test_the_neighbours_of_those_are_public(self, ip: str) -> None:
        assert self.burst(Arrival(), 31, ip=ip)[-1] == "invalid"

    def test_a_campaign_may_want_other_limits(self) -> None:
        arrival = Arrival(of_campaigns={1: Limits(per_minute=2, per_day=0)})
        assert self.burst(arrival, 3) == ["valid", "valid", "invalid"]
        arrival.limit(Limits(), {})
        assert judge(arrival, link_id=50) == VALID

    def test_who_clicks_less_is_forgotten_first(self) -> None:
        arrival = Arrival()
        self.burst(arrival, 300, gap=5 * SECOND)
        for number in range(140_000):
            judge(arrival, NOON + 1_700 * SECOND, ip=f"11.{number >> 16}.{number >> 8 & 255}.{number & 255}")
        judge(arrival, NOON + 1_800 * SECOND, ip="11.200.0.1")
        assert len(arrival._day) < 70_100
        assert judge(arrival, NOON + 1_860 * SECOND) == ("invalid", ("address_burst",))


def test_it_judges_an_event_again_as_before() -> None:
    arrival = Arrival()
    events = [
        {
            "nonce": n,
            "at": NOON + n * 700,
            "link_id": n % 3,
            "ip": f"198.51.100.{n % 5}",
            "flags": ["truncated"] * (n % 7 == 0),
        }
        for n in range(1_000_000, 1_002_000)
    ]
    first = [judge(arrival, **event) for event in events]  # type: ignore[arg-type]
    assert {verdict for verdict, _ in first} == {"valid", "invalid"}
    assert [judge(arrival, **event) for event in events] == first  # type: ignore[arg-type]
    assert [judge(arrival, **event) for event in reversed(events)] == first[::-1]  # type: ignore[arg-type]


def test_its_memory_is_bounded() -> None:
    arrival = Arrival()
    for number in range(300_000):
        judge(arrival, NOON + number % 1000, ip=f"11.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(arrival._clicked) <= 131_072
    assert len(arrival._clicked_before) <= 131_072
    assert len(arrival._places) <= 131_072


def test_it_is_quick_enough_to_see_every_event() -> None:
    """The bound is loose, for a busy machine; alone it takes about one microsecond."""
    agent = enrich.agent(PHONE)
    events = [
        ("click", n, NOON + n * 2, n % 5, n % 1000, f"81.{n >> 8 & 63}.{n & 255}.7", PHONE, agent)
        for n in range(50_000)
    ]
    best = 9.0
    for _ in range(5):
        arrival = Arrival()
        started = time.process_time()
        for event in events:
            arrival.judge(*event)
        best = min(best, (time.process_time() - started) / len(events) * 1e6)
    assert best < 4
