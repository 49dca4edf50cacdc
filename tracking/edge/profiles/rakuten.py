"""Rakuten Advertising. Order lines are lists; `tracking.edge.baskets` reads them."""

from typing import Final

from tracking.edge.profiles.profile import Profile

PROFILE: Final = Profile(
    "rakuten",
    report={
        "tr": "click_id",
        "ranSiteID": "click_id",
        "ord": "order_id",
        "mid": "campaign_foreign",
        "cur": "currency",
        "COUPON": "coupon",
    },
    ignored=frozenset({"skulist", "qlist", "amtlist", "namelist", "img", "xml", "land", "date"}),
    click={"u1": "sub1", "murl": "url"},
)
