from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from network.money import Money


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """What the network offers, for anyone. The example adds up: 8% of the base, and a fifth of that as the fee."""
    currency, sale = ("IRR", 48_000_000) if request.LANGUAGE_CODE.startswith("fa") else ("USD", 24_000)
    commission = sale * 8 // 100
    fee = commission * 20 // 100
    example = {
        "sale": Money(sale, currency),
        "commission": Money(commission, currency),
        "fee": Money(fee, currency),
        "cost": Money(commission + fee, currency),
    }
    return render(request, "public/front.html", {"example": example})


@require_safe
@cache_control(public=True, max_age=86_400)
def icon(request: HttpRequest) -> HttpResponse:
    """For whoever asks without having read a page."""
    return HttpResponseRedirect(static("img/favicon.svg"))
