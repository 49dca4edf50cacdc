"""Affise. Its statuses are numbers."""

from typing import Final

from tracking.edge.profiles.profile import Profile, numbered, subs

PROFILE: Final = Profile(
    "affise",
    report={
        "clickid": "click_id",
        "action_id": "order_id",
        "sum": "amount",
        "afstatus": "status",
        "secure": "token",
        "promo_code": "coupon",
        "offer_id": "campaign_foreign",
        "pid": "publisher",
    },
    statuses={"1": "approved", "2": "", "3": "declined", "5": "held"},
    kept=numbered("custom_field", 1, 7),
    click={**subs("sub", last=8), "ref_id": "click"},
)
