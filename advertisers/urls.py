from django.urls import URLPattern

app_name = "advertisers"
urlpatterns: list[URLPattern] = []
