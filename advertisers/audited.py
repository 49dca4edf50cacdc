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
    "campaign.targeted": _("{who} changed whom the campaign {label} takes."),
    "campaign.out_of_funds": _("{who} stopped the visitors of the campaign {label}: its advertiser ran out of funds."),
    "campaign.funded": _("{who} let visitors into the campaign {label} again: its advertiser has funds."),
    "campaign.token_renewed": _("{who} made a new postback token for the campaign {label}."),
    "block.added": _("{who} blocked traffic: {label}."),
    "block.lifted": _("{who} lifted a block of traffic: {label}."),
    "cap.added": _("{who} set a cap: {label}."),
    "cap.edited": _("{who} changed the cap {label}."),
    "cap.removed": _("{who} removed the cap {label}."),
    "creative.added": _("{who} added the creative {label}."),
    "creative.retired": _("{who} retired the creative {label}."),
    "creative.weighted": _("{who} changed how often the creative {label} is shown."),
    "goal.added": _("{who} added the goal {label}."),
    "goal.renamed": _("{who} renamed the goal {label}."),
    "landing_page.added": _("{who} added the landing page {label}."),
    "landing_page.edited": _("{who} edited the landing page {label}."),
    "landing_page.weighted": _("{who} changed the share of the landing page {label}."),
    "mandate.given": _("{who} gave a mandate: {label}."),
    "mandate.ended": _("{who} ended a mandate: {label}."),
    "plan.drafted": _("{who} drafted the commission plan {label}."),
    "plan.rules_set": _("{who} set the rules of the commission plan {label}."),
    "plan.activated": _("{who} activated the commission plan {label}."),
    "plan.withdrawn": _("{who} withdrew the commission plan {label} before its start."),
    "plan.discarded": _("{who} discarded the draft of the commission plan {label}."),
}
TOPICS: Final[dict[str, Promise]] = {
    "block": _("Blocked traffic"),
    "campaign": _("Campaigns"),
    "cap": _("Caps"),
    "creative": _("Creatives"),
    "goal": _("Goals"),
    "landing_page": _("Landing pages"),
    "mandate": _("Mandates"),
    "plan": _("Commission plans"),
}
