from django.urls import path

from payouts.views import balances, bonuses, callbacks, conversions, decisions, own_quality, quality, topups

app_name = "payouts"

# conversions/: what was reported, what it earns, what people decide about it
reported = [
    path("conversions/", conversions.listing, name="conversion-list"),
    path("conversions/decide/", decisions.decide, name="conversion-decide"),
    path("conversions/by-id/<uuid:conversion_id>/", conversions.find, name="conversion-find"),
    path("conversions/<str:public_id>/", conversions.detail, name="conversion-detail"),
    path("conversions/<str:public_id>/approve/", decisions.approve, name="conversion-approve"),
    path("conversions/<str:public_id>/decline/", decisions.decline, name="conversion-decline"),
    path("conversions/<str:public_id>/reverse/", decisions.take_back, name="conversion-reverse"),
    path("conversions/<str:public_id>/refund/", decisions.refund, name="conversion-refund"),
    path("conversions/<str:public_id>/hold/", decisions.hold, name="conversion-hold"),
    path("conversions/<str:public_id>/release/", decisions.release, name="conversion-release"),
]

# bonuses/: extra pay by hand
extra = [
    path("bonuses/", bonuses.listing, name="bonus-list"),
    path("bonuses/give/", bonuses.choose, name="bonus-choose"),
    path("bonuses/give/<str:public_id>/", bonuses.give, name="bonus-give"),
]

# balance/ and money/: who has what
money = [
    path("balance/", balances.balance, name="balance"),
    path("balance/<str:public_id>/", balances.balance_of, name="balance-of"),
    path("money/", balances.money_overview, name="money-overview"),
    path("money/top-up/<str:public_id>/", topups.create, name="topup-create"),
]

# callbacks/: a publisher's postbacks and the log of their calls
told = [
    path("callbacks/", callbacks.listing, name="callback-list"),
    path("callbacks/add/", callbacks.create, name="callback-create"),
    path("callbacks/log/", callbacks.log, name="callback-log"),
    path("callbacks/log/<str:public_id>/", callbacks.call, name="callback-call"),
    path("callbacks/log/<str:public_id>/again/", callbacks.send_again, name="callback-again"),
    path("callbacks/<str:public_id>/", callbacks.detail, name="callback-detail"),
    path("callbacks/<str:public_id>/edit/", callbacks.edit, name="callback-edit"),
    path("callbacks/<str:public_id>/switch/", callbacks.switch, name="callback-switch"),
    path("callbacks/<str:public_id>/renew-secret/", callbacks.renew_secret, name="callback-renew-secret"),
    path("callbacks/<str:public_id>/test/", callbacks.send_test, name="callback-test"),
    path("callbacks/<str:public_id>/remove/", callbacks.remove, name="callback-remove"),
]

# quality/: what the rules found, for those who decide and for the publisher
judged = [
    path("quality/", own_quality.overview, name="quality"),
    path("quality/reviews/<str:public_id>/", own_quality.case, name="quality-case"),
    path("quality/reviews/<str:public_id>/appeal/", own_quality.appeal, name="quality-appeal"),
    path("quality/cases/", quality.listing, name="case-list"),
    path("quality/cases/decide/", quality.decide, name="case-decide"),
    path("quality/cases/<str:public_id>/", quality.detail, name="case-detail"),
    path("quality/cases/<str:public_id>/clear/", quality.clear, name="case-clear"),
    path("quality/cases/<str:public_id>/decline/", quality.decline, name="case-decline"),
    path("quality/cases/<str:public_id>/answer/", quality.answer, name="appeal-answer"),
    path("quality/thresholds/", quality.network_thresholds, name="thresholds"),
    path("quality/thresholds/<str:public_id>/", quality.campaign_thresholds, name="campaign-thresholds"),
    path("quality/runs/", quality.run_list, name="recompute-list"),
    path("quality/runs/<str:public_id>/", quality.run_detail, name="recompute-detail"),
    path("quality/runs/<str:public_id>/apply/", quality.run_apply, name="recompute-apply"),
    path("quality/runs/<str:public_id>/discard/", quality.run_discard, name="recompute-discard"),
]

urlpatterns = [*reported, *extra, *money, *told, *judged]
