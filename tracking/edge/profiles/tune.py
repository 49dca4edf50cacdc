"""TUNE (HasOffers)."""

from typing import Final

from tracking.edge.profiles.profile import Profile, numbered, subs

PROFILE: Final = Profile(
    "tune",
    report={
        "transaction_id": "click_id",
        "conversion_unique_id": "order_id",
        "goal_id": "goal",
        "goal_ref": "goal",
        "goal_name": "goal",
        "offer_id": "campaign_foreign",
        "aff_id": "publisher",
        "promo_code": "coupon",
        "security_token": "token",
        "datetime": "timestamp",
        "status_message": "reason",
    },
    habits={"adv_sub": "order_id"},
    statuses={"pending": "", "approved": "approved", "rejected": "declined"},
    kept=numbered("adv_sub", 2, 5) | numbered("adv_unique", 1, 5) | {"adv_sub", "payout", "revenue"},
    click={
        **subs("aff_sub", first="aff_sub"),
        "aff_click_id": "click",
        "source": "source",
        "google_aid": "gaid",
        "ios_ifa": "idfa",
        "url_id": "page",
        "file_id": "creative",
    },
)
