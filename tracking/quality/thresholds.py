"""The figures of the rules: defaults in code, overridden by the network, and by each campaign. 0 switches a limit off."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign, GoalKind
from network import audit
from network.actors import Actor
from network.errors import DomainError
from tracking.models import QualitySettings
from tracking.quality.arrival import Limits

type Values = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Threshold:
    name: str
    rule: str
    default: int
    label: Promise
    highest: int = 1_000_000


class UnknownThreshold(DomainError):
    code = "unknown_threshold"
    message = _("There is no such threshold, or the number is out of its range.")


_t = Threshold
THRESHOLDS: Final[dict[str, Threshold]] = {
    one.name: one
    for one in (
        _t(
            "duplicate_seconds",
            "R6",
            10,
            _("A second click of a visitor on a link counts again after (seconds)"),
            86_400,
        ),
        _t("clicks_per_minute", "R7", 30, _("Clicks of an address on a campaign per minute")),
        _t("clicks_per_day", "R7", 300, _("Clicks of an address on a campaign per day")),
        _t("burst_times", "R8", 5, _("Clicks of an hour, times the publisher's median of 7 days")),
        _t("burst_clicks", "R8", 500, _("and more clicks in the hour than")),
        _t(
            "second_publisher_seconds",
            "R9",
            5,
            _("Another publisher's click of the same visitor within (seconds)"),
            3_600,
        ),
        _t("sale_seconds", "R10", 10, _("Shortest time from the click to a sale (seconds)"), 86_400),
        _t("lead_seconds", "R10", 15, _("Shortest time from the click to a lead (seconds)"), 86_400),
        _t("custom_seconds", "R10", 15, _("Shortest time from the click to another goal (seconds)"), 86_400),
        _t("install_seconds", "R10", 20, _("Shortest time from the click to an install (seconds)"), 86_400),
        _t("stay_seconds", "R11", 2, _("Shortest time on the advertiser's pages (seconds)"), 10),
        _t("short_stay_percent", "R11", 50, _("Share of visits shorter than 2 seconds (%)"), 100),
        _t("late_percent", "R12", 60, _("Share of conversions later than 2 hours after the click (%)"), 100),
        _t("late_install_percent", "R12", 50, _("Share of installs later than 1 hour after the click (%)"), 100),
        _t("soon_percent", "R13", 50, _("Share of conversions within a minute of the click (%)"), 100),
        _t("self_referral", "R14", 1, _("Hold orders of the publisher's own people (1: yes)"), 1),
        _t("address_leads", "R15", 1, _("Leads from one address in 24 hours")),
        _t("address_installs", "R15", 1, _("Installs from one address in 24 hours")),
        _t("address_customs", "R15", 3, _("Conversions of other goals from one address in 24 hours")),
        _t("address_sales", "R15", 5, _("Sales from one address in 24 hours")),
        _t("device_conversions", "R16", 1, _("Conversions of one device on a campaign")),
        _t("content_rate_percent", "R17", 15, _("Conversion rate of a content site (%)"), 100),
        _t("rate_percent", "R17", 50, _("Conversion rate of any publisher (%)"), 100),
        _t("low_rate_per_10000", "R18", 5, _("Lowest conversions per 10,000 clicks"), 10_000),
        _t("low_rate_clicks", "R18", 5_000, _("at this many clicks")),
        _t("arrival_percent", "R19", 40, _("Share of clicks that reach the advertiser's pages (%)"), 100),
        _t("arrival_clicks", "R19", 500, _("at this many clicks")),
        _t("hidden_percent", "R20", 30, _("Share of conversions behind VPNs, proxies or Tor (%)"), 100),
        _t(
            "country_percent",
            "R21",
            20,
            _("Share of a publisher's conversions from another country than the click (%)"),
            100,
        ),
        _t("old_percent", "R22", 70, _("Share of outdated systems and browsers (%)"), 100),
        _t("old_install_percent", "R22", 60, _("The same where installs are paid (%)"), 100),
        _t("sub_ids", "R23", 700, _("Different sub ids of a publisher")),
        _t("max_hours", "R24", 0, _("Longest time from the click, other than the campaign's window (hours)"), 8_760),
        _t("max_install_hours", "R24", 0, _("The same for installs (hours)"), 8_760),
        _t("per_minute", "R25", 3, _("Conversions of a publisher in one minute, repeatedly")),
        _t("spacing_percent", "R25", 10, _("Least variation of the time between 20 conversions (%)"), 100),
        _t("form_seconds", "R26", 3, _("Shortest time for the form of a lead (seconds)"), 3_600),
        _t("throwaway_mail", "R27", 1, _("Hold leads with a disposable or role address (1: yes)"), 1),
        _t("no_paid_traffic", "R28", 0, _("Paid traffic is forbidden (1: yes)"), 1),
        _t("undeclared_percent", "R29", 30, _("Share of clicks from sites that are not declared (%)"), 100),
        _t("no_referrer_percent", "R29", 70, _("Share of clicks of a content site without a referrer (%)"), 100),
        _t(
            "checkout_seconds", "R30", 60, _("Click of a coupon or cashback publisher before an order (seconds)"), 3_600
        ),
        _t("refund_percent", "R32", 25, _("Share of refunded orders (%)"), 100),
        _t("refund_times", "R32", 2, _("or, times the campaign's share")),
        _t("chargeback_percent", "R32", 3, _("Share of chargebacks in 30 days (%)"), 100),
        _t("existing_percent", "R33", 90, _("Share of existing customers (%)"), 100),
        _t("existing_mean_percent", "R33", 50, _("while the campaign has less than (%)"), 100),
        _t("new_publisher_days", "R34", 0, _("Hold all conversions in a publisher's first days"), 365),
        _t("new_publisher_conversions", "R34", 0, _("Hold a publisher's first conversions")),
        _t("idle_days", "R35", 30, _("Days without a click"), 365),
        _t("spike_times", "R35", 10, _("then a day with so many times the clicks of an earlier day")),
        _t(
            "duplicate_account",
            "R36",
            1,
            _("Hold another account's orders (1: by site, people, mail; 2: also by login)"),
            2,
        ),
        _t("banned_elsewhere", "R37", 1, _("Hold orders of suspended publishers' accounts (1, 2 as above)"), 2),
        _t("lookalike_site", "R39", 1, _("Hold orders from look-alikes of the advertiser's site (1: yes)"), 1),
        _t("unconfirmed_percent", "R40", 5, _("Share of pixel reports that no server confirmed (%)"), 100),
        _t("least_clicks", "", 100, _("Rules of rates need at least so many clicks")),
        _t("least_conversions", "", 10, _("and so many conversions")),
    )
}
DEFAULTS: Final[dict[str, int]] = {one.name: one.default for one in THRESHOLDS.values()}
AT_ARRIVAL: Final = frozenset({"duplicate_seconds", "clicks_per_minute", "clicks_per_day"})


def of(campaigns: Collection[int]) -> dict[int, Values]:
    """The figures in force for each of these campaigns."""
    ours, theirs = _overrides(campaigns)
    general = DEFAULTS | ours
    return {campaign: general | theirs.get(campaign, {}) for campaign in campaigns}


def of_campaign(campaign_id: int) -> Values:
    return of([campaign_id])[campaign_id]


def of_network() -> Values:
    return DEFAULTS | _overrides(())[0]


def of_arrival() -> tuple[Limits, dict[int, Limits]]:
    """For everybody, and for the campaigns that want others."""
    ours: dict[str, int] = {}
    theirs: dict[int, dict[str, int]] = {}
    for settings in QualitySettings.objects.all():
        campaign, overrides = settings.campaign_id, settings.overrides
        if campaign is None:
            ours = overrides
        elif not AT_ARRIVAL.isdisjoint(overrides):
            theirs[campaign] = overrides
    general = DEFAULTS | ours
    return limits(general), {campaign: limits(general | overrides) for campaign, overrides in theirs.items()}


def limits(values: Values) -> Limits:
    return Limits(values["duplicate_seconds"] * 1000, values["clicks_per_minute"], values["clicks_per_day"])


def by_kind(values: Values, kind: str, names: Mapping[str, str]) -> int:
    """The figure for a goal's kind."""
    return values[names.get(kind, names[GoalKind.CUSTOM])]


@transaction.atomic
def change(campaign: Campaign | None, wanted: Values, *, by: Actor) -> QualitySettings:
    """Set the figures of a campaign, or of the network; what equals the figure above it is no override. None: the network.

    Raises UnknownThreshold.
    """
    above = of_network() if campaign else DEFAULTS
    check(wanted)
    overrides = {name: value for name, value in wanted.items() if value != above[name]}
    settings = QualitySettings.objects.select_for_update(no_key=True).filter(campaign=campaign).first()
    before: dict[str, int] = settings.overrides if settings else {}
    settings = settings or QualitySettings(campaign=campaign)
    settings.overrides, settings.changed_by = overrides, by.user
    settings.save()
    changed = sorted(name for name in before | overrides if before.get(name) != overrides.get(name))
    if changed:
        subject = campaign.advertiser if campaign else None
        figures = {name: [before.get(name, above[name]), overrides.get(name, above[name])] for name in changed}
        audit.record(by, "quality_settings.changed", settings, subject=subject, figures=figures)
    return settings


def check(wanted: Values) -> None:
    """Raises UnknownThreshold."""
    for name, value in wanted.items():
        if name not in THRESHOLDS or not 0 <= value <= THRESHOLDS[name].highest:
            raise UnknownThreshold(field=name)


def as_if(campaign: Campaign | None, campaigns: Collection[int], wanted: Values) -> dict[int, Values]:
    """The figures of these campaigns, were those of the campaign, or of the network, the wanted ones."""
    ours, theirs = _overrides(campaigns)
    if campaign is None:
        return {key: DEFAULTS | dict(wanted) | theirs.get(key, {}) for key in campaigns}
    return {key: DEFAULTS | ours | dict(wanted) for key in campaigns}


def _overrides(campaigns: Collection[int]) -> tuple[dict[str, int], dict[int, dict[str, int]]]:
    ours: dict[str, int] = {}
    theirs: dict[int, dict[str, int]] = {}
    found = QualitySettings.objects.filter(campaign=None) | QualitySettings.objects.filter(campaign__in=campaigns)
    for settings in found:
        if settings.campaign_id is None:
            ours = settings.overrides
        else:
            theirs[settings.campaign_id] = settings.overrides
    return ours, theirs
