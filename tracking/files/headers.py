"""Which column of a file is which of our fields, by the names that other systems and shops give them."""

import re
from collections.abc import Sequence
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tracking.models import FileKind

LABELS: Final[dict[str, Promise]] = {
    "order_id": _("Order number"),
    "click_id": _("Click id"),
    "coupon": _("Coupon code"),
    "publisher": _("Publisher"),
    "amount": _("Amount"),
    "currency": _("Currency"),
    "goal": _("Goal"),
    "timestamp": _("Time"),
    "status": _("Status"),
    "customer": _("Customer (new or returning)"),
    "refund_id": _("Refund number"),
    "reason": _("Reason"),
    "campaign": _("Campaign"),
    "commission": _("Commission"),
    "external_id": _("Id over there"),
    **{f"sub{number}": _("Sub id") for number in range(1, 6)},
    "source": _("Source"),
    "country": _("Country"),
    "device": _("Device"),
    "system": _("Operating system"),
    "browser": _("Browser"),
    "ip": _("Address (IP)"),
    "user_agent": _("User agent"),
    "referrer": _("Referrer"),
}
FIELDS: Final[dict[str, tuple[str, ...]]] = {
    FileKind.UPLOAD: tuple(
        "order_id click_id coupon publisher amount currency goal timestamp status customer refund_id reason".split()
    ),
    FileKind.CLICKS: tuple(
        "external_id timestamp campaign publisher sub1 sub2 sub3 sub4 sub5 source country device system browser ip"
        " user_agent referrer".split()
    ),
    FileKind.CONVERSIONS: tuple(
        "external_id timestamp campaign publisher click_id order_id goal amount currency commission status coupon"
        " customer sub1 sub2 sub3 sub4 sub5".split()
    ),
}
NEEDED: Final[dict[str, tuple[str, ...]]] = {
    FileKind.UPLOAD: ("order_id",),
    FileKind.CLICKS: ("external_id", "timestamp", "campaign", "publisher"),
    FileKind.CONVERSIONS: ("external_id", "timestamp", "campaign"),
}
_NAMES: Final[dict[str, str]] = {
    "order_id": "order orderid ordernumber orderno orderref orderreference transactionid merchantorderid advsub oid"
    " شمارهسفارش سفارش کدسفارش شناسهسفارش",
    "click_id": "clickid click pvdcid transaction clickref cid subid شناسهکلیک کلیک",
    "coupon": "couponcode promocode voucher vouchercode code کدتخفیف کوپن",
    "publisher": "publisherid affiliate affiliateid partner partnerid pid affid mediapartner publishername ناشر شناسهناشر",
    "amount": "saleamount ordervalue total price sum revenue value orderamount subtotal مبلغ مبلغسفارش مبلغکل",
    "currency": "currencycode cur ارز واحدپول",
    "goal": "goalid goalcode event eventtype type eventname actiontracker هدف نوع",
    "timestamp": "time date datetime orderdate created createdat conversiondate conversiontime clickdate clicktime"
    " transactiondate occurredat زمان تاریخ تاریخسفارش",
    "status": "state orderstatus conversionstatus transactionstatus وضعیت",
    "customer": "customertype newcustomer customerstatus مشتری نوعمشتری",
    "refund_id": "refund refundnumber returnid creditnote شمارهمرجوعی مرجوعی",
    "reason": "note comment declinereason دلیل علت توضیح",
    "campaign": "campaignid offer offerid program programid campaignname programname کمپین",
    "commission": "payout earnings commissionamount publishercommission affiliatepayout پورسانت کمیسیون",
    "external_id": "id clickid transactionid conversionid actionid uuid uid",
    **{
        f"sub{number}": f"s{number} affsub{number} subid{number} clickref{number} شناسهفرعی{number}"
        for number in range(1, 6)
    },
    "source": "trafficsource sourceid منبع",
    "country": "countrycode geo کشور",
    "device": "devicetype دستگاه",
    "system": "os operatingsystem platform سیستمعامل",
    "browser": "browsername مرورگر",
    "ip": "ipaddress sessionip clickip",
    "user_agent": "useragent ua",
    "referrer": "referer refererurl referrerurl",
}
_ZWNJ: Final = "\N{ZERO WIDTH NON-JOINER}"


def guess(kind: str, header: Sequence[str]) -> dict[str, int]:
    """{"order_id": 0, …}. A field's own name wins over its other names, an earlier column over a later one."""
    bare = [_bare(name) for name in header]
    found: dict[str, int] = {}
    for name in FIELDS[kind]:
        for wanted in (_bare(name), *_NAMES.get(name, "").split()):
            places = [place for place, one in enumerate(bare) if one == wanted and place not in found.values()]
            if places:
                found[name] = places[0]
                break
    if kind != FileKind.UPLOAD and "sub1" in FIELDS[kind] and "sub1" not in found:
        places = [place for place, one in enumerate(bare) if one in {"affsub", "sub", "u1"}]
        found |= {"sub1": places[0]} if places else {}
    return found


def _bare(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.replace(_ZWNJ, "")).lower().replace("ي", "ی").replace("ك", "ک")
