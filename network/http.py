from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from network.models import Membership, Organization, User


class PersonRequest(HttpRequest):
    """The request that views behind `network.access.person` receive: anyone who is signed in."""

    user: User


class Request(HttpRequest):
    """The request that views behind `network.access.page` receive: a signed-in user acting for an active organization."""

    user: User
    organization: Organization
    membership: Membership
    htmx: HtmxDetails
