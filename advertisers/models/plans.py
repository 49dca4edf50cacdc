from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from advertisers.models.campaigns import Campaign, Goal, GoalKind
from network.ids import public_id
from network.models import Organization, User

MICRO = 1_000_000


class PayModel(models.TextChoices):
    CPM = "cpm", _("CPM: per thousand impressions")
    CPC = "cpc", _("CPC: per click")
    CPL = "cpl", _("CPL: per lead")
    CPI = "cpi", _("CPI: per install")
    CPS = "cps", _("CPS: per sale")
    CPA = "cpa", _("CPA: per action")


PAY_MODELS: dict[str, PayModel] = {
    GoalKind.IMPRESSION: PayModel.CPM,
    GoalKind.CLICK: PayModel.CPC,
    GoalKind.LEAD: PayModel.CPL,
    GoalKind.INSTALL: PayModel.CPI,
    GoalKind.SALE: PayModel.CPS,
    GoalKind.CUSTOM: PayModel.CPA,
}
"""How each kind of goal is paid."""
PERCENT_MODELS = frozenset({PayModel.CPS, PayModel.CPA})


class CommissionPlanQuerySet(models.QuerySet["CommissionPlan"]):
    def activated(self) -> Self:
        return self.filter(starts_at__isnull=False)

    def begun(self, at: datetime) -> Self:
        """Activated plans that started at or before `at`, the one in force at that moment first."""
        return self.filter(starts_at__lte=at).order_by("-starts_at")


class CommissionPlan(models.Model):
    """One version of a campaign's commission structure.

    A draft (`starts_at` empty) may be edited. An activated plan is never edited: a change is a new version with its own
    start. In force at t is the activated version with the greatest `starts_at` <= t.
    """

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="plans")
    version = models.PositiveIntegerField()
    starts_at = models.DateTimeField(null=True)
    fee_basis_points = models.PositiveIntegerField(help_text="network fee, of the commission")
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    activated_at = models.DateTimeField(null=True)

    objects = CommissionPlanQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "version"], name="plan_version_once"),
            models.UniqueConstraint(
                fields=["campaign", "starts_at"], condition=Q(starts_at__isnull=False), name="plan_start_once"
            ),
            models.UniqueConstraint(fields=["campaign"], condition=Q(starts_at=None), name="plan_one_draft"),
            models.CheckConstraint(
                condition=Q(starts_at=None, activated_at=None) | Q(starts_at__isnull=False, activated_at__isnull=False),
                name="plan_activated_with_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} v{self.version}"

    @property
    def organization(self) -> Organization:
        return self.campaign.advertiser

    @property
    def is_draft(self) -> bool:
        return self.starts_at is None


class CommissionRule(models.Model):
    """What one goal pays under one plan.

    `flat_micro`: millionths of a minor unit per event (per thousand for CPM), so that a click may earn 0.0004 dollars.
    `percent_basis_points`: of the sale amount; 250 is 2.5 %. CPS may have both, the others only the flat part.
    """

    plan = models.ForeignKey(CommissionPlan, on_delete=models.CASCADE, related_name="rules")
    goal = models.ForeignKey(Goal, on_delete=models.PROTECT, related_name="+")
    pay_model = models.CharField(max_length=3, choices=PayModel.choices)
    flat_micro = models.BigIntegerField(default=0)
    percent_basis_points = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "goal"], name="rule_once_per_goal"),
            models.CheckConstraint(condition=Q(pay_model__in=PayModel.values), name="rule_pay_model"),
            models.CheckConstraint(condition=Q(flat_micro__gte=0), name="rule_flat_not_negative"),
            models.CheckConstraint(condition=Q(percent_basis_points__lte=10_000), name="rule_percent_at_most_all"),
            models.CheckConstraint(
                condition=Q(flat_micro__gt=0) | Q(percent_basis_points__gt=0), name="rule_pays_something"
            ),
            models.CheckConstraint(
                condition=Q(pay_model__in=["cps", "cpa"]) | Q(percent_basis_points=0),
                name="rule_percent_of_a_sale",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan} {self.goal}"
