from advertisers.models.apps import App, Measurement
from advertisers.models.campaigns import AttributionModel, Campaign, CampaignStatus, Goal, GoalKind, Objective, System
from advertisers.models.coupons import Coupon
from advertisers.models.creatives import Creative, CreativeKind, Image
from advertisers.models.mandates import Mandate, Scope, advertisers_of
from advertisers.models.plans import (
    MICRO,
    PAY_MODELS,
    PERCENT_MODELS,
    CommissionPlan,
    CommissionRule,
    PayModel,
)
from advertisers.models.suppressions import Suppression, SuppressionSource
from advertisers.models.traffic import BlockedBy, Cap, LandingPage, Metric, Period, Targeting, TrafficBlock

__all__ = [
    "MICRO",
    "PAY_MODELS",
    "PERCENT_MODELS",
    "App",
    "AttributionModel",
    "BlockedBy",
    "Campaign",
    "CampaignStatus",
    "Cap",
    "CommissionPlan",
    "CommissionRule",
    "Coupon",
    "Creative",
    "CreativeKind",
    "Goal",
    "GoalKind",
    "Image",
    "LandingPage",
    "Mandate",
    "Measurement",
    "Metric",
    "Objective",
    "PayModel",
    "Period",
    "Scope",
    "Suppression",
    "SuppressionSource",
    "System",
    "Targeting",
    "TrafficBlock",
    "advertisers_of",
]
