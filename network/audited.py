from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from network.models import Kind
from network.roles import Role

SENTENCES: Final[dict[str, Promise]] = {
    "organization.registered": _("{who} registered {label}."),
    "organization.edited": _("{who} edited the details of {label}."),
    "organization.applied_again": _("{who} corrected the details of {label} and applied again."),
    "organization.approved": _("{who} approved {label}."),
    "organization.declined": _("{who} declined {label}."),
    "organization.suspended": _("{who} suspended {label}."),
    "organization.reactivated": _("{who} ended the suspension of {label}."),
    "member.role_changed": _("{who} changed the role of {member} from {before} to {role}."),
    "member.removed": _("{who} removed {member} from the members."),
    "member.left": _("{member} left the organization."),
    "invitation.sent": _("{who} invited {email} as {role}."),
    "invitation.sent_again": _("{who} sent the invitation of {email} again."),
    "invitation.revoked": _("{who} revoked the invitation of {email}."),
    "invitation.accepted": _("{who} accepted an invitation as {role}."),
    "key.created": _("{who} made the API key {label}."),
    "key.revoked": _("{who} revoked the API key {label}."),
    "user.changed": _("{who} changed the personal settings."),
    "network_settings.changed": _("{who} changed the network's settings."),
}

TOPICS: Final[dict[str, Promise]] = {
    "organization": _("Organization"),
    "member": _("Members"),
    "invitation": _("Invitations"),
    "key": _("API keys"),
    "user": _("Personal settings"),
    "network_settings": _("Network settings"),
}
WORDS: Final[dict[str, dict[str, str | Promise]]] = {
    "role": {role.value: role.label for role in Role},
    "before": {role.value: role.label for role in Role},
    "kind": {kind.value: kind.label for kind in Kind},
}
