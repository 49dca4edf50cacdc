from django.urls import URLPattern, path

from network.views import preferences, public

app_name = "network"
urlpatterns: list[URLPattern] = [
    path("", public.front, name="front"),
    path("language/", preferences.set_language, name="language-set"),
    path("theme/", preferences.set_theme, name="theme-set"),
    path("acting-organization/", preferences.switch_organization, name="organization-switch"),
]
