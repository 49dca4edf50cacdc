"""Scaleo."""

from typing import Final

from tracking.edge.profiles.profile import Profile, numbered, subs

PROFILE: Final = Profile(
    "scaleo",
    report={
        "adv_order_id": "order_id",
        "adv_user_id": "customer_id",
        "goal_id": "goal",
        "goal_alias": "goal",
        "conv_status": "status",
        "o": "campaign_foreign",
        "a": "publisher",
    },
    statuses={"pending": "", "approved": "approved", "rejected": "declined", "trash": "declined"}
    | {"1": "approved", "2": "", "3": "declined"},
    kept=numbered("adv_param", 1, 5),
    click={
        **subs("sub_id"),
        "aff_click_id": "click",
        "deep_link": "url",
        "creative_id": "creative",
    },
)
