from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: Final[dict[str, Promise]] = {
    "partnership.applied": _("{who} applied for a partnership: {label}."),
    "partnership.invited": _("{who} offered a partnership: {label}."),
    "partnership.accepted": _("{who} accepted the partnership {label}."),
    "partnership.invitation_declined": _("{who} turned down the partnership {label}."),
    "partnership.approved": _("{who} approved the partnership {label}."),
    "partnership.declined": _("{who} declined the partnership {label}."),
    "partnership.paused": _("{who} paused the partnership {label}."),
    "partnership.resumed": _("{who} resumed the partnership {label}."),
    "partnership.ended": _("{who} ended the partnership {label}."),
    "link.grabbed": _("{who} grabbed the link {label}."),
    "link.retired": _("{who} retired the link {label}."),
    "postback.added": _("{who} added the postback to {label}."),
    "postback.edited": _("{who} edited the postback to {label}."),
    "postback.switched_on": _("{who} switched on the postback to {label}."),
    "postback.switched_off": _("{who} switched off the postback to {label}."),
    "postback.stopped": _("The postback to {label} was switched off because its receiver does not work."),
    "postback.secret_renewed": _("{who} renewed the secret of the postback to {label}."),
    "postback.removed": _("{who} removed the postback to {label}."),
    "postback.tested": _("{who} sent a test to {label}."),
    "postback.sent_again": _("{who} sent a postback to {label} again."),
    "vanity.claimed": _("{who} claimed the short name {label}."),
    "vanity.edited": _("{who} edited the link page {label}."),
    "vanity.released": _("{who} gave the short name {label} up."),
    "vanity.linked": _("{who} put a link on {label}."),
    "vanity.unlinked": _("{who} took a link off {label}."),
    "smart_link.created": _("{who} made the smart link {label}."),
    "smart_link.taken": _("{who} took the smart link {label}."),
    "smart_link.edited": _("{who} edited the smart link {label}."),
    "smart_link.retired": _("{who} retired the smart link {label}."),
    "profile.described": _("{who} edited the publisher's profile."),
    "property.added": _("{who} added the property {label}."),
    "property.edited": _("{who} edited the property {label}."),
    "property.removed": _("{who} removed the property {label}."),
}
TOPICS: Final[dict[str, Promise]] = {
    "partnership": _("Partnerships"),
    "link": _("Links"),
    "postback": _("Outbound postbacks"),
    "vanity": _("Short names"),
    "smart_link": _("Smart links"),
    "profile": _("Profile"),
    "property": _("Properties"),
}
