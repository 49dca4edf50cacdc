from advertisers.models.campaigns import AttributionModel, Campaign, CampaignStatus, Goal, GoalKind, Objective
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

__all__ = [
    "MICRO",
    "PAY_MODELS",
    "PERCENT_MODELS",
    "AttributionModel",
    "Campaign",
    "CampaignStatus",
    "CommissionPlan",
    "CommissionRule",
    "Creative",
    "CreativeKind",
    "Goal",
    "GoalKind",
    "Image",
    "Mandate",
    "Objective",
    "PayModel",
    "Scope",
    "advertisers_of",
]
