"""The mobile app that a campaign promotes."""

from typing import Any, Final, NamedTuple

from tracking.snapshot.kinds import Source


class App(NamedTuple):
    ios_app_id: str
    android_package: str
    ios_link: str
    android_link: str
    measurement_url: str


def app(raw: list[Any] | None) -> App | None:
    return App(*raw) if raw else None


SQL: Final = """
    (SELECT jsonb_build_array(m.ios_app_id, m.android_package, m.ios_link, m.android_link, m.measurement_url)
     FROM advertisers_app m WHERE m.campaign_id = c.id)"""
SOURCES: Final = (Source("advertisers_app", "campaign_id"),)
