"""The discount codes that a publisher may show."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render

from network import access
from network.http import Request
from publishers import coupons
from publishers.views.profile import PUBLISHER

PAGE = 50


@access.page(kinds=PUBLISHER)
def listing(request: Request) -> HttpResponse:
    page = Paginator(coupons.shown_to(request.organization), PAGE).get_page(request.GET.get("page"))
    return render(request, "publishers/coupon_list.html", {"page": page})
