"""A publisher's partnerships: invitations to answer, campaigns to promote or to leave."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from network import access
from network.actors import Actor
from network.http import Request
from network.roles import Can, allows
from publishers import partnerships, selectors
from publishers.access import partnership as fetch
from publishers.views import steps
from publishers.views.profile import PUBLISHER

LIST = "publishers:partnership-list"


@access.page(kinds=PUBLISHER)
def listing(request: Request) -> HttpResponse:
    context = {
        "partnerships": selectors.own_partnerships(request.organization),
        "may_manage": allows(request.membership.role, Can.MANAGE),
    }
    return render(request, "publishers/partnership_list.html", context)


@access.page(kinds=PUBLISHER, can=Can.MANAGE)
@require_POST
def accept(request: Request, public_id: str) -> HttpResponse:
    partnership = fetch(request, public_id)
    links = reverse("publishers:link-list", args=[public_id])
    done = _("You are in. Take your first link below.")
    return steps.take(request, lambda: partnerships.accept_invitation(partnership, by=Actor.of(request)), done, links)


@access.page(kinds=PUBLISHER, can=Can.MANAGE)
@require_POST
def turn_down(request: Request, public_id: str) -> HttpResponse:
    partnership, by = fetch(request, public_id), Actor.of(request)
    done = _("The invitation is declined.")
    return steps.take(
        request,
        lambda: partnerships.decline_invitation(partnership, by=by),
        done,
        LIST,
    )


@access.page(kinds=PUBLISHER, can=Can.MANAGE)
@require_POST
def leave(request: Request, public_id: str) -> HttpResponse:
    partnership, by = fetch(request, public_id), Actor.of(request)
    done = _("You have left the campaign. What you earned stays yours.")
    return steps.take(request, lambda: partnerships.end(partnership, by=by), done, LIST)
