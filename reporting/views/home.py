from django.http import HttpResponse
from django.shortcuts import render

from network import access
from network.http import Request
from network.models import Kind
from network.roles import Can, allows
from reporting import homes

CONTEXTS = {
    Kind.ADVERTISER: homes.advertiser,
    Kind.AGENCY: homes.agency,
    Kind.PUBLISHER: homes.publisher,
    Kind.NETWORK: homes.network,
}


@access.page()
def home(request: Request) -> HttpResponse:
    """One address, one page per kind of organization."""
    kind = Kind(request.organization.kind)
    context = CONTEXTS[kind](request) | {"may_manage": allows(request.membership.role, Can.MANAGE)}
    return render(request, f"reporting/home_{kind}.html", context)
