from django.urls import path, re_path

from advertisers.views import (
    apps,
    campaigns,
    coupons,
    creatives,
    images,
    integration,
    landing_pages,
    mandates,
    plans,
    suppressions,
    targeting,
)

app_name = "advertisers"
urlpatterns = [
    # /campaigns/
    path("campaigns/", campaigns.listing, name="campaign-list"),
    path("campaigns/new/", campaigns.create, name="campaign-create"),
    path("campaigns/<str:public_id>/", campaigns.detail, name="campaign-detail"),
    path("campaigns/<str:public_id>/edit/", campaigns.edit, name="campaign-edit"),
    path("campaigns/<str:public_id>/start/", campaigns.start, name="campaign-start"),
    path("campaigns/<str:public_id>/pause/", campaigns.pause, name="campaign-pause"),
    path("campaigns/<str:public_id>/resume/", campaigns.resume, name="campaign-resume"),
    path("campaigns/<str:public_id>/end/", campaigns.end, name="campaign-end"),
    path("campaigns/<str:public_id>/commission/", plans.commission, name="campaign-commission"),
    path("campaigns/<str:public_id>/commission/edit/", plans.edit, name="plan-edit"),
    path("campaigns/<str:public_id>/commission/example/", plans.example, name="plan-example"),
    path("campaigns/<str:public_id>/goals/<slug:code>/rename/", plans.rename_goal, name="goal-rename"),
    path("campaigns/<str:public_id>/creatives/", creatives.listing, name="campaign-creatives"),
    path("campaigns/<str:public_id>/creatives/banners/", creatives.create_banners, name="banner-create"),
    path("campaigns/<str:public_id>/creatives/texts/", creatives.create_text, name="text-create"),
    path("campaigns/<str:public_id>/creatives/natives/", creatives.create_native, name="native-create"),
    path("campaigns/<str:public_id>/creatives/letters/", creatives.create_letter, name="letter-create"),
    path("campaigns/<str:public_id>/codes/", coupons.listing, name="coupon-list"),
    path("campaigns/<str:public_id>/codes/new/", coupons.create, name="coupon-create"),
    path("campaigns/<str:public_id>/codes/list/", coupons.create_many, name="coupon-create-many"),
    path("campaigns/<str:public_id>/app/", apps.edit, name="app-edit"),
    path("campaigns/<str:public_id>/app/remove/", apps.remove, name="app-remove"),
    path("campaigns/<str:public_id>/integration/", integration.show, name="campaign-integration"),
    path("campaigns/<str:public_id>/integration/token/", integration.renew_token, name="token-renew"),
    path("campaigns/<str:public_id>/integration/profile/", integration.set_profile, name="profile-set"),
    path("campaigns/<str:public_id>/integration/goals/<str:code>/", integration.set_repeat, name="goal-repeat"),
    path("campaigns/<str:public_id>/targeting/", targeting.show, name="campaign-targeting"),
    path("campaigns/<str:public_id>/targeting/change/", targeting.change, name="targeting-change"),
    path("campaigns/<str:public_id>/targeting/preview/", targeting.preview, name="targeting-preview"),
    path("campaigns/<str:public_id>/rotation/", landing_pages.listing, name="campaign-landing-pages"),
    path("campaigns/<str:public_id>/rotation/add/", landing_pages.add, name="landing-page-add"),
    path("campaigns/<str:public_id>/rotation/shares/", landing_pages.share_out, name="landing-page-shares"),
    path("campaigns/<str:public_id>/rotation/creatives/", landing_pages.weigh_creatives, name="creative-shares"),
    # /landing-pages/
    path("landing-pages/<str:public_id>/edit/", landing_pages.edit, name="landing-page-edit"),
    # /plans/
    path("plans/<str:public_id>/activate/", plans.activate, name="plan-activate"),
    path("plans/<str:public_id>/withdraw/", plans.withdraw, name="plan-withdraw"),
    path("plans/<str:public_id>/discard/", plans.discard, name="plan-discard"),
    # /coupons/
    path("coupons/<str:public_id>/", coupons.edit, name="coupon-edit"),
    path("coupons/<str:public_id>/retire/", coupons.retire, name="coupon-retire"),
    # /suppressions/
    path("suppressions/", suppressions.show, name="suppression-list"),
    path("suppressions/upload/", suppressions.upload, name="suppression-upload"),
    # /creatives/
    path("creatives/<str:public_id>/mail/", creatives.show_letter, name="letter-show"),
    path("creatives/<str:public_id>/retire/", creatives.retire, name="creative-retire"),
    re_path(
        r"^creatives/(?P<sha256>[0-9a-f]{64})\.(?P<extension>png|jpg|gif|webp)$", images.show, name="creative-image"
    ),
    # /mandates/
    path("mandates/", mandates.listing, name="mandate-list"),
    path("mandates/new/", mandates.create, name="mandate-create"),
    path("mandates/<str:public_id>/edit/", mandates.edit, name="mandate-edit"),
    path("mandates/<str:public_id>/end/", mandates.end, name="mandate-end"),
    # /clients/
    path("clients/", mandates.clients, name="client-list"),
]
