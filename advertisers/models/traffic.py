"""What a campaign takes: which visitors, when, how many, and where it sends them. The edge decides by these rows.

`partnership_id` empty: for the whole campaign; else for that one publisher (partnerships live to the right of here, so it is
a plain number).
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from advertisers.models.campaigns import Campaign
from network.ids import public_id
from network.models import Organization


class OfCampaign(models.Model):
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="%(class)ss")

    class Meta:
        abstract = True

    @property
    def organization(self) -> Organization:
        """Whose object this is, for the audit trail."""
        return self.campaign.advertiser


class Targeting(OfCampaign):
    """Who may come, in the campaign's time zone. `rules` holds only what is restricted, by dimension:

        {"country": ["only", ["IR", "TR"]], "device": ["not", ["desktop"]], "hour": ["only", [[31, 480, 1320]]]}

    An hour window is (bits of its days, Monday 1; first minute; the minute after the last, over midnight if not later). In a
    publisher's own targeting a dimension replaces that of the campaign; ["any", []] lifts it.
    """

    partnership_id = models.BigIntegerField(null=True)
    rules = models.JSONField(default=dict)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    new_visitors_only = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "partnership_id"], name="targeting_once", nulls_distinct=False),
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(starts_at__lt=F("ends_at")),
                name="targeting_ends_later",
            ),
        ]

    def __str__(self) -> str:
        return str(self.campaign)


class LandingPage(OfCampaign):
    """One of several pages between which visitors are shared out by weight. Without any, the campaign's own page is it."""

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    name = models.CharField(_("name"), max_length=80)
    url = models.URLField(_("address"), max_length=2000)
    weight = models.PositiveSmallIntegerField(_("weight"), default=1)
    is_active = models.BooleanField(_("in rotation"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(weight__range=(0, 1000)), name="landing_page_weight")]

    def __str__(self) -> str:
        return self.name


class Metric(models.TextChoices):
    CLICKS = "clicks", _("Clicks")
    CONVERSIONS = "conversions", _("Conversions")


class Period(models.TextChoices):
    DAY = "day", _("A day")
    WEEK = "week", _("A week")
    MONTH = "month", _("A month")
    TOTAL = "total", _("In all")


class Cap(OfCampaign):
    """The most that is taken in a period of the campaign's time zone (weeks begin on Monday, months on the 1st).

    Hard: beyond it visitors are diverted and conversions held. Soft: it only tells people.
    """

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    partnership_id = models.BigIntegerField(null=True)
    metric = models.CharField(_("counts"), max_length=11, choices=Metric.choices)
    period = models.CharField(_("period"), max_length=5, choices=Period.choices)
    limit = models.PositiveIntegerField(_("at most"))
    is_hard = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "partnership_id", "metric", "period"], name="cap_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(metric__in=Metric.values), name="cap_metric"),
            models.CheckConstraint(condition=Q(period__in=Period.values), name="cap_period"),
            models.CheckConstraint(condition=Q(limit__gte=1), name="cap_limit"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} · {self.limit} {self.metric} / {self.period}"


class BlockedBy(models.TextChoices):
    SOURCE = "source", _("Source")
    SUB1 = "sub1", "sub1"
    SUB2 = "sub2", "sub2"
    SUB3 = "sub3", "sub3"
    SUB4 = "sub4", "sub4"
    SUB5 = "sub5", "sub5"
    ALL = "all", _("Everything")


class TrafficBlock(OfCampaign):
    """Traffic that a campaign does not take: a publisher's all, or what carries this source or sub id."""

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    partnership_id = models.BigIntegerField(null=True)
    field = models.CharField(_("what"), max_length=6, choices=BlockedBy.choices)
    value = models.CharField(_("value"), max_length=256, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "partnership_id", "field", "value"], name="block_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(field__in=BlockedBy.values), name="block_field"),
            models.CheckConstraint(
                condition=Q(field="all", value="", partnership_id__isnull=False) | (~Q(field="all") & ~Q(value="")),
                name="block_names_something",
            ),
        ]

    def __str__(self) -> str:
        return self.value or str(self.campaign)
