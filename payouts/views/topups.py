from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from advertisers.models import Campaign
from network import access
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.models import Kind, Organization
from network.roles import Can
from payouts import access as fetch
from payouts import ledger, topups
from payouts.forms import TopUpForm


@access.page(kinds={Kind.NETWORK}, can=Can.MONEY)
def create(request: Request, public_id: str) -> HttpResponse:
    advertiser = fetch.client(request, public_id)
    form = TopUpForm(request.POST or None, currencies=_currencies(advertiser))
    if request.method == "POST" and form.is_valid():
        amount, reference = form.cleaned_data["amount"], form.cleaned_data["reference"]
        try:
            topups.record(advertiser, amount=amount, reference=reference, by=Actor.of(request))
        except DomainError as error:
            form.add_error(error.field, str(error))
        else:
            messages.success(request, _("The top-up is on the balance of %(name)s.") % {"name": advertiser})
            return redirect("payouts:balance-of", public_id)
    context = {"advertiser": advertiser, "form": form, "balances": ledger.balances(advertiser)}
    return render(request, "payouts/topup.html", context, status=422 if form.errors else 200)


def _currencies(advertiser: Organization) -> list[str]:
    """Those of its campaigns, its own first."""
    used = Campaign.objects.filter(advertiser=advertiser).order_by("currency").values_list("currency", flat=True)
    return list(dict.fromkeys([advertiser.currency, *used.distinct()]))
