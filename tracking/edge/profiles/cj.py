"""CJ."""

from typing import Final

from tracking.edge.profiles.profile import Profile

PROFILE: Final = Profile(
    "cj",
    account="CID",
    report={
        "CJEVENT": "click_id",
        "cjevent": "click_id",
        "CID": "campaign_foreign",
        "OID": "order_id",
        "TYPE": "goal",
        "eventTime": "timestamp",
        "CURRENCY": "currency",
        "AMOUNT": "amount",
        "COUPON": "coupon",
        "EVENTTIME": "timestamp",
        "CUST_STATUS": "customer",
    },
    statuses={
        "new": "",
        "accepted": "approved",
        "extended": "held",
        "locked": "approved",
        "closed": "approved",
        "corrected": "declined",
    },
    ignored=frozenset({"METHOD", "SIGNATURE"}),
    kept=frozenset({"DISCOUNT", "discount"}),
    items={"ITEM": "sku", "AMT": "price", "QTY": "quantity", "DCNT": "discount"},
    click={"sid": "sub1"},
)
