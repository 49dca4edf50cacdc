"""Everflow."""

from typing import Final

from tracking.edge.profiles.profile import Profile, numbered, subs

PROFILE: Final = Profile(
    "everflow",
    account="nid",
    report={
        "transaction_id": "click_id",
        "event_id": "goal",
        "adv_event_id": "goal",
        "oid": "campaign_foreign",
        "affid": "publisher",
        "coupon_code": "coupon",
        "email": "customer_id",
        "user_id": "customer_id",
        "verification_token": "token",
    },
    statuses={"pending": "", "approved": "approved", "rejected": "declined", "on hold": "held", "on_hold": "held"},
    kept=numbered("adv", 1, 5),
    ignored=frozenset({"nid", "aid"}),
    click={
        **subs("sub"),
        "source_id": "source",
        "creative_id": "creative",
        "uid": "page",
        "__cc": "coupon",
        "coupon_code": "coupon",
    },
)
