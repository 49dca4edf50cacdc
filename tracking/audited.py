from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: Final[dict[str, Promise]] = {
    "refund.recorded": _("{who} recorded a refund of {money} for the order {order}."),
}
TOPICS: Final[dict[str, Promise]] = {"refund": _("Refunds")}
