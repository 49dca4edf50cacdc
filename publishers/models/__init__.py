from publishers.models.channels import CHANNELS, Channel
from publishers.models.links import TrackingLink, link_code
from publishers.models.partnerships import Partnership, PartnershipQuerySet, PartnershipStatus
from publishers.models.postbacks import PostbackEvent, PostbackMethod, PublisherPostback
from publishers.models.profiles import Property, PublisherKind, PublisherProfile
from publishers.models.smart_links import SmartLink, SmartLinkCampaign, SmartLinkRoute
from publishers.models.vanity import VanityLink, VanityName

__all__ = [
    "CHANNELS",
    "Channel",
    "Partnership",
    "PartnershipQuerySet",
    "PartnershipStatus",
    "PostbackEvent",
    "PostbackMethod",
    "Property",
    "PublisherKind",
    "PublisherPostback",
    "PublisherProfile",
    "SmartLink",
    "SmartLinkCampaign",
    "SmartLinkRoute",
    "TrackingLink",
    "VanityLink",
    "VanityName",
    "link_code",
]
