from typing import Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from advertisers.models.campaigns import Campaign
from network.models import Organization


class Measurement(models.TextChoices):
    """Who counts the app's installs."""

    NONE = "", _("The app's own server")
    APPSFLYER = "appsflyer", "AppsFlyer"
    ADJUST = "adjust", "Adjust"
    BRANCH = "branch", "Branch"
    KOCHAVA = "kochava", "Kochava"


MAX_ADDRESS: Final = 2000


class App(models.Model):
    """The mobile app that a campaign promotes: where a click from a phone goes.

    `measurement_url` takes every phone's visitor to the measurement partner, with our macros filled in; otherwise the
    system decides: `ios_link` and `android_link` (universal links or deep links), else the store.
    """

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, related_name="app")
    ios_app_id = models.CharField(_("App Store id"), max_length=12, blank=True)
    android_package = models.CharField(_("Android package"), max_length=150, blank=True)
    ios_link = models.CharField(_("link that opens the iOS app"), max_length=MAX_ADDRESS, blank=True)
    android_link = models.CharField(_("link that opens the Android app"), max_length=MAX_ADDRESS, blank=True)
    measurement = models.CharField(_("measured by"), max_length=10, blank=True, choices=Measurement.choices)
    measurement_url = models.CharField(_("click address"), max_length=MAX_ADDRESS, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(measurement__in=Measurement.values), name="app_measurement"),
            models.CheckConstraint(
                condition=Q(measurement="", measurement_url="") | ~Q(measurement="") & ~Q(measurement_url=""),
                name="app_measured_somewhere",
            ),
        ]

    def __str__(self) -> str:
        return self.android_package or self.ios_app_id

    @property
    def organization(self) -> Organization:
        return self.campaign.advertiser
