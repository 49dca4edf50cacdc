from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from network.models import Membership, Organization, User


class Request(HttpRequest):
    """The request that views behind `network.access.page` receive: a signed-in user acting for an active organization."""

    user: User
    organization: Organization
    membership: Membership
    htmx: HtmxDetails
