"""impact.com. Its names are read in any case."""

from typing import Final

from tracking.edge.profiles.profile import Profile

PROFILE: Final = Profile(
    "impact",
    any_case=True,
    report={
        "irclickid": "click_id",
        "clickid": "click_id",
        "orderid": "order_id",
        "eventtypeid": "goal",
        "eventtypecode": "goal",
        "actiontrackerid": "goal",
        "campaignid": "campaign_foreign",
        "amount": "amount",
        "currencycode": "currency",
        "currency": "currency",
        "orderpromocode": "coupon",
        "promocode": "coupon",
        "customerstatus": "customer",
        "customerid": "customer_id",
        "customeremail": "customer_id",
        "eventdate": "timestamp",
        "status": "status",
    },
    statuses={
        "pending": "",
        "approved": "approved",
        "locked": "approved",
        "reversed": "declined",
        "modified": "",
        "outside of terms": "held",
        "advertiser return request": "held",
    },
    items={"itemsku": "sku", "itemcategory": "category", "itemquantity": "quantity", "itemprice": "price"}
    | {"itemsubtotal": "price", "itembrand": "brand"},
    ignored=frozenset({"accountsid"}),
    click={"subid1": "sub1", "subid2": "sub2", "subid3": "sub3", "sharedid": "source"},
)
