from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("network.api_urls")),
    path("", include("network.site_urls")),
    path("", include("advertisers.urls")),
    path("", include("publishers.urls")),
    path("", include("tracking.urls")),
    path("", include("payouts.urls")),
    path("", include("reporting.urls")),
]

handler500 = "network.views.faults.failed"
