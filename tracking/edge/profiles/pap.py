"""Post Affiliate Pro."""

from typing import Final

from tracking.edge.profiles.profile import Profile, numbered, subs

PROFILE: Final = Profile(
    "pap",
    report={
        "OrderID": "order_id",
        "TotalCost": "amount",
        "Currency": "currency",
        "Coupon": "coupon",
        "Status": "status",
        "ActionCode": "goal",
        "AffiliateID": "publisher",
        "CampaignID": "campaign_foreign",
    },
    statuses={"a": "approved", "p": "", "d": "declined"},
    kept=numbered("data", 1, 5) | {"ProductID", "FixedCost", "CustomCommission"},
    ignored=frozenset({"AccountId", "BannerID", "ChannelID", "visitorId"}),
    click={**subs("data", last=2), "a_bid": "creative"},
)
