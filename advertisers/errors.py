"""Rules that more than one action of this app keeps."""

from django.utils.translation import gettext_lazy as _

from network.errors import DomainError


class CampaignEnded(DomainError):
    code = "campaign_ended"
    message = _("This campaign has ended; nothing in it changes any more.")
    status = 409
