"""Partnerize. Its parameters are segments of the path; `tracking.edge.baskets` reads them."""

from typing import Final

from tracking.edge.profiles.profile import Profile

PROFILE: Final = Profile(
    "partnerize",
    report={
        "clickref": "click_id",
        "conversionref": "order_id",
        "campaignref": "campaign_foreign",
        "value": "amount",
        "voucher": "coupon",
        "customertype": "customer",
        "conversion_time": "timestamp",
        "tmetric": "goal",
    },
    statuses={"pending": "", "approved": "approved", "rejected": "declined", "mixed": ""},
    ignored=frozenset({"tracking_mode", "tsource", "country", "context", "device"}),
    click={"pubref": "sub1", "ar": "sub2", "creativeref": "creative"},
)
