from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from advertisers.models import Scope, advertisers_of
from network import access
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.models import Kind
from network.roles import Can
from payouts import access as fetch
from payouts import bonuses, ledger
from payouts.forms import BonusForm, PartnerChoiceForm
from payouts.models import Bonus
from payouts.views.conversions import BUYERS
from publishers.models import Partnership, PartnershipStatus

PAGE = 50


@access.page(can=Can.MONEY)
def listing(request: Request) -> HttpResponse:
    found = Bonus.objects.visible_to(request.organization).select_related("campaign", "advertiser", "publisher")
    is_buyer = request.organization.kind in BUYERS
    context = {
        "page": Paginator(found.order_by("-pk"), PAGE).get_page(request.GET.get("page")),
        "is_buyer": is_buyer,
        "has_clients": request.organization.kind in {Kind.AGENCY, Kind.NETWORK},
        "can_give": is_buyer and _partnerships(request).exists(),
    }
    return render(request, "payouts/bonus_list.html", context)


@access.page(kinds=BUYERS, can=Can.MONEY)
def choose(request: Request) -> HttpResponse:
    """Whom to give one; then its form."""
    form = PartnerChoiceForm(request.GET or None, partnerships=_partnerships(request))
    if form.is_valid():
        return redirect("payouts:bonus-give", form.cleaned_data["partnership"])
    return render(request, "payouts/bonus_choose.html", {"form": form})


@access.page(kinds=BUYERS, can=Can.MONEY)
def give(request: Request, public_id: str) -> HttpResponse:
    partnership = fetch.partnership(request, public_id)
    campaign = partnership.campaign
    form = BonusForm(request.POST or None, currency=campaign.currency)
    if request.method == "POST" and form.is_valid():
        try:
            bonuses.give(partnership, **form.cleaned_data, by=Actor.of(request))
        except DomainError as error:
            form.add_error(error.field, str(error))
        else:
            messages.success(request, _("The bonus is payable to %(name)s.") % {"name": partnership.publisher})
            return redirect("payouts:bonus-list")
    balances = [one for one in ledger.balances(campaign.advertiser) if one.currency == campaign.currency]
    context = {
        "partnership": partnership,
        "form": form,
        "balances": balances,
        "fee_basis_points": bonuses.fee_basis_points(campaign),
    }
    return render(request, "payouts/bonus_give.html", context, status=422 if form.errors else 200)


def _partnerships(request: Request) -> QuerySet[Partnership]:
    advertisers = advertisers_of(request.organization, Scope.MONEY)
    found = Partnership.objects.filter(
        campaign__advertiser__in=advertisers, status__in=[PartnershipStatus.ACTIVE, PartnershipStatus.PAUSED]
    )
    return found.select_related("campaign", "publisher").order_by("publisher__name", "campaign__name")
