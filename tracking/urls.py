from django.urls import URLPattern, path

from tracking.views import caps, diversions, files, foreign_ids, postbacks, privacy

app_name = "tracking"
urlpatterns: list[URLPattern] = [
    # /postbacks/
    path("postbacks/", postbacks.listing, name="postback-list"),
    path("postbacks/<uuid:postback_id>/", postbacks.detail, name="postback-detail"),
    # /diverted/
    path("diverted/", diversions.show, name="diversion-list"),
    path("diverted/export/", diversions.export, name="diversion-export"),
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
    # /privacy/
    path("privacy/", privacy.privacy, name="privacy"),
    path("privacy/erase/", privacy.erase, name="erasure-add"),
    # /files/
    path("files/", files.listing, name="file-list"),
    path("files/upload/", files.upload, name="file-upload"),
    path("files/import/", files.import_history, name="file-import"),
    path("files/<str:public_id>/", files.detail, name="file-detail"),
    path("files/<str:public_id>/progress/", files.progress, name="file-progress"),
    path("files/<str:public_id>/columns/", files.columns, name="file-columns"),
    path("files/<str:public_id>/start/", files.start, name="file-start"),
    path("files/<str:public_id>/cancel/", files.cancel, name="file-cancel"),
    path("files/<str:public_id>/results/", files.results, name="file-results"),
]
