from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign, Scope, advertisers_of
from network.ids import public_id
from network.models import Kind, Organization, User
from publishers.models import Partnership
from tracking.models.conversions import Conversion


class QualitySettings(models.Model):
    """The thresholds that differ from the network's, or, without a campaign, from the product's."""

    campaign = models.OneToOneField(Campaign, null=True, on_delete=models.CASCADE, related_name="+")
    overrides = models.JSONField(default=dict)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign"], nulls_distinct=False, name="quality_settings_once")]

    def __str__(self) -> str:
        return self.campaign.name if self.campaign else str(_("The whole network"))


class CaseStatus(models.TextChoices):
    OPEN = "open", _("Open")
    CLEARED = "cleared", _("Cleared")
    DECLINED = "declined", _("Declined")


class CaseQuerySet(models.QuerySet["QualityCase"]):
    def visible_to(self, organization: Organization, scope: Scope = Scope.CONVERSIONS) -> Self:
        """A publisher's own; those of the campaigns that an advertiser or agency runs; the network's all."""
        if organization.kind == Kind.PUBLISHER:
            return self.filter(partnership__publisher=organization)
        return self.filter(partnership__campaign__advertiser__in=advertisers_of(organization, scope))


class QualityCase(models.Model):
    """What one rule found about one partnership, for somebody to decide. One open case per rule and partnership: what is
    found later joins it. `evidence` are the figures with the thresholds they were compared with, for staff only.

    open → cleared (what it held is released) or declined (what it held is not paid).
    """

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    partnership = models.ForeignKey(Partnership, on_delete=models.PROTECT, related_name="+")
    rule = models.CharField(max_length=4)
    version = models.PositiveSmallIntegerField(default=1)
    action = models.CharField(max_length=1)
    status = models.CharField(max_length=8, choices=CaseStatus.choices, default=CaseStatus.OPEN)
    window_from = models.DateTimeField()
    window_to = models.DateTimeField()
    evidence = models.JSONField(default=dict)
    opened_at = models.DateTimeField(auto_now_add=True)
    refreshed_at = models.DateTimeField(auto_now=True)
    category = models.CharField(max_length=12, blank=True, help_text="what the publisher is told")
    note = models.CharField(max_length=500, blank=True, help_text="for the publisher")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    objects = CaseQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["status", "-refreshed_at"], name="case_by_status"),
            models.Index(fields=["partnership", "rule", "-decided_at"], name="case_by_partnership"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["partnership", "rule"], condition=Q(status="open"), name="case_one_open"),
            models.CheckConstraint(condition=Q(status__in=CaseStatus.values), name="case_status"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} · {self.partnership}"

    @property
    def organization(self) -> Organization:
        return self.partnership.publisher


class QualitySignal(models.Model):
    """What one rule says of one conversion, with the version of the rule and the figures it saw."""

    conversion = models.ForeignKey(Conversion, on_delete=models.CASCADE, related_name="signals")
    case = models.ForeignKey(QualityCase, null=True, on_delete=models.SET_NULL, related_name="signals")
    rule = models.CharField(max_length=4)
    version = models.PositiveSmallIntegerField(default=1)
    action = models.CharField(max_length=1)
    inputs = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversion", "rule"], name="signal_once")]

    def __str__(self) -> str:
        return f"{self.rule} {self.conversion_id}"


class QualityFacts(models.Model):
    """What the rules compare conversions by: keyed hashes of the visitor's address, device, mail and customer number.

    Kept as long as rules look back; erased with the person (`tracking.quality.facts`).
    """

    conversion = models.OneToOneField(
        Conversion, primary_key=True, on_delete=models.CASCADE, related_name="quality_facts"
    )
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+", db_index=False)
    partnership = models.ForeignKey(Partnership, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField(db_index=True)
    address = models.BigIntegerField(null=True)
    device = models.BigIntegerField(null=True)
    mail = models.BigIntegerField(null=True)
    countries = models.CharField(max_length=5, blank=True, help_text="of click and conversion, where both are known")
    is_hidden = models.BooleanField(null=True, help_text="behind a VPN, proxy or Tor; null: not to be known")

    class Meta:
        indexes = [
            models.Index(
                fields=["campaign", "address", "at"], condition=Q(address__isnull=False), name="facts_address"
            ),
            models.Index(fields=["campaign", "device"], condition=Q(device__isnull=False), name="facts_device"),
            models.Index(fields=["partnership", "at"], name="facts_partnership"),
        ]

    def __str__(self) -> str:
        return str(self.conversion_id)


class AppealStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting for an answer")
    ACCEPTED = "accepted", _("Accepted")
    REJECTED = "rejected", _("Rejected")


class QualityAppeal(models.Model):
    """What a publisher says to a case, and what was answered."""

    case = models.ForeignKey(QualityCase, on_delete=models.PROTECT, related_name="appeals")
    text = models.TextField(max_length=4000)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    status = models.CharField(max_length=8, choices=AppealStatus.choices, default=AppealStatus.WAITING)
    answer = models.TextField(max_length=4000, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(status="waiting"), name="appeal_one_waiting"),
            models.CheckConstraint(condition=Q(status__in=AppealStatus.values), name="appeal_status"),
        ]

    def __str__(self) -> str:
        return str(self.case)


class RunStatus(models.TextChoices):
    PREVIEWING = "previewing", _("Being counted")
    READY = "ready", _("Ready to apply")
    APPLYING = "applying", _("Being applied")
    DONE = "done", _("Done")
    DISCARDED = "discarded", _("Discarded")
    FAILED = "failed", _("Failed")


class QualityRun(models.Model):
    """Verdicts of the past judged again with the thresholds of now: first counted, then, when somebody says so, applied.

    `position` is how far the present pass has come; `preview` the changes by partnership that it found.
    """

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    campaign = models.ForeignKey(Campaign, null=True, on_delete=models.CASCADE, related_name="+")
    first_day = models.DateField()
    last_day = models.DateField()
    status = models.CharField(max_length=10, choices=RunStatus.choices, default=RunStatus.PREVIEWING)
    thresholds = models.JSONField(default=dict, help_text="of each campaign, as they were at the beginning")
    position = models.JSONField(default=dict)
    preview = models.JSONField(default=dict)
    done = models.JSONField(default=dict, help_text="what was changed")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    applied_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-created_at"], name="run_by_time")]
        constraints = [models.CheckConstraint(condition=Q(status__in=RunStatus.values), name="run_status")]

    def __str__(self) -> str:
        return f"{self.first_day} – {self.last_day}"


class ClickPulse(models.Model):
    """Clicks of a partnership hour by hour: what the counts of its days grew by between two looks."""

    pk = models.CompositePrimaryKey("partnership_id", "hour")
    partnership_id = models.BigIntegerField()
    hour = models.DateTimeField(db_index=True)
    clicks = models.BigIntegerField()
    totals = models.JSONField(default=dict, help_text="by day, at the end of the hour")

    def __str__(self) -> str:
        return f"{self.partnership_id} {self.hour}"
