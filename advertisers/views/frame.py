"""What all pages of one campaign show around their content: status, buttons, tabs, and the steps of a draft."""

from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from advertisers import access as own
from advertisers import campaigns, selectors
from advertisers.models import Campaign, CampaignStatus, Scope
from network.http import Request
from network.models import Kind
from network.roles import Can, allows


@dataclass(frozen=True, slots=True)
class Tab:
    name: str
    label: Promise
    icon: str
    url: str
    is_done: bool = False


NEW = (
    Tab("settings", _("Campaign"), "target-arrow", ""),
    Tab("commission", _("Goals and commission"), "coins", ""),
    Tab("creatives", _("Creatives"), "photo", ""),
    Tab("integration", _("Integration"), "plug-connected", ""),
    Tab("overview", _("Check and start"), "rocket", ""),
)
"""The steps before there is a campaign."""


def frame(request: Request, campaign: Campaign, tab: str) -> dict[str, Any]:
    """The context of a campaign's page. `may_manage`: this member may change this campaign."""
    plans = selectors.plans(campaign)
    is_draft = campaign.status == CampaignStatus.DRAFT
    may_manage = (
        campaign.status != CampaignStatus.ENDED
        and own.is_runner(request.organization)
        and allows(request.membership.role, Can.MANAGE)
    )
    tabs = (
        _steps(campaign, plans)
        if is_draft and may_manage
        else _tabs(campaign, may_manage=may_manage, may_judge=_may_judge(request, campaign))
    )
    return {
        "campaign": campaign,
        "plans": plans,
        "tab": tab,
        "tabs": tabs,
        "is_wizard": is_draft and may_manage,
        "is_own": request.organization == campaign.advertiser,
        "may_manage": may_manage,
        "problems": campaigns.start_problems(campaign) if is_draft else [],
    }


def _may_judge(request: Request, campaign: Campaign) -> bool:
    """Set the thresholds of quality: the network's staff, and OPMs who decide about this campaign's conversions."""
    organization = request.organization
    return (
        organization.kind in {Kind.NETWORK, Kind.AGENCY}
        and allows(request.membership.role, Can.MANAGE)
        and Campaign.objects.run_by(organization, Scope.CONVERSIONS).filter(pk=campaign.pk).exists()
    )


def _tabs(campaign: Campaign, *, may_manage: bool, may_judge: bool) -> list[Tab]:
    def url(name: str) -> str:
        return reverse(name if ":" in name else f"advertisers:{name}", args=[campaign.public_id])

    return [
        Tab("overview", _("Overview"), "info-circle", url("campaign-detail")),
        Tab("commission", _("Commission"), "coins", url("campaign-commission")),
        Tab("creatives", _("Creatives"), "photo", url("campaign-creatives")),
        Tab("targeting", _("Targeting"), "target-arrow", url("campaign-targeting")),
        Tab("landing", _("Rotation"), "arrows-shuffle", url("campaign-landing-pages")),
        Tab("caps", _("Caps"), "gauge", url("tracking:campaign-caps")),
        *([Tab("thresholds", _("Quality"), "shield-check", url("payouts:campaign-thresholds"))] if may_judge else []),
        Tab("codes", _("Codes"), "discount", url("coupon-list")),
        *([Tab("app", _("Mobile app"), "device-mobile", url("app-edit"))] if may_manage else []),
        Tab("integration", _("Integration"), "plug-connected", url("campaign-integration")),
    ]


def _steps(campaign: Campaign, plans: selectors.Plans) -> list[Tab]:
    """The way from nothing to a running campaign; each step is a page that can be left and come back to."""

    is_priced = plans.shown is not None and bool(plans.shown.rules.all())
    has_creatives = campaign.creatives.filter(retired_at=None).exists()
    pages = ["campaign-edit", "plan-edit", "campaign-creatives", "campaign-integration", "campaign-detail"]
    done = [True, is_priced, has_creatives, False, False]
    return [
        replace(step, url=reverse(f"advertisers:{page}", args=[campaign.public_id]), is_done=is_done)
        for step, page, is_done in zip(NEW, pages, done, strict=True)
    ]
