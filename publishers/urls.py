from django.urls import path

from publishers.views import discovery, invitations, links, partners, partnerships, profile, targeting

app_name = "publishers"

# profile/ and properties/: a publisher describes itself
own = [
    path("profile/", profile.profile, name="profile"),
    path("profile/describe/", profile.describe, name="profile-describe"),
    path("properties/add/", profile.add, name="property-add"),
    path("properties/<str:public_id>/", profile.edit, name="property-edit"),
    path("properties/<str:public_id>/remove/", profile.remove, name="property-remove"),
]

# discover/: campaigns as a publisher sees them
discover = [
    path("discover/", discovery.find, name="campaign-find"),
    path("discover/<str:public_id>/", discovery.show, name="campaign-show"),
    path("discover/<str:public_id>/apply/", discovery.apply, name="partnership-apply"),
]

# partnerships/ and links/: a publisher's own
promote = [
    path("partnerships/", partnerships.listing, name="partnership-list"),
    path("partnerships/<str:public_id>/accept/", partnerships.accept, name="partnership-accept"),
    path("partnerships/<str:public_id>/turn-down/", partnerships.turn_down, name="partnership-turn-down"),
    path("partnerships/<str:public_id>/leave/", partnerships.leave, name="partnership-leave"),
    path("partnerships/<str:public_id>/links/", links.listing, name="link-list"),
    path("partnerships/<str:public_id>/links/grab/", links.grab, name="link-grab"),
    path("links/<str:code>/", links.show, name="link-show"),
    path("links/<str:code>/qr.png", links.qr, name="link-qr"),
    path("links/<str:code>/retire/", links.retire, name="link-retire"),
]

# partners/: the publishers of a campaign, for those who run it
look_after = [
    path("partners/", partners.listing, name="partner-list"),
    path("partners/decide/", partners.decide, name="partner-decide"),
    path("partners/invite/", invitations.invite, name="partner-invite"),
    path("partners/<str:public_id>/", partners.detail, name="partner-detail"),
    path("partners/<str:public_id>/approve/", partners.approve, name="partner-approve"),
    path("partners/<str:public_id>/decline/", partners.decline, name="partner-decline"),
    path("partners/<str:public_id>/pause/", partners.pause, name="partner-pause"),
    path("partners/<str:public_id>/resume/", partners.resume, name="partner-resume"),
    path("partners/<str:public_id>/end/", partners.end, name="partner-end"),
    path("partners/<str:public_id>/targeting/", targeting.show, name="partner-targeting"),
    path("partners/<str:public_id>/targeting/change/", targeting.change, name="targeting-change"),
    path("partners/<str:public_id>/targeting/preview/", targeting.preview, name="targeting-preview"),
]

urlpatterns = [*own, *discover, *promote, *look_after]
