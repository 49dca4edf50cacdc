from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from advertisers.models import Campaign, Creative, Goal, Scope
from network.models import Kind, Organization
from publishers.models import Partnership, TrackingLink
from tracking.models.events import Verdict


class Channel(models.TextChoices):
    SERVER = "server", _("Server to server")
    BATCH = "batch", _("API batch")
    TAG = "tag", _("Tag")
    PIXEL = "pixel", _("Pixel")
    PAGE = "page", _("By hand")
    UPLOAD = "upload", _("File")
    IMPORT = "import", _("Imported history")


class PostbackQuerySet(models.QuerySet["Postback"]):
    def visible_to(self, organization: Organization, scope: Scope = Scope.CONVERSIONS) -> Self:
        """Calls about the campaigns that this organization runs; publishers see none."""
        if organization.kind == Kind.NETWORK:
            return self
        campaigns = Campaign.objects.run_by(organization, scope).values_list("pk", flat=True)
        return self.filter(campaign_id__in=list(campaigns))

    def by_ids(self, ids: Collection[UUID]) -> Self:
        """An id holds the millisecond of its receipt: with it only those days are looked into."""
        times = [(one.int >> 80) for one in ids if one.version == 7]
        if not times:
            return self.none()
        try:
            first, last = (EPOCH + timedelta(milliseconds=one) for one in (min(times), max(times) + 1))
        except OverflowError:  # a made-up id
            return self.none()
        return self.filter(id__in=ids, received_at__range=(first, last))


EPOCH = datetime.fromtimestamp(0, UTC)


class Postback(models.Model):
    """The raw inbound call, kept with the answer it got and what became of it. Partitioned by day; secrets are masked.

    `outcome` is empty until it was processed.
    """

    pk = models.CompositePrimaryKey("campaign_id", "received_at", "id")
    id = models.UUIDField()
    campaign_id = models.BigIntegerField()
    received_at = models.DateTimeField()
    channel = models.CharField(max_length=8, choices=Channel.choices)
    method = models.CharField(max_length=4)
    raw = models.TextField(help_text="query or body as it came, the token masked")
    fields = models.JSONField(default=dict, help_text="what was understood")
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=512, blank=True)
    status_code = models.PositiveSmallIntegerField()
    answer = models.JSONField(help_text="the JSON answer that the caller got")
    accepted = models.BooleanField(help_text="to be processed")
    processed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, blank=True)
    conversion_id = models.UUIDField(null=True)

    objects = PostbackQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "tracking_postback"

    def __str__(self) -> str:
        return str(self.id)


class OrderKey(models.Model):
    """The permanent memory of what was reported: one row per (campaign, goal, order). Written by the edge, before its answer.

    A browser's report (not trusted) has a key of its own, so that it can never stand in the way of the server's.
    For refunds `goal_code` is "refund" and `order_id` is order and refund id, joined by a newline.
    """

    pk = models.CompositePrimaryKey("campaign_id", "goal_code", "order_id", "is_trusted")
    campaign_id = models.BigIntegerField()
    goal_code = models.CharField(max_length=40)
    order_id = models.CharField(max_length=260)
    is_trusted = models.BooleanField()
    fingerprint = models.BinaryField(help_text="SHA-256 of amount and currency")
    postback_id = models.UUIDField()

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.goal_code} {self.order_id}"


class ConversionQuerySet(models.QuerySet["Conversion"]):
    def visible_to(self, organization: Organization, scope: Scope = Scope.CONVERSIONS) -> Self:
        """A publisher's own; those of the campaigns that an advertiser or agency runs; the network's all."""
        if organization.kind == Kind.PUBLISHER:
            return self.filter(partnership__publisher=organization)
        return self.filter(campaign__in=Campaign.objects.run_by(organization, scope))

    def base(self) -> Self:
        """Counted in statistics: attributed to a publisher, not invalid, no test."""
        return self.filter(partnership__isnull=False, is_test=False).exclude(verdict=Verdict.INVALID)


class Conversion(models.Model):
    """A lead, install, sale or custom event that a campaign counts. Its id is the id of the postback that reported it.

    `verdict` invalid: recorded, never paid, `reason` says why. `needs_settling` is a note to payouts that something about
    the money may have changed (new, refunded, amended, validated by postback); payouts clears it. `flags` are remarks that
    decide nothing, such as a refund larger than its sale.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+")
    goal = models.ForeignKey(Goal, on_delete=models.PROTECT, related_name="+")
    order_id = models.CharField(max_length=128)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    day = models.DateField(help_text="of occurred_at, in the campaign's time zone")
    amount = models.BigIntegerField(null=True, help_text="minor units")
    currency = models.CharField(max_length=3)
    partnership = models.ForeignKey(Partnership, null=True, on_delete=models.PROTECT, related_name="+")
    link = models.ForeignKey(TrackingLink, null=True, on_delete=models.PROTECT, related_name="+")
    creative = models.ForeignKey(Creative, null=True, on_delete=models.PROTECT, related_name="+")
    subs = ArrayField(models.CharField(max_length=256), null=True, help_text="null: the click's row is missing")
    customer = models.CharField(max_length=9, blank=True)
    coupon = models.CharField(max_length=64, blank=True)
    items = models.JSONField(default=list)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    is_trusted = models.BooleanField(help_text="reported or confirmed by the advertiser's server")
    is_test = models.BooleanField(default=False)
    is_view_through = models.BooleanField(default=False, help_text="earned by a view, without a click")
    customer_key = models.CharField(max_length=32, blank=True, help_text="keyed hash of the advertiser's customer id")
    verdict = models.CharField(max_length=8, choices=Verdict.choices, default=Verdict.VALID)
    reason = models.CharField(max_length=40, blank=True)
    flags = ArrayField(models.CharField(max_length=40), default=list)
    reported_status = models.CharField(max_length=10, blank=True, help_text="approved or declined, by postback")
    reported_reason = models.CharField(max_length=200, blank=True)
    needs_settling = models.BooleanField(default=True)

    objects = ConversionQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["campaign", "-occurred_at"]),
            models.Index(fields=["partnership", "-occurred_at"]),
            models.Index(fields=["order_id"]),
            models.Index(fields=["received_at"], condition=Q(needs_settling=True), name="conversion_needs_settling"),
            models.Index(
                fields=["received_at"],
                condition=Q(subs=None, partnership__isnull=False),
                name="conversion_lacks_subs",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "goal", "order_id"], name="conversion_once"),
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gte=0), name="conversion_amount"),
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="conversion_verdict"),
        ]

    def __str__(self) -> str:
        return self.order_id

    @property
    def organization(self) -> Organization:
        return self.campaign.advertiser


class TouchKind(models.TextChoices):
    CLICK = "click", _("Click")
    IMPRESSION = "impression", _("View")
    COUPON = "coupon", _("Coupon code")
    PUBLISHER = "publisher", _("Named by the advertiser")
    CUSTOMER = "customer", _("Customer of the publisher")


class Attribution(models.Model):
    """The decision which touch earns a conversion, and why. `code` names the reason when none does.

    `method` is the campaign's model then, `kind` what earned it. `clicked_at` and `click_nonce` are of the click or view;
    coupons, named publishers and customers have none, and the plan in force at the conversion prices them.
    """

    conversion = models.OneToOneField(Conversion, on_delete=models.CASCADE, related_name="attribution")
    method = models.CharField(max_length=12, default="last_click")
    kind = models.CharField(max_length=10, choices=TouchKind.choices, blank=True)
    clicked_at = models.DateTimeField(null=True)
    click_nonce = models.BigIntegerField(null=True)
    window_days = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=40)
    decided_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.code


class Touchpoint(models.Model):
    """One station of the path to a conversion, in its order; the whole path is kept, also what could not earn.

    `code` is empty where the touch could have earned, else why not. `nonce` and `at` name the click or the view.
    """

    conversion = models.ForeignKey(Conversion, on_delete=models.CASCADE, related_name="touchpoints")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=TouchKind.choices)
    at = models.DateTimeField()
    nonce = models.BigIntegerField(null=True)
    partnership = models.ForeignKey(Partnership, on_delete=models.PROTECT, related_name="+")
    link_id = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=12, blank=True, help_text="a publishers.Channel; empty: unknown")
    is_winner = models.BooleanField(default=False)
    code = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversion", "position"], name="touchpoint_once")]

    def __str__(self) -> str:
        return f"{self.position} {self.kind} {self.at}"


class CustomerOwner(models.Model):
    """The publisher who first brought a customer to a campaign, for campaigns with customer ownership."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+")
    customer_key = models.CharField(max_length=32)
    partnership = models.ForeignKey(Partnership, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()
    conversion_id = models.UUIDField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "customer_key"], name="customer_owned_once")]

    def __str__(self) -> str:
        return f"{self.partnership} {self.since}"


class Refund(models.Model):
    """Money that went back to a buyer. Without a conversion yet it is an orphan, applied when the sale arrives."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+")
    order_id = models.CharField(max_length=128)
    refund_id = models.CharField(max_length=128)
    conversion = models.ForeignKey(Conversion, null=True, on_delete=models.PROTECT, related_name="refunds")
    amount = models.BigIntegerField(null=True, help_text="minor units; null: the whole sale")
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=200, blank=True)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "order_id", "refund_id"], name="refund_once"),
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gt=0), name="refund_amount"),
        ]
        indexes = [models.Index(fields=["campaign", "order_id"], condition=Q(conversion=None), name="refund_orphans")]

    def __str__(self) -> str:
        return self.refund_id

    @property
    def organization(self) -> Organization:
        return self.campaign.advertiser
