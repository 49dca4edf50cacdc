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
    "topup.recorded": _("{who} recorded a top-up of {money} ({label})."),
}
TOPICS: Final[dict[str, Promise]] = {
    "commission": _("Commissions"),
    "bonus": _("Bonuses"),
    "topup": _("Top-ups"),
}
WORDS: Final[dict[str, dict[str, str | Promise]]] = {"reason": {reason.value: reason.label for reason in Reason}}
