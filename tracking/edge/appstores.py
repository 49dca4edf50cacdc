"""Where a click on a phone goes when its campaign promotes an app: the measurement partner, the app itself, or its store.

The templates were checked when they were entered (`advertisers.app_links`); the values put into them are percent-encoded
once, so a publisher's label can add nothing to an address.
"""

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from tracking.edge.macros import publisher_of
from tracking.edge.parse import MAX_SUB, cut
from tracking.edge.route import AppChooser
from tracking.snapshot import Campaign
from tracking.snapshot.apps import App

if TYPE_CHECKING:
    from tracking.edge.visit import Visit

PLAY: Final = "https://play.google.com/store/apps/details?id="
APP_STORE: Final = "https://apps.apple.com/app/id"
_MACRO: Final = re.compile(r"\{([a-z0-9_]{1,20})\}")
_IOS: Final = re.compile(r"iPhone|iPad|iPod", re.ASCII)
_ANDROID: Final = re.compile(r"Android", re.ASCII)


def chooser(campaign: Campaign) -> AppChooser | None:
    app: App | None = campaign.extras.get("app")
    if app is None:
        return None
    found = app

    def choose(visit: "Visit", click_id: str) -> str:
        system = _system(visit.user_agent)
        if not system:
            return ""
        if found.measurement_url:
            return filled(found.measurement_url, visit, click_id)
        return _ios(found, visit, click_id) if system == "ios" else _android(found, visit, click_id)

    return choose


def _system(user_agent: str) -> str:
    """An iPad that poses as a Mac is one for us, too: it gets the landing page."""
    if _ANDROID.search(user_agent):
        return "android"
    return "ios" if _IOS.search(user_agent) else ""


def _ios(app: App, visit: "Visit", click_id: str) -> str:
    """A universal link opens the app where it is installed and the site elsewhere. The App Store passes no click id on."""
    if app.ios_link:
        return filled(app.ios_link, visit, click_id)
    return f"{APP_STORE}{app.ios_app_id}" if app.ios_app_id else ""


def _android(app: App, visit: "Visit", click_id: str) -> str:
    store = play_store(app, visit, click_id) if app.android_package else ""
    if not app.android_link:
        return store
    link = filled(app.android_link, visit, click_id)
    return link if link.startswith("https://") else intent(link, app.android_package, store)


def play_store(app: App, visit: "Visit", click_id: str) -> str:
    """The store hands `referrer` to the app when it starts for the first time (Install Referrer API)."""
    name = visit.route.campaign.click_parameter
    referrer = f"{quote(name, safe='')}={click_id}&utm_source=peyvand&utm_medium=affiliate"
    return f"{PLAY}{app.android_package}&referrer={quote(referrer, safe='')}"


def intent(link: str, package: str, store: str) -> str:
    """Chrome's way to open an app by a scheme of its own, with somewhere to go for those who do not have it."""
    scheme, _, rest = link.partition("://")
    fallback = quote(store, safe="")
    return f"intent://{rest}#Intent;scheme={scheme};package={package};S.browser_fallback_url={fallback};end"


def filled(template: str, visit: "Visit", click_id: str) -> str:
    """Every macro once, unknown ones empty."""
    way, parameters = visit.route, visit.parameters
    subs = {f"sub{number}": text for number, text in enumerate(way.link.subs, start=1)}
    values = {
        "click_id": click_id,
        "publisher_id": publisher_of(visit),
        "campaign_id": way.campaign.public_id,
        "link": way.link.code,
        "creative_id": way.creative.public_id if way.creative else "",
        "source": parameters.get("source", ""),
        "coupon": parameters.get("coupon") or way.link.coupon,
        **subs,
        **{name: text for name, text in parameters.items() if name.startswith("sub")},
    }
    return _MACRO.sub(lambda found: quote(cut(values.get(found[1], ""), MAX_SUB), safe=""), template)
