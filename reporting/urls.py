from django.urls import path

from reporting.views import breakdown, credit
from reporting.views.home import home

app_name = "reporting"
urlpatterns = [
    path("home/", home, name="home"),  # /home/
    path("reports/", breakdown.breakdown, name="breakdown"),
    path("reports/file/", breakdown.breakdown_file, name="breakdown-file"),
    path("attribution/", credit.credit, name="credit"),  # /attribution/
    path("attribution/file/", credit.credit_file, name="credit-file"),
]
