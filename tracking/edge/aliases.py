"""Names that other systems use for our parameters. Only those that mean one thing everywhere are read without asking;
our own names always win, and a value that is one of our signed click ids is the click id under any of its names.
"""

from typing import Final

REPORT: Final[dict[str, str]] = {
    "clickid": "click_id",
    "irclickid": "click_id",
    "cjevent": "click_id",
    "CJEVENT": "click_id",
    "conversion_unique_id": "order_id",
    "OrderId": "order_id",
    "txid": "order_id",
    "rdtk_event_id": "order_id",
    "sum": "amount",
    "totalAmount": "amount",
    "goal_ref": "goal",
    "adv_event_id": "goal",
    "afstatus": "status",
    "cnv_status": "status",
    "cnv_currency": "currency",
    "coupon_code": "coupon",
    "promo_code": "coupon",
    "security_token": "token",
    "verification_token": "token",
    "secure": "token",
    "user_id": "customer_id",
    "email": "customer_id",
    "testmode": "test",
    "eventTime": "timestamp",
}

CLICK_ID_NAMES: Final = frozenset(
    {"transaction_id", "clickid", "cid", "r", "cks", "awc", "cjevent", "CJEVENT", "clickref", "cnv_id", "subid"}
    | {"irclickid", "ranSiteID", "tid", "pvd_cid"}
)
"""Under these names a value is the click id only if we signed it."""

CLICK: Final[dict[str, str]] = {
    "aff_sub": "sub1",
    **{f"aff_sub{number}": f"sub{number}" for number in range(1, 6)},
    **{f"s{number}": f"sub{number}" for number in range(2, 6)},
    **{f"sub_id{number}": f"sub{number}" for number in range(1, 6)},
    **{f"sub_id_{number}": f"sub{number}" for number in range(1, 6)},
    **{f"aff_param{number}": f"sub{number}" for number in range(1, 6)},
    **{f"subId{number}": f"sub{number}" for number in range(1, 6)},
    **{f"subid{number}": f"sub{number}" for number in range(1, 6)},
    "clickref": "sub1",
    **{f"clickref{number}": f"sub{number}" for number in range(2, 6)},
    "u1": "sub1",
    "pubref": "sub1",
    "sid": "sub1",
    "source_id": "source",
    "s1": "source",
    "creative_id": "creative",
    "creativeref": "creative",
    "url_id": "page",
    "deep_link": "url",
    "ued": "url",
    "murl": "url",
    "aff_click_id": "click",
    "externalid": "click",
    "external_id": "click",
    "__cc": "coupon",
    "coupon_code": "coupon",
    "promo_code": "coupon",
}

KEPT: Final[dict[str, str]] = {
    **{name: name for name in ("gclid", "fbclid", "ttclid", "msclkid", "gaid", "idfa", "recipient")},
    "google_aid": "gaid",
    "ios_ifa": "idfa",
    "r": "recipient",
}
"""Kept with the click under these names."""
