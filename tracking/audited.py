from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: Final[dict[str, Promise]] = {
    "erasure.requested": _("{who} asked to erase the personal data of {name}."),
    "erasure.finished": _("The personal data of {name} is erased."),
    "refund.recorded": _("{who} recorded a refund of {money} for the order {order}."),
    "file.handed_in": _("{who} handed in the file {label}."),
    "file.mapped": _("{who} said what the columns of {label} are."),
    "file.started": _("{who} had the file {label} applied."),
    "file.cancelled": _("{who} cancelled the file {label}."),
    "foreign_ids.imported": _("{who} took in {count} ids of another system."),
    "foreign_ids.forgotten": _("{who} removed the id {name} of another system."),
}
TOPICS: Final[dict[str, Promise]] = {
    "erasure": _("Erased data"),
    "refund": _("Refunds"),
    "file": _("Files"),
    "foreign_ids": _("Ids of other systems"),
}
