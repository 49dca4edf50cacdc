from django.urls import URLPattern, path

from tracking.views import caps, foreign_ids, postbacks

app_name = "tracking"
urlpatterns: list[URLPattern] = [
    # /postbacks/
    path("postbacks/", postbacks.listing, name="postback-list"),
    path("postbacks/<uuid:postback_id>/", postbacks.detail, name="postback-detail"),
    # /campaigns/…/caps/, /caps/, /blocks/
    path("campaigns/<str:public_id>/caps/", caps.listing, name="campaign-caps"),
    path("campaigns/<str:public_id>/caps/add/", caps.add, name="cap-add"),
    path("campaigns/<str:public_id>/caps/block/", caps.block, name="block-add"),
    path("caps/<str:public_id>/edit/", caps.edit, name="cap-edit"),
    path("caps/<str:public_id>/remove/", caps.remove, name="cap-remove"),
    path("blocks/<str:public_id>/lift/", caps.lift, name="block-lift"),
    # /foreign-ids/
    path("foreign-ids/", foreign_ids.listing, name="foreign-id-list"),
    path("foreign-ids/import/", foreign_ids.take_in, name="foreign-id-import"),
    path("foreign-ids/<int:pk>/forget/", foreign_ids.forget, name="foreign-id-forget"),
]
