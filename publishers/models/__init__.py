from publishers.models.links import CHANNELS, Channel, TrackingLink, link_code
from publishers.models.partnerships import Partnership, PartnershipQuerySet, PartnershipStatus
from publishers.models.profiles import Property, PublisherKind, PublisherProfile

__all__ = [
    "CHANNELS",
    "Channel",
    "Partnership",
    "PartnershipQuerySet",
    "PartnershipStatus",
    "Property",
    "PublisherKind",
    "PublisherProfile",
    "TrackingLink",
    "link_code",
]
