"""Raw events. Partitioned by day (UTC) and written by ingest with COPY; Django reads them but does not manage the tables."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class Verdict(models.TextChoices):
    VALID = "valid", _("Valid")
    SUSPECT = "suspect", _("Suspect")
    INVALID = "invalid", _("Invalid")


class Event(models.Model):
    """What clicks and impressions share. `at` has millisecond precision and comes, like `nonce`, from the event's id."""

    campaign_id = models.BigIntegerField()
    at = models.DateTimeField()
    nonce = models.BigIntegerField(help_text="64 random bits, as a signed integer")
    partnership_id = models.BigIntegerField()
    link_id = models.BigIntegerField()
    creative_id = models.BigIntegerField(null=True)
    plan_version = models.PositiveIntegerField(default=0, help_text="0: no plan was in force")
    day = models.DateField(help_text="in the campaign's time zone")
    verdict = models.CharField(max_length=8, choices=Verdict.choices, default=Verdict.VALID)
    reasons = ArrayField(models.CharField(max_length=40), default=list)
    consent = models.CharField(max_length=8, default="unknown")
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=512, null=True)  # noqa: DJ001  null: not stored, "": not sent
    referrer = models.CharField(max_length=512, blank=True)
    country = models.CharField(max_length=2, blank=True)
    device = models.CharField(max_length=20, blank=True)
    system = models.CharField(max_length=40, blank=True)
    browser = models.CharField(max_length=40, blank=True)
    received_at = models.DateTimeField()

    class Meta:
        abstract = True


class Click(Event):
    pk = models.CompositePrimaryKey("campaign_id", "at", "nonce")
    subs = ArrayField(models.CharField(max_length=256), default=list)
    source = models.CharField(max_length=256, blank=True)
    diverted = models.CharField(max_length=40, blank=True, help_text="why the visitor was sent to a fallback")

    class Meta:
        managed = False
        db_table = "tracking_click"

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.at} {self.nonce}"


class Impression(Event):
    pk = models.CompositePrimaryKey("campaign_id", "at", "nonce")

    class Meta:
        managed = False
        db_table = "tracking_impression"

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.at} {self.nonce}"


class DailyCount(models.Model):
    """Counts of one link on one day of its campaign under one plan version; kept by ingest, exactly once per event.

    `impressions` and `clicks` are the valid ones (net); gross adds the invalid. Diverted clicks are in neither.
    """

    pk = models.CompositePrimaryKey("campaign_id", "day", "link_id", "plan_version")
    campaign_id = models.BigIntegerField()
    day = models.DateField()
    link_id = models.BigIntegerField()
    plan_version = models.PositiveIntegerField()
    partnership_id = models.BigIntegerField()
    creative_id = models.BigIntegerField(null=True)
    impressions = models.BigIntegerField(default=0)
    invalid_impressions = models.BigIntegerField(default=0)
    clicks = models.BigIntegerField(default=0)
    invalid_clicks = models.BigIntegerField(default=0)
    diverted_clicks = models.BigIntegerField(default=0)
    needs_settling = models.BooleanField(default=True)

    class Meta:
        indexes = [
            models.Index(fields=["campaign_id"], condition=models.Q(needs_settling=True), name="count_needs_settling"),
            models.Index(fields=["partnership_id", "day"], name="count_by_partnership"),
        ]

    def __str__(self) -> str:
        return f"{self.link_id} {self.day}"
