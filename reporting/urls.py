from django.urls import path

from reporting.views import breakdown
from reporting.views.home import home

app_name = "reporting"
urlpatterns = [
    path("home/", home, name="home"),  # /home/
    path("reports/", breakdown.breakdown, name="breakdown"),
    path("reports/file/", breakdown.breakdown_file, name="breakdown-file"),
]
