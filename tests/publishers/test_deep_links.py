import pytest

from publishers import deep_links

HOSTS = ["good.example", "shop.good.example", "xn--rgbf58bb.example"]


@pytest.mark.parametrize(
    ("address", "normal"),
    [
        ("https://good.example/a?b=c#d", "https://good.example/a?b=c#d"),
        ("http://good.example/", "http://good.example/"),
        ("HTTPS://GOOD.Example", "https://good.example/"),
        ("https://good.example:8443/x", "https://good.example:8443/x"),
        ("https://good.example?q=1", "https://good.example/?q=1"),
        ("https://shop.good.example/", "https://shop.good.example/"),
        ("https://good.example/کفش‌ها?رنگ=آبی", "https://good.example/%DA%A9%D9%81%D8%B4%E2%80%8C%D9%87%D8%A7?%D8%B1%D9%86%DA%AF=%D8%A2%D8%A8%DB%8C"),
        ("https://دیجی.example/", "https://xn--rgbf58bb.example/"),
        ("https://good.example/a%20b?x=%26", "https://good.example/a%20b?x=%26"),
        ("https://good.example/{id}<\"'>", "https://good.example/%7Bid%7D%3C%22%27%3E"),
        ("https://good.example/?next=https://evil.example/", "https://good.example/?next=https://evil.example/"),
        ("https://good.example/%0d%0aSet-Cookie:x", "https://good.example/%0d%0aSet-Cookie:x"),
    ],
)  # fmt: skip
def test_it_accepts_a_page_of_an_allowed_host(address: str, normal: str) -> None:
    assert deep_links.checked(address, HOSTS) == normal


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "https://good.example.evil/",
        "https://evilgood.example/",
        "https://example/",
        "https://www.good.example/",
        "https://gооd.example/",  # Cyrillic o
        "https://evil.example#@good.example/",
        "https://evil.example?@good.example/",
        "https://evil.example/good.example",
        "https://evil.example:443/",
        "https://127.0.0.1/",
        "https://2130706433/",
    ],
)
def test_it_refuses_a_foreign_host(address: str) -> None:
    with pytest.raises(deep_links.ForeignHost):
        deep_links.checked(address, HOSTS)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "good.example/",
        "//good.example/",
        "//evil.example",
        "/path",
        "https:/good.example/",
        "https:/\\evil.example",
        "https:\\\\evil.example",
        "https://good.example\\@evil.example",
        "https://good.example\\.evil.example/",
        "https:good.example",
        "https:///good.example/",
        "https://",
        "https://?good.example",
        "%2f%2fevil.example",
        "https:%2f%2fevil.example",
        "https://good.example@evil.example/",
        "https://user:password@good.example/",
        "https://@good.example/",
        "https://good.example%2eevil/",
        "https://good.example%00.evil.example/",
        "https://good.example./",
        "https://.good.example/",
        "https://good..example/",
        "https://[::1]/",
        "https://[good.example]/",
        "https://good.example:0/",
        "https://good.example:99999/",
        "https://good.example:80a/",
        "https://good.example:۸۰/",
        "https://good.example:-1/",
        "ht\ttps://good.example/",
        "https://good.exa\tmple/",
        "https://good.exa\nmple/",
        "https://good.example/\r\nSet-Cookie: a=b",
        "https://good.example/a b",
        " https://good.example/",
        "\x00https://good.example/",
        "https://good.example/\x00",
        "https://good.example/\u2028",
        "https://good.example/\u202egpj.exe",
        "https://good.example/\u00a0",
        "java\nscript:alert(1)",
        "javascript:alert(1)",
        "javascript://good.example/%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "ftp://good.example/",
        "file://good.example/etc/passwd",
        "blob:https://good.example/1",
        "https://" + "a." * 130 + "good.example/",
        "https://good.example/" + "a" * 2000,
        "https://good.example/" + "ک" * 400,
    ],
)
def test_it_refuses_what_is_no_plain_address(address: str) -> None:
    with pytest.raises(deep_links.Malformed):
        deep_links.checked(address, HOSTS)


def test_it_allows_nothing_without_hosts() -> None:
    with pytest.raises(deep_links.ForeignHost):
        deep_links.checked("https://good.example/", [])


@pytest.mark.parametrize("address", ["https://GOOD.example?a=b", "http://good.example:81/ک", "https://دیجی.example"])
def test_it_finds_its_own_answer_in_order(address: str) -> None:
    once = deep_links.checked(address, HOSTS)
    assert deep_links.checked(once, HOSTS) == once
