from django.db import models
from django.utils.translation import gettext_lazy as _

from publishers.models.profiles import PublisherKind


class Channel(models.TextChoices):
    """How a link reaches its visitors: a dimension of every report, chosen when the link is taken."""

    WEBSITE = "website", _("Website")
    SOCIAL = "social", _("Social media")
    EMAIL = "email", _("E-mail")
    NATIVE = "native", _("Native")
    DISPLAY = "display", _("Display")
    INFLUENCER = "influencer", _("Influencer")
    COUPON = "coupon", _("Coupon site")
    APP = "app", _("Mobile app")
    SEARCH = "search", _("Search")
    OTHER = "other", _("Other")


CHANNELS: dict[str, Channel] = {
    PublisherKind.COUPON: Channel.COUPON,
    PublisherKind.BLOG: Channel.WEBSITE,
    PublisherKind.REVIEW: Channel.WEBSITE,
    PublisherKind.SOCIAL: Channel.SOCIAL,
    PublisherKind.INFLUENCER: Channel.INFLUENCER,
    PublisherKind.APP: Channel.APP,
    PublisherKind.CASHBACK: Channel.COUPON,
    PublisherKind.EMAIL: Channel.EMAIL,
    PublisherKind.COMPARISON: Channel.WEBSITE,
    PublisherKind.OTHER: Channel.OTHER,
}
"""The channel that a publisher or a property of this kind mostly means."""
