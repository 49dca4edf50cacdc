"""What a mail address tells: thrown away after use, of a role instead of a person, or of a provider that everybody uses.

An address is never kept: `told` makes keyed hashes of it where it comes in, which can be compared with others' and read by
nobody.
"""

import hmac
from typing import Final, TypedDict

FREE: Final = frozenset(
    "gmail.com googlemail.com yahoo.com ymail.com outlook.com hotmail.com live.com msn.com icloud.com me.com mac.com aol.com"
    " proton.me protonmail.com gmx.com gmx.de gmx.net web.de mail.com mail.ru yandex.ru yandex.com zoho.com fastmail.com"
    " qq.com 163.com 126.com chmail.ir mailfa.com iran.ir yahoo.co.uk yahoo.fr yahoo.de".split()
)
DISPOSABLE: Final = frozenset(
    "mailinator.com guerrillamail.com guerrillamail.net sharklasers.com grr.la 10minutemail.com 10minutemail.net temp-mail.org"
    " tempmail.com tempmail.net tempmailo.com throwawaymail.com yopmail.com yopmail.fr trashmail.com trashmail.de"
    " getnada.com nada.email dispostable.com maildrop.cc mailnesia.com mintemail.com mohmal.com fakeinbox.com emailondeck.com"
    " spamgourmet.com mytemp.email burnermail.io discard.email discardmail.com mailcatch.com moakt.com tempinbox.com"
    " inboxkitten.com 33mail.com getairmail.com harakirimail.com mail-temp.com spam4.me wegwerfmail.de einrot.com".split()
)
ROLES: Final = frozenset(
    "admin administrator abuse billing contact enquiries help hello hostmaster info jobs mail marketing no-reply noreply"
    " office postmaster press privacy root sales security spam support team test webmaster".split()
)


def normal(address: str) -> str:
    """The same mailbox, however it is spelled; "" where it is no address."""
    name, at, domain = address.strip().lower().rpartition("@")
    if not at or not name or "." not in domain:
        return ""
    name = name.partition("+")[0]
    if domain in {"gmail.com", "googlemail.com"}:
        name, domain = name.replace(".", ""), "gmail.com"
    return f"{name}@{domain}"


def domain(address: str) -> str:
    return address.rpartition("@")[2]


def kind(address: str) -> str:
    """`disposable`, `role` or ""."""
    name, _, host = address.rpartition("@")
    if any(host == bad or host.endswith(f".{bad}") for bad in DISPOSABLE):
        return "disposable"
    return "role" if name in ROLES else ""


class Told(TypedDict, total=False):
    """`box` and `domain` are hashes; a domain that everybody uses has none. `kind` as of `kind`."""

    box: str
    domain: str
    kind: str


def told(key: bytes, text: str) -> Told:
    """Empty where the text is no address."""
    address = normal(text)
    if not address:
        return {}
    found: Told = {"box": _hashed(key, address)}
    if (host := domain(address)) not in FREE:
        found["domain"] = _hashed(key, f"@{host}")
    if sort := kind(address):
        found["kind"] = sort
    return found


def _hashed(key: bytes, text: str) -> str:
    return hmac.digest(key, f"mail\n{text}".encode(), "sha256").hex()[:32]
