from django.urls import URLPattern, path

from tracking import views

app_name = "tracking"
urlpatterns: list[URLPattern] = [
    # /postbacks/
    path("postbacks/", views.listing, name="postback-list"),
    path("postbacks/<uuid:postback_id>/", views.detail, name="postback-detail"),
]
