"""The mobile app of a campaign: where clicks from phones lead. See docs/channels.md, “Mobile app installs”.

Only addresses that open a page or this app can be entered: `https`, and on Android the app's own scheme.
"""

import re
from typing import Any, Final
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from advertisers.errors import CampaignEnded
from advertisers.models import App, Campaign, CampaignStatus, Measurement
from network import audit
from network.actors import Actor
from network.errors import DomainError

IOS_ID: Final = re.compile(r"[1-9][0-9]{5,11}", re.ASCII)
PACKAGE: Final = re.compile(r"(?=.{3,150}$)[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+", re.ASCII)
SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]{2,39}", re.ASCII)
NOT_AN_APP: Final = frozenset(
    "about android-app blob chrome chrome-extension content data file filesystem ftp ftps geo http https intent"
    " javascript mailto market moz-extension resource sms smsto ssh tel telnet vbscript view-source ws wss".split()
)
"""Schemes that browsers and systems understand themselves: none of them is an app of an advertiser."""
MACROS: Final = (
    "click_id", "publisher_id", "campaign_id", "link", "creative_id", "source", "coupon",
    "sub1", "sub2", "sub3", "sub4", "sub5",
)  # fmt: skip
MACRO: Final = re.compile(r"\{([a-z0-9_]{1,20})\}")

TEMPLATES: Final[dict[str, str]] = {
    Measurement.APPSFLYER: (
        "https://APP.onelink.me/TEMPLATE?pid=peyvand_int&c={campaign_id}&af_siteid={publisher_id}"
        "&af_sub_siteid={source}&clickid={click_id}&af_sub1={sub1}"
    ),
    Measurement.ADJUST: (
        "https://app.adjust.com/TOKEN?campaign={campaign_id}&adgroup={publisher_id}&creative={sub1}&label={click_id}"
    ),
    Measurement.BRANCH: (
        "https://APP.app.link/LINK?%243p=a_peyvand&~campaign_id={campaign_id}"
        "&~secondary_publisher={publisher_id}&~click_id={click_id}"
    ),
    Measurement.KOCHAVA: (
        "https://control.kochava.com/v1/cpi/click?campaign_id=CAMPAIGN&network_id=NETWORK"
        "&site_id={publisher_id}&click_id={click_id}&device_id=device_id&append_app_conv_trk_params=1"
    ),
}
"""What to start from; capitals are to be replaced by what the measurement partner's page says."""


class BadAppStoreId(DomainError):
    code = "bad_app_store_id"
    message = _("Enter the number in the App Store's address, such as 310633997 of id310633997.")


class BadPackage(DomainError):
    code = "bad_package"
    message = _("Enter the package name of the Play store's address, such as com.example.shop.")


class BadAppLink(DomainError):
    code = "bad_app_link"
    message = _("Enter a full https address.")


class BadScheme(DomainError):
    code = "bad_scheme"
    message = _("Enter an https address, or one with your app's own scheme such as myshop://home.")


class UnknownMacro(DomainError):
    code = "unknown_macro"

    def __init__(self, macro: str, field: str) -> None:
        super().__init__(_("{macro} is no macro that is filled in here.").format(macro=macro), field=field)


class LacksClickId(DomainError):
    code = "lacks_click_id"
    message = _("The address must contain {click_id}; installs could not be attributed without it.")


class AppNeedsAPlace(DomainError):
    code = "app_needs_a_place"
    message = _("Enter at least one store, or the address of the measurement partner.")


@transaction.atomic
def describe(
    campaign: Campaign,
    *,
    ios_app_id: str = "",
    android_package: str = "",
    ios_link: str = "",
    android_link: str = "",
    measurement: str = "",
    measurement_url: str = "",
    by: Actor,
) -> App:
    """The campaign's app, new or changed."""
    campaign = Campaign.objects.select_for_update(no_key=True, of=("self",)).get(pk=campaign.pk)
    if campaign.status == CampaignStatus.ENDED:
        raise CampaignEnded
    values: dict[str, Any] = {
        "ios_app_id": _app_store_id(ios_app_id),
        "android_package": _package(android_package),
        "ios_link": _https(ios_link, "ios_link"),
        "android_link": _android_link(android_link, android_package),
        "measurement": Measurement(measurement),
        "measurement_url": _measured(measurement_url) if measurement else "",
    }
    if not any((values["ios_app_id"], values["android_package"], values["measurement_url"])):
        raise AppNeedsAPlace
    app, _new = App.objects.update_or_create(campaign=campaign, defaults=values)
    audit.record(by, "app.described", app, campaign=campaign.public_id, **values)
    return app


@transaction.atomic
def remove(campaign: Campaign, *, by: Actor) -> None:
    """Phones go to the landing page again."""
    if app := App.objects.select_for_update(no_key=True, of=("self",)).filter(campaign=campaign).first():
        audit.record(by, "app.removed", app, campaign=campaign.public_id)
        app.delete()


def _app_store_id(text: str) -> str:
    text = text.strip().removeprefix("id")
    if text and not IOS_ID.fullmatch(text):
        raise BadAppStoreId(field="ios_app_id")
    return text


def _package(text: str) -> str:
    text = text.strip()
    if text and not PACKAGE.fullmatch(text):
        raise BadPackage(field="android_package")
    return text


def _android_link(text: str, package: str) -> str:
    """A link with a scheme of its own is opened by an intent, which needs the package for those without the app."""
    scheme = text.strip().partition("://")[0].lower()
    if not text.strip() or scheme == "https":
        return _https(text, "android_link")
    link = _known_macros(text.strip(), "android_link")
    if "://" not in link or not SCHEME.fullmatch(scheme) or scheme in NOT_AN_APP:
        raise BadScheme(field="android_link")
    if not _is_clean(link) or "#" in link:
        raise BadScheme(field="android_link")
    if not package.strip():
        raise BadPackage(field="android_package")
    return link


def _https(text: str, field: str) -> str:
    text = text.strip()
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        is_whole = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or not _is_clean(text) or MACRO.search(parts.netloc):
        raise BadAppLink(field=field)
    return _known_macros(text, field)


def _measured(text: str) -> str:
    link = _https(text, "measurement_url")
    if not link:
        raise BadAppLink(field="measurement_url")
    if "{click_id}" not in link:
        raise LacksClickId(field="measurement_url")
    return link


def _known_macros(text: str, field: str) -> str:
    for found in MACRO.finditer(text):
        if found[1] not in MACROS:
            raise UnknownMacro(found[0], field)
    return text


def _is_clean(text: str) -> bool:
    """No blanks, controls, backslashes or letters that have to be encoded: what is stored is what is sent."""
    return text.isascii() and text.isprintable() and not set(text) & set(' \\"<>^`|')
