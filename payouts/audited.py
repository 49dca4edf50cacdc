from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from payouts.models.reasons import Reason

SENTENCES: Final[dict[str, Promise]] = {
    "commission.approved": _("{who} approved the commission {label}."),
    "commission.declined": _("{who} declined the commission {label}."),
    "commission.reversed": _("{who} reversed the commission {label}."),
    "commission.held": _("{who} held the commission {label}."),
    "commission.released": _("{who} released the commission {label}."),
    "bonus.given": _("{who} gave a bonus of {money}."),
    "case.cleared": _("{who} cleared the quality case {rule} of {publisher}."),
    "case.declined": _("{who} declined the quality case {rule} of {publisher}."),
    "case.appealed": _("{who} appealed in the quality case {label}."),
    "appeal.accepted": _("{who} accepted the appeal in {label}."),
    "appeal.rejected": _("{who} rejected the appeal in {label}."),
    "quality_settings.changed": _("{who} changed the quality thresholds of {label}."),
    "quality_run.started": _("{who} had the verdicts of {label} counted anew."),
    "quality_run.applied": _("{who} applied new verdicts to {label}."),
    "quality_run.discarded": _("{who} discarded the new verdicts of {label}."),
    "topup.recorded": _("{who} recorded a top-up of {money} ({label})."),
}
TOPICS: Final[dict[str, Promise]] = {
    "commission": _("Commissions"),
    "bonus": _("Bonuses"),
    "topup": _("Top-ups"),
    "case": _("Quality cases"),
    "appeal": _("Appeals"),
    "quality_settings": _("Quality thresholds"),
    "quality_run": _("Verdicts judged again"),
}
WORDS: Final[dict[str, dict[str, str | Promise]]] = {"reason": {reason.value: reason.label for reason in Reason}}
