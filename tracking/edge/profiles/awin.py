"""Awin."""

from typing import Final

from tracking.edge.profiles.profile import Profile, subs

PROFILE: Final = Profile(
    "awin",
    report={
        "cks": "click_id",
        "awc": "click_id",
        "ref": "order_id",
        "totalAmount": "amount",
        "cr": "currency",
        "vc": "coupon",
        "parts": "items",
        "merchant": "campaign_foreign",
        "testmode": "test",
        "customeracquisition": "customer",
    },
    statuses={"pending": "", "approved": "approved", "declined": "declined", "amended": "approved"},
    ignored=frozenset({"tt", "tv", "v"}),
    click={**subs("clickref", first="clickref", last=6), "ued": "url", "p": "url"},
)
