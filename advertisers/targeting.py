"""Who may come to a campaign, and when; the same for one publisher in it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from advertisers import audience
from advertisers.audience import ANY, MODES, Rules
from advertisers.errors import CampaignEnded
from advertisers.models import Campaign, CampaignStatus, Targeting
from network import audit
from network.actors import Actor
from network.errors import DomainError


class NotATarget(DomainError):
    code = "not_a_target"
    message = _("This cannot be targeted.")


class EndsBeforeItStarts(DomainError):
    code = "ends_before_it_starts"
    message = _("The end must be later than the start.")


def of(campaign: Campaign, partnership_id: int | None = None) -> Targeting:
    """What was set, or one that restricts nothing."""
    found = Targeting.objects.filter(campaign=campaign, partnership_id=partnership_id).first()
    return found or Targeting(campaign=campaign, partnership_id=partnership_id)


def in_effect(campaign: Campaign, partnership_id: int | None) -> Targeting:
    """What holds for this publisher: its own where it has some, else the campaign's. As the edge has it."""
    whole = of(campaign)
    own = of(campaign, partnership_id) if partnership_id else whole
    rules = {name: rule for name, rule in {**whole.rules, **own.rules}.items() if rule[0] != ANY}
    return Targeting(
        campaign=campaign,
        rules=rules,
        starts_at=own.starts_at or whole.starts_at,
        ends_at=own.ends_at or whole.ends_at,
        new_visitors_only=whole.new_visitors_only,
    )


@transaction.atomic
def change(
    campaign: Campaign,
    *,
    by: Actor,
    rules: Rules,
    partnership_id: int | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    new_visitors_only: bool = False,
    label: str = "",
) -> Targeting:
    """Replaces what was set. One that restricts nothing is not kept. `label`: whose, for the audit trail."""
    campaign = Campaign.objects.select_for_update(no_key=True, of=("self",)).get(pk=campaign.pk)
    if campaign.status == CampaignStatus.ENDED:
        raise CampaignEnded
    if starts_at and ends_at and starts_at >= ends_at:
        raise EndsBeforeItStarts(field="ends_at")
    rules = checked(rules, may_lift=partnership_id is not None)
    before = of(campaign, partnership_id)
    after = Targeting(
        pk=before.pk,
        campaign=campaign,
        partnership_id=partnership_id,
        rules=rules,
        starts_at=starts_at,
        ends_at=ends_at,
        new_visitors_only=new_visitors_only and partnership_id is None,
    )
    if facts(before) == facts(after):
        return before
    if is_open(after):
        before.delete()
    else:
        after.save()
    audit.record(by, "campaign.targeted", campaign, publisher=label, before=facts(before), after=facts(after))
    return after


def is_open(targeting: Targeting) -> bool:
    """It restricts nobody."""
    return not (targeting.rules or targeting.starts_at or targeting.ends_at or targeting.new_visitors_only)


def checked(rules: Rules, *, may_lift: bool) -> Rules:
    """In normal form; raises NotATarget with the dimension as its field."""
    found: Rules = {}
    for dimension, (mode, values) in rules.items():
        if mode not in MODES or (dimension not in audience.DIMENSIONS and dimension != "hour"):
            raise NotATarget(field=dimension)
        if mode == ANY:
            found |= {dimension: [ANY, []]} if may_lift else {}
            continue
        is_value = audience.is_window if dimension == "hour" else audience.DIMENSIONS[dimension]
        if not values or len(values) > audience.MAX_VALUES or not all(is_value(value) for value in values):
            raise NotATarget(field=dimension)
        found[dimension] = [mode, values if dimension == "hour" else sorted(set(values))]
    return found


def facts(targeting: Targeting) -> dict[str, object]:
    times = {"starts_at": targeting.starts_at, "ends_at": targeting.ends_at}
    shown = {name: at.isoformat() for name, at in times.items() if at}
    once = {"new_visitors_only": True} if targeting.new_visitors_only else {}
    return {"rules": targeting.rules, **shown, **once}
