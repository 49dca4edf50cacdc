from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from advertisers.models.mandates import Scope, advertisers_of
from network.ids import public_id, random_code
from network.models import Organization
from network.money import Currency


class Objective(models.TextChoices):
    AWARENESS = "awareness", _("Awareness")
    ENGAGEMENT = "engagement", _("Engagement")
    LEADS = "leads", _("Leads")
    INSTALLS = "installs", _("Installs")
    SALES = "sales", _("Sales")


class CampaignStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")
    ENDED = "ended", _("Ended")


class AttributionModel(models.TextChoices):
    """Which touch earns a conversion; docs/attribution.md."""

    LAST_CLICK = "last_click", _("Last click")
    FIRST_CLICK = "first_click", _("First click")
    COUPON_FIRST = "coupon_first", _("Coupon before click")
    CLICK_FIRST = "click_first", _("Click before coupon")


class System(models.TextChoices):
    """Other systems whose names for parameters are understood; docs/compatibility.md."""

    TUNE = "tune", "TUNE"
    EVERFLOW = "everflow", "Everflow"
    CAKE = "cake", "CAKE"
    AFFISE = "affise", "Affise"
    AWIN = "awin", "Awin"
    CJ = "cj", "CJ"
    IMPACT = "impact", "impact.com"
    SCALEO = "scaleo", "Scaleo"
    VOLUUM = "voluum", "Voluum"
    KEITARO = "keitaro", "Keitaro"
    BINOM = "binom", "Binom"
    REDTRACK = "redtrack", "RedTrack"
    TAPFILIATE = "tapfiliate", "Tapfiliate"
    PARTNERIZE = "partnerize", "Partnerize"
    RAKUTEN = "rakuten", "Rakuten Advertising"
    PAP = "pap", "Post Affiliate Pro"
    CUSTOM = "custom", _("Another system")


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def run_by(self, organization: Organization, scope: Scope = Scope.CAMPAIGNS) -> Self:
        """Campaigns this advertiser, or this agency under a mandate with that scope, may run. The network: all."""
        return self.filter(advertiser__in=advertisers_of(organization, scope))

    def open_to_publishers(self) -> Self:
        return self.filter(status__in=[CampaignStatus.ACTIVE, CampaignStatus.PAUSED])


def postback_token() -> str:
    return random_code(32)


class Campaign(models.Model):
    """What publishers join. Amounts of all its conversions are in its one currency; its days are those of its time zone."""

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    advertiser = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("description"), blank=True, max_length=4000)
    terms = models.TextField(_("terms for publishers"), blank=True, max_length=4000)
    objective = models.CharField(_("objective"), max_length=12, choices=Objective.choices)
    landing_url = models.URLField(_("landing page"), max_length=2000)
    fallback_url = models.URLField(_("fallback page"), max_length=2000, blank=True)
    allowed_hosts = ArrayField(models.CharField(max_length=253), default=list, blank=True)
    click_parameter = models.CharField(_("click id parameter"), max_length=40, default="pvd_cid")
    currency = models.CharField(_("currency"), max_length=3, choices=Currency.choices)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    window_days = models.PositiveSmallIntegerField(
        _("attribution window"), default=30, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    attribution_model = models.CharField(
        _("attribution model"), max_length=12, choices=AttributionModel.choices, default=AttributionModel.LAST_CLICK
    )
    view_window_hours = models.PositiveSmallIntegerField(
        _("view window"), default=0, validators=[MaxValueValidator(720)], help_text="0: views earn nothing"
    )
    ownership_days = models.PositiveSmallIntegerField(
        _("customer ownership"), default=0, validators=[MaxValueValidator(3650)], help_text="0: off"
    )
    validation_days = models.PositiveSmallIntegerField(
        _("validation period"), default=30, validators=[MaxValueValidator(180)]
    )
    profile = models.CharField(
        _("reports are written for"),
        max_length=12,
        blank=True,
        choices=System.choices,
        help_text=_("The system whose parameter names the advertiser's calls use. Ours are always understood."),
    )
    postback_token = models.CharField(max_length=32, unique=True, default=postback_token, editable=False)
    status = models.CharField(max_length=8, choices=CampaignStatus.choices, default=CampaignStatus.DRAFT)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    out_of_funds_at = models.DateTimeField(null=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["advertiser", "status"])]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=CampaignStatus.values), name="campaign_status"),
            models.CheckConstraint(condition=Q(objective__in=Objective.values), name="campaign_objective"),
            models.CheckConstraint(condition=Q(currency__in=Currency.values), name="campaign_currency"),
            models.CheckConstraint(condition=Q(window_days__range=(1, 365)), name="campaign_window"),
            models.CheckConstraint(condition=Q(profile__in=["", *System.values]), name="campaign_profile"),
            models.CheckConstraint(
                condition=Q(attribution_model__in=AttributionModel.values), name="campaign_attribution_model"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def organization(self) -> Organization:
        """Whose object this is, for the audit trail."""
        return self.advertiser


class GoalKind(models.TextChoices):
    IMPRESSION = "impression", _("Impression")
    CLICK = "click", _("Click")
    LEAD = "lead", _("Lead")
    INSTALL = "install", _("Install")
    SALE = "sale", _("Sale")
    CUSTOM = "custom", _("Custom")


class Goal(models.Model):
    """A kind of event that a campaign counts. `code` is what postbacks name."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="goals")
    code = models.SlugField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=10, choices=GoalKind.choices)
    allows_repeat = models.BooleanField(
        _("counts again for the same click"),
        default=True,
        help_text=_("Off: of one click only the first counts, whatever the order number. On: each new order does."),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "code"], name="goal_code_once"),
            models.CheckConstraint(condition=Q(kind__in=GoalKind.values), name="goal_kind"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name as people read it: a standard goal that nobody renamed has its kind's word in the reader's language."""
        return str(GoalKind(self.kind).label) if self.name == self.kind.capitalize() else self.name

    @property
    def is_counted(self) -> bool:
        """Impressions and clicks are counted by the edge; the other goals are reported as conversions."""
        return self.kind in {GoalKind.IMPRESSION, GoalKind.CLICK}
