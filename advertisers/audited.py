from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: Final[dict[str, Promise]] = {
    "campaign.created": _("{who} created the campaign {label}."),
    "campaign.edited": _("{who} edited the campaign {label}."),
    "campaign.started": _("{who} started the campaign {label}."),
    "campaign.paused": _("{who} paused the campaign {label}."),
    "campaign.resumed": _("{who} resumed the campaign {label}."),
    "campaign.ended": _("{who} ended the campaign {label}."),
    "campaign.token_renewed": _("{who} made a new postback token for the campaign {label}."),
    "creative.added": _("{who} added the creative {label}."),
    "creative.retired": _("{who} retired the creative {label}."),
    "goal.added": _("{who} added the goal {label}."),
    "goal.renamed": _("{who} renamed the goal {label}."),
    "mandate.given": _("{who} gave a mandate: {label}."),
    "mandate.ended": _("{who} ended a mandate: {label}."),
    "plan.drafted": _("{who} drafted the commission plan {label}."),
    "plan.rules_set": _("{who} set the rules of the commission plan {label}."),
    "plan.activated": _("{who} activated the commission plan {label}."),
    "plan.withdrawn": _("{who} withdrew the commission plan {label} before its start."),
    "plan.discarded": _("{who} discarded the draft of the commission plan {label}."),
}
TOPICS: Final[dict[str, Promise]] = {
    "campaign": _("Campaigns"),
    "creative": _("Creatives"),
    "goal": _("Goals"),
    "mandate": _("Mandates"),
    "plan": _("Commission plans"),
}
