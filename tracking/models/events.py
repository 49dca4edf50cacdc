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
    region = models.CharField(max_length=10, blank=True, help_text="ISO 3166-2 without the country")
    city = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=8, blank=True, help_text="the visitor's first")
    channel = models.CharField(max_length=12, blank=True)
    visitor = models.BigIntegerField(null=True, help_text="keyed hash of address and user agent; null without consent")
    extra = models.JSONField(null=True, help_text="what else came with the event; null when nothing did")

    class Meta:
        abstract = True


class Click(Event):
    pk = models.CompositePrimaryKey("campaign_id", "at", "nonce")
    subs = ArrayField(models.CharField(max_length=256), default=list)
    source = models.CharField(max_length=256, blank=True)
    diverted = models.CharField(max_length=40, blank=True, help_text="why the visitor was sent to a fallback")
    connection = models.CharField(max_length=10, blank=True)
    landing_id = models.BigIntegerField(null=True)
    smart_link_id = models.BigIntegerField(null=True)
    coupon = models.CharField(max_length=64, blank=True)
    is_unique = models.BooleanField(default=False, help_text="the first of this visitor on this link in 24 hours")
    is_test = models.BooleanField(default=False)

    class Meta:
        managed = False
        db_table = "tracking_click"

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.at} {self.nonce}"


class ImpressionKind(models.TextChoices):
    IMPRESSION = "impression", _("Impression")
    VIEWABLE = "viewable", _("Viewable impression")
    OPEN = "open", _("E-mail open")


class Impression(Event):
    """A banner was loaded, was seen, or an e-mail was opened."""

    pk = models.CompositePrimaryKey("campaign_id", "at", "nonce")
    kind = models.CharField(max_length=10, choices=ImpressionKind.choices, default=ImpressionKind.IMPRESSION)

    class Meta:
        managed = False
        db_table = "tracking_impression"

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.at} {self.nonce}"


class DailyCount(models.Model):
    """Counts of one link on one day of its campaign under one plan version; kept by ingest, exactly once per event.

    `impressions` and `clicks` are the valid ones (net); gross adds the invalid. Diverted clicks are in neither. Suspect
    ones count as valid until somebody decides otherwise. Opens are impressions, too; viewable impressions are not counted
    again. Test clicks are in no sum.
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
    unique_clicks = models.BigIntegerField(default=0, help_text="of the valid ones")
    viewable_impressions = models.BigIntegerField(default=0)
    opens = models.BigIntegerField(default=0)
    needs_settling = models.BooleanField(default=True)

    class Meta:
        indexes = [
            models.Index(fields=["campaign_id"], condition=models.Q(needs_settling=True), name="count_needs_settling"),
            models.Index(fields=["partnership_id", "day"], name="count_by_partnership"),
        ]

    def __str__(self) -> str:
        return f"{self.link_id} {self.day}"


class Dimension(models.TextChoices):
    """What counts are broken down by. `reason`: why clicks or impressions are invalid."""

    COUNTRY = "country", _("Country")
    DEVICE = "device", _("Device")
    SYSTEM = "system", _("Operating system")
    BROWSER = "browser", _("Browser")
    SOURCE = "source", _("Source")
    SUB1 = "sub1", _("Sub id 1")
    SUB2 = "sub2", _("Sub id 2")
    SUB3 = "sub3", _("Sub id 3")
    SUB4 = "sub4", _("Sub id 4")
    SUB5 = "sub5", _("Sub id 5")
    LANDING = "landing", _("Landing page")
    CREATIVE = "creative", _("Creative")
    SMART_LINK = "smart_link", _("Smart link")
    CHANNEL = "channel", _("Channel")
    DIVERSION = "diversion", _("Diversion")
    REASON = "reason", _("Reason")


OTHER = "(other)"


class DailyBreakdown(models.Model):
    """Counts of one partnership on one day by one value of a dimension; kept by ingest together with DailyCount.

    An empty value has no row: it is what DailyCount has more. At most MAX_VALUES values per campaign, partnership, day and
    dimension; the rest is counted as OTHER.
    """

    pk = models.CompositePrimaryKey("campaign_id", "day", "partnership_id", "dimension", "value")
    campaign_id = models.BigIntegerField()
    day = models.DateField()
    partnership_id = models.BigIntegerField()
    dimension = models.CharField(max_length=10, choices=Dimension.choices)
    value = models.CharField(max_length=256)
    impressions = models.BigIntegerField(default=0)
    clicks = models.BigIntegerField(default=0)
    unique_clicks = models.BigIntegerField(default=0)
    invalid_clicks = models.BigIntegerField(default=0)
    diverted_clicks = models.BigIntegerField(default=0)

    MAX_VALUES = 1_000

    class Meta:
        indexes = [models.Index(fields=["partnership_id", "dimension", "day"], name="breakdown_by_partnership")]

    def __str__(self) -> str:
        return f"{self.partnership_id} {self.day} {self.dimension} {self.value}"
