"""Who may open what: one row per url name. A url without a row fails, and so does a row that its view contradicts.

    "advertisers:campaign-list": Row(kinds=BUYERS),
    "advertisers:campaign-detail": Row(kinds=BUYERS, obj="campaign"),
    "advertisers:campaign-edit": Row(kinds=BUYERS, can=Can.MANAGE, method="form", obj="campaign"),
    "advertisers:campaign-pause": Row(kinds=BUYERS, can=Can.MANAGE, method="post", obj="campaign"),
    "reporting:statistics-days": Row(door=Door.KEY),

* `kinds`, `can`: the same as in the view's `@access.page(kinds=…, can=…)`. Default: every kind, Can.VIEW.
* `method`: "get" answers 200; "post" only takes POST (GET gives 405) and is tried with `data`;
  "form" shows a form by GET and takes it by POST.
* `obj`: what the url's arguments name: a function in `objects.py` that makes one for an organization. Whoever may
  open the page gets an own one, and 404 for a stranger's; the network sees everybody's.
* `query`: appended to the address, where a page needs it.
* `door`: PAGE (behind access.page, the default), OPEN (anyone), SIGNED_IN (any signed-in person), KEY (the API).
* `answers`: the statuses that mean "may", where they are not the usual ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

from network.access import ALL_KINDS
from network.models import Kind
from network.roles import Can

NETWORK: Final = frozenset({Kind.NETWORK})
PUBLISHERS: Final = frozenset({Kind.PUBLISHER})
ADVERTISERS: Final = frozenset({Kind.ADVERTISER})
AGENCIES: Final = frozenset({Kind.AGENCY})
RUNNERS: Final = ADVERTISERS | AGENCIES
BUYERS: Final = frozenset({Kind.ADVERTISER, Kind.AGENCY, Kind.NETWORK})
PARTNERS: Final = ALL_KINDS - NETWORK
SMART: Final = frozenset({Kind.PUBLISHER, Kind.NETWORK})
OVER_ADVERTISERS: Final = frozenset({Kind.AGENCY, Kind.NETWORK})


class Door(StrEnum):
    PAGE = "page"
    OPEN = "open"
    SIGNED_IN = "signed in"
    KEY = "key"


@dataclass(frozen=True)
class Row:
    kinds: frozenset[Kind] = ALL_KINDS
    can: Can = Can.VIEW
    method: Literal["get", "post", "form"] = "get"
    obj: str = ""
    data: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    door: Door = Door.PAGE
    answers: frozenset[int] = frozenset()

    @property
    def accepted(self) -> frozenset[int]:
        """A POST of empty data may be refused by its form (200, 422) or by a rule (409), but not for lack of a right."""
        if self.answers:
            return self.answers
        return frozenset({200, 204, 302, 409, 422}) if self.method == "post" else frozenset({200})


ROWS: Final[dict[str, Row]] = {
    # network
    "network:front": Row(door=Door.OPEN),
    "network:language-set": Row(door=Door.OPEN, method="post", data={"language": "fa"}),
    "network:theme-set": Row(door=Door.OPEN, method="post", data={"theme": "dark"}),
    "network:organization-switch": Row(door=Door.SIGNED_IN, method="post", answers=frozenset({404})),
    "network:icon": Row(door=Door.OPEN, answers=frozenset({302})),
    "network:health-live": Row(door=Door.OPEN),
    "network:health-ready": Row(door=Door.OPEN),
    "network:onboarding": Row(door=Door.SIGNED_IN, answers=frozenset({302})),
    "network:user-settings": Row(door=Door.SIGNED_IN, method="form"),
    "network:invitation-accept": Row(door=Door.OPEN, obj="invitation_token"),
    "network:organization-settings": Row(can=Can.ADMINISTER, method="form"),
    "network:organization-list": Row(kinds=NETWORK),
    "network:organization-detail": Row(kinds=NETWORK, obj="organization"),
    "network:organization-approve": Row(kinds=NETWORK, can=Can.MANAGE, method="post", obj="organization"),
    "network:organization-decline": Row(kinds=NETWORK, can=Can.MANAGE, method="post", obj="organization"),
    "network:organization-suspend": Row(kinds=NETWORK, can=Can.MANAGE, method="post", obj="organization"),
    "network:organization-reactivate": Row(kinds=NETWORK, can=Can.MANAGE, method="post", obj="organization"),
    "tracking:privacy": Row(kinds=NETWORK, can=Can.ADMINISTER, method="form"),
    "tracking:erasure-add": Row(kinds=NETWORK, can=Can.ADMINISTER, method="post"),
    "network:network-settings": Row(kinds=NETWORK, can=Can.ADMINISTER, method="form"),
    "network:member-list": Row(),
    "network:member-leave": Row(method="post"),
    "network:member-role": Row(can=Can.ADMINISTER, method="post", obj="membership", data={"role": "analyst"}),
    "network:member-remove": Row(can=Can.ADMINISTER, method="post", obj="membership"),
    "network:invitation-create": Row(can=Can.ADMINISTER, method="post"),
    "network:invitation-resend": Row(can=Can.ADMINISTER, method="post", obj="invitation"),
    "network:invitation-revoke": Row(can=Can.ADMINISTER, method="post", obj="invitation"),
    "network:key-list": Row(can=Can.ADMINISTER),
    "network:key-create": Row(can=Can.ADMINISTER, method="form"),
    "network:key-revoke": Row(can=Can.ADMINISTER, method="post", obj="key"),
    "network:audit-list": Row(can=Can.ADMINISTER),
    # advertisers
    "advertisers:campaign-list": Row(kinds=BUYERS),
    "advertisers:campaign-create": Row(kinds=RUNNERS, can=Can.MANAGE, method="form"),
    "advertisers:campaign-detail": Row(kinds=BUYERS, obj="campaign"),
    "advertisers:campaign-edit": Row(kinds=RUNNERS, can=Can.MANAGE, method="form", obj="campaign"),
    "advertisers:campaign-start": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="campaign"),
    "advertisers:campaign-pause": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="campaign"),
    "advertisers:campaign-resume": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="campaign"),
    "advertisers:campaign-end": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="campaign"),
    "advertisers:campaign-commission": Row(kinds=BUYERS, obj="campaign"),
    "advertisers:plan-edit": Row(kinds=RUNNERS, can=Can.MANAGE, method="form", obj="campaign"),
    "advertisers:plan-example": Row(kinds=RUNNERS, can=Can.MANAGE, obj="campaign", query="goal=sale&percent-sale=8"),
    "advertisers:plan-activate": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="plan_draft"),
    "advertisers:plan-withdraw": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="plan_draft"),
    "advertisers:plan-discard": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="plan_draft"),
    "advertisers:goal-rename": Row(kinds=RUNNERS, can=Can.MANAGE, method="form", obj="goal"),
    "advertisers:campaign-creatives": Row(kinds=BUYERS, obj="campaign"),
    "advertisers:banner-create": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="campaign"),
    "advertisers:text-create": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="campaign"),
    "advertisers:creative-retire": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="creative"),
    "advertisers:creative-image": Row(door=Door.OPEN, obj="image"),
    "advertisers:native-create": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="campaign"),
    "advertisers:letter-create": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="campaign"),
    "advertisers:letter-show": Row(kinds=BUYERS, obj="letter"),
    "advertisers:coupon-list": Row(kinds=BUYERS, obj="campaign"),
    "advertisers:coupon-create": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="campaign"),
    "advertisers:coupon-create-many": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="campaign"),
    "advertisers:coupon-edit": Row(kinds=RUNNERS, can=Can.MANAGE, method="form", obj="coupon"),
    "advertisers:coupon-retire": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="coupon"),
    "advertisers:suppression-list": Row(kinds=RUNNERS),
    "advertisers:suppression-upload": Row(kinds=RUNNERS, can=Can.MANAGE, method="post"),
    "advertisers:app-edit": Row(kinds=RUNNERS, can=Can.MANAGE, method="form", obj="campaign"),
    "advertisers:app-remove": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="campaign"),
    "advertisers:campaign-integration": Row(kinds=BUYERS, obj="campaign"),
    "advertisers:campaign-targeting": Row(kinds=BUYERS, obj="campaign"),
    "advertisers:targeting-change": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="campaign"),
    "advertisers:targeting-preview": Row(kinds=RUNNERS, method="post", obj="campaign"),
    "advertisers:campaign-landing-pages": Row(kinds=BUYERS, obj="campaign"),
    "advertisers:landing-page-add": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="campaign"),
    "advertisers:landing-page-shares": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="campaign"),
    "advertisers:creative-shares": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="campaign"),
    "advertisers:landing-page-edit": Row(kinds=RUNNERS, can=Can.MANAGE, method="form", obj="landing_page"),
    "advertisers:profile-set": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="campaign"),
    "advertisers:goal-repeat": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="goal"),
    "advertisers:token-renew": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="campaign"),
    "advertisers:mandate-list": Row(kinds=ADVERTISERS),
    "advertisers:mandate-create": Row(kinds=ADVERTISERS, can=Can.ADMINISTER, method="form"),
    "advertisers:mandate-edit": Row(kinds=ADVERTISERS, can=Can.ADMINISTER, method="form", obj="mandate"),
    "advertisers:mandate-end": Row(kinds=ADVERTISERS, can=Can.ADMINISTER, method="post", obj="mandate"),
    "advertisers:client-list": Row(kinds=AGENCIES),
    # publishers
    "publishers:profile": Row(kinds=PUBLISHERS),
    "publishers:profile-describe": Row(kinds=PUBLISHERS, can=Can.MANAGE, method="post"),
    "publishers:property-add": Row(kinds=PUBLISHERS, can=Can.MANAGE, method="post"),
    "publishers:property-edit": Row(kinds=PUBLISHERS, can=Can.MANAGE, method="form", obj="property"),
    "publishers:property-remove": Row(kinds=PUBLISHERS, can=Can.MANAGE, method="post", obj="property"),
    "publishers:campaign-find": Row(kinds=PUBLISHERS),
    "publishers:campaign-show": Row(kinds=PUBLISHERS, obj="findable_campaign"),
    "publishers:partnership-apply": Row(kinds=PUBLISHERS, can=Can.MANAGE, method="post", obj="findable_campaign"),
    "publishers:partnership-list": Row(kinds=PUBLISHERS),
    "publishers:partnership-accept": Row(kinds=PUBLISHERS, can=Can.MANAGE, method="post", obj="partnership"),
    "publishers:partnership-turn-down": Row(kinds=PUBLISHERS, can=Can.MANAGE, method="post", obj="partnership"),
    "publishers:partnership-leave": Row(kinds=PUBLISHERS, can=Can.MANAGE, method="post", obj="partnership"),
    "publishers:link-list": Row(kinds=PUBLISHERS, obj="partnership"),
    "publishers:link-grab": Row(kinds=PUBLISHERS, can=Can.MANAGE, method="post", obj="partnership"),
    "publishers:link-show": Row(kinds=PUBLISHERS, obj="link"),
    "publishers:link-qr": Row(kinds=PUBLISHERS, obj="link"),
    "publishers:link-qr-vector": Row(kinds=PUBLISHERS, obj="link"),
    "publishers:suppression-download": Row(kinds=PUBLISHERS, can=Can.MANAGE, obj="suppression_file"),
    "publishers:code-list": Row(kinds=PUBLISHERS),
    "publishers:vanity-list": Row(kinds=PUBLISHERS),
    "publishers:vanity-claim": Row(kinds=PUBLISHERS, can=Can.MANAGE, method="post"),
    "publishers:vanity-show": Row(kinds=PUBLISHERS, obj="vanity"),
    "publishers:vanity-edit": Row(kinds=PUBLISHERS, can=Can.MANAGE, method="post", obj="vanity"),
    "publishers:vanity-release": Row(kinds=PUBLISHERS, can=Can.MANAGE, method="post", obj="vanity"),
    "publishers:vanity-link-add": Row(kinds=PUBLISHERS, can=Can.MANAGE, method="post", obj="vanity"),
    "publishers:vanity-link-remove": Row(kinds=PUBLISHERS, can=Can.MANAGE, method="post", obj="vanity_link"),
    "publishers:smart-link-list": Row(kinds=SMART),
    "publishers:smart-link-create": Row(kinds=SMART, can=Can.MANAGE, method="form"),
    "publishers:smart-link-show": Row(kinds=SMART, obj="smart_link"),
    "publishers:smart-link-edit": Row(kinds=SMART, can=Can.MANAGE, method="form", obj="smart_link"),
    "publishers:smart-link-take": Row(
        kinds=PUBLISHERS, can=Can.MANAGE, method="post", obj="smart_link_of_nobody", answers=frozenset({404})
    ),
    "publishers:smart-link-retire": Row(kinds=SMART, can=Can.MANAGE, method="post", obj="smart_link"),
    "publishers:link-retire": Row(kinds=PUBLISHERS, can=Can.MANAGE, method="post", obj="link"),
    "publishers:partner-list": Row(kinds=BUYERS),
    "publishers:partner-decide": Row(kinds=BUYERS, can=Can.MANAGE, method="post"),
    "publishers:partner-invite": Row(kinds=BUYERS, can=Can.MANAGE, method="form"),
    "publishers:partner-detail": Row(kinds=BUYERS, obj="partnership"),
    "publishers:partner-approve": Row(kinds=BUYERS, can=Can.MANAGE, method="post", obj="partnership"),
    "publishers:partner-decline": Row(kinds=BUYERS, can=Can.MANAGE, method="post", obj="partnership"),
    "publishers:partner-pause": Row(kinds=BUYERS, can=Can.MANAGE, method="post", obj="partnership"),
    "publishers:partner-resume": Row(kinds=BUYERS, can=Can.MANAGE, method="post", obj="partnership"),
    "publishers:partner-end": Row(kinds=BUYERS, can=Can.MANAGE, method="post", obj="partnership"),
    "publishers:partner-targeting": Row(kinds=BUYERS, obj="partnership"),
    "publishers:targeting-change": Row(kinds=BUYERS, can=Can.MANAGE, method="post", obj="partnership"),
    "publishers:targeting-preview": Row(kinds=BUYERS, method="post", obj="partnership"),
    # tracking
    "tracking:diversion-list": Row(),
    "tracking:diversion-export": Row(),
    "tracking:campaign-caps": Row(kinds=BUYERS, obj="campaign"),
    "tracking:cap-add": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="campaign"),
    "tracking:block-add": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="campaign"),
    "tracking:cap-edit": Row(kinds=RUNNERS, can=Can.MANAGE, method="form", obj="cap"),
    "tracking:cap-remove": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="cap"),
    "tracking:block-lift": Row(kinds=RUNNERS, can=Can.MANAGE, method="post", obj="traffic_block"),
    "tracking:foreign-id-list": Row(kinds=OVER_ADVERTISERS),
    "tracking:foreign-id-import": Row(kinds=OVER_ADVERTISERS, can=Can.MANAGE, method="form"),
    "tracking:foreign-id-forget": Row(kinds=OVER_ADVERTISERS, can=Can.MANAGE, method="post", obj="foreign_id"),
    "tracking:postback-list": Row(kinds=BUYERS),
    "tracking:postback-detail": Row(kinds=BUYERS, obj="postback"),
    "tracking:file-list": Row(kinds=BUYERS),
    "tracking:file-upload": Row(kinds=BUYERS, can=Can.MANAGE, method="form"),
    "tracking:file-import": Row(kinds=OVER_ADVERTISERS, can=Can.MANAGE, method="form"),
    "tracking:file-detail": Row(kinds=BUYERS, obj="file"),
    "tracking:file-progress": Row(kinds=BUYERS, obj="file"),
    "tracking:file-results": Row(kinds=BUYERS, obj="file"),
    "tracking:file-columns": Row(kinds=BUYERS, can=Can.MANAGE, method="post", obj="file"),
    "tracking:file-start": Row(kinds=BUYERS, can=Can.MANAGE, method="post", obj="file"),
    "tracking:file-cancel": Row(kinds=BUYERS, can=Can.MANAGE, method="post", obj="file"),
    # payouts
    "payouts:conversion-list": Row(),
    "payouts:conversion-detail": Row(obj="commission"),
    "payouts:conversion-find": Row(obj="conversion", answers=frozenset({302})),
    "payouts:conversion-decide": Row(kinds=BUYERS, can=Can.MANAGE, method="post"),
    "payouts:conversion-approve": Row(kinds=BUYERS, can=Can.MANAGE, method="post", obj="commission"),
    "payouts:conversion-decline": Row(kinds=BUYERS, can=Can.MANAGE, method="post", obj="commission"),
    "payouts:conversion-reverse": Row(kinds=BUYERS, can=Can.MANAGE, method="post", obj="commission"),
    "payouts:conversion-refund": Row(kinds=BUYERS, can=Can.MANAGE, method="post", obj="commission"),
    "payouts:conversion-hold": Row(kinds=NETWORK, can=Can.MANAGE, method="post", obj="commission"),
    "payouts:conversion-release": Row(kinds=NETWORK, can=Can.MANAGE, method="post", obj="commission"),
    "payouts:bonus-list": Row(can=Can.MONEY),
    "payouts:bonus-choose": Row(kinds=BUYERS, can=Can.MONEY),
    "payouts:bonus-give": Row(kinds=BUYERS, can=Can.MONEY, method="form", obj="partnership"),
    "payouts:balance": Row(can=Can.MONEY, answers=frozenset({200, 302})),
    "payouts:balance-of": Row(kinds=OVER_ADVERTISERS, can=Can.MONEY, obj="client"),
    "payouts:money-overview": Row(kinds=NETWORK, can=Can.MONEY),
    "payouts:topup-create": Row(kinds=NETWORK, can=Can.MONEY, method="form", obj="client"),
    "payouts:callback-list": Row(kinds=PUBLISHERS),
    "payouts:callback-create": Row(kinds=PUBLISHERS, can=Can.MANAGE, method="form"),
    "payouts:callback-detail": Row(kinds=PUBLISHERS, obj="callback"),
    "payouts:callback-edit": Row(kinds=PUBLISHERS, can=Can.MANAGE, method="form", obj="callback"),
    "payouts:callback-switch": Row(kinds=PUBLISHERS, can=Can.MANAGE, method="post", obj="callback"),
    "payouts:callback-renew-secret": Row(kinds=PUBLISHERS, can=Can.MANAGE, method="post", obj="callback"),
    "payouts:callback-test": Row(kinds=PUBLISHERS, can=Can.MANAGE, method="post", obj="callback"),
    "payouts:callback-remove": Row(kinds=PUBLISHERS, can=Can.MANAGE, method="post", obj="callback"),
    "payouts:callback-log": Row(kinds=PUBLISHERS),
    "payouts:callback-call": Row(kinds=PUBLISHERS, obj="callback_call"),
    "payouts:callback-again": Row(kinds=PUBLISHERS, can=Can.MANAGE, method="post", obj="callback_call"),
    "payouts:quality": Row(kinds=PUBLISHERS),
    "payouts:quality-case": Row(kinds=PUBLISHERS, obj="quality_case"),
    "payouts:quality-appeal": Row(kinds=PUBLISHERS, can=Can.MANAGE, method="post", obj="quality_case"),
    "payouts:case-list": Row(kinds=BUYERS),
    "payouts:case-decide": Row(kinds=BUYERS, can=Can.MANAGE, method="post"),
    "payouts:case-detail": Row(kinds=BUYERS, obj="quality_case"),
    "payouts:case-clear": Row(kinds=BUYERS, can=Can.MANAGE, method="post", obj="quality_case"),
    "payouts:case-decline": Row(kinds=BUYERS, can=Can.MANAGE, method="post", obj="quality_case"),
    "payouts:appeal-answer": Row(
        kinds=BUYERS, can=Can.MANAGE, method="post", obj="quality_case", answers=frozenset({404, 302, 422})
    ),
    "payouts:thresholds": Row(kinds=NETWORK, can=Can.MANAGE, method="form"),
    "payouts:campaign-thresholds": Row(kinds=OVER_ADVERTISERS, can=Can.MANAGE, method="form", obj="campaign"),
    "payouts:recompute-list": Row(kinds=OVER_ADVERTISERS, can=Can.MANAGE),
    "payouts:recompute-detail": Row(kinds=OVER_ADVERTISERS, can=Can.MANAGE, obj="quality_run"),
    "payouts:recompute-apply": Row(kinds=OVER_ADVERTISERS, can=Can.MANAGE, method="post", obj="quality_run"),
    "payouts:recompute-discard": Row(kinds=OVER_ADVERTISERS, can=Can.MANAGE, method="post", obj="quality_run"),
    # reporting
    # the API
    "reporting:home": Row(),
    "reporting:breakdown": Row(),
    "reporting:breakdown-file": Row(),
    "reporting:credit": Row(kinds=BUYERS),
    "reporting:credit-file": Row(kinds=BUYERS),
    "api:campaign-list": Row(door=Door.KEY),
    "api:link-list": Row(door=Door.KEY),
    "api:conversion-list": Row(door=Door.KEY),
    "api:statistics": Row(door=Door.KEY),
    "api:balance": Row(door=Door.KEY),
    "api:openapi-json": Row(door=Door.OPEN),
    "api:openapi-view": Row(door=Door.OPEN),
    "api:api-root": Row(door=Door.OPEN, answers=frozenset({404})),
    # accounts (django-allauth decides; these rows say that a visitor without a session meets only sign-in pages)
    "account_login": Row(door=Door.OPEN),
    "account_signup": Row(door=Door.OPEN),
    "account_reset_password": Row(door=Door.OPEN),
    "account_reset_password_done": Row(door=Door.OPEN),
    "account_reset_password_from_key": Row(door=Door.OPEN, obj="reset_key"),
    "account_reset_password_from_key_done": Row(door=Door.OPEN),
    "account_inactive": Row(door=Door.OPEN),
    "account_logout": Row(door=Door.OPEN, method="post"),
    "account_confirm_login_code": Row(door=Door.OPEN, answers=frozenset({302})),
    "account_email_verification_sent": Row(door=Door.OPEN, answers=frozenset({200, 302})),
    "account_reauthenticate": Row(door=Door.SIGNED_IN),
    "account_email": Row(door=Door.SIGNED_IN),
    "account_change_password": Row(door=Door.SIGNED_IN),
    "account_set_password": Row(door=Door.SIGNED_IN, answers=frozenset({302})),
    "mfa_index": Row(door=Door.SIGNED_IN),
    "mfa_authenticate": Row(door=Door.OPEN, answers=frozenset({302})),
    "mfa_reauthenticate": Row(door=Door.SIGNED_IN, answers=frozenset({200, 302})),
    "mfa_activate_totp": Row(door=Door.SIGNED_IN, answers=frozenset({200, 302})),
    "mfa_deactivate_totp": Row(door=Door.SIGNED_IN, answers=frozenset({200, 302, 404})),
    "mfa_view_recovery_codes": Row(door=Door.SIGNED_IN, answers=frozenset({200, 302, 404})),
    "mfa_generate_recovery_codes": Row(door=Door.SIGNED_IN, answers=frozenset({200, 302, 403})),
    "mfa_download_recovery_codes": Row(door=Door.SIGNED_IN, answers=frozenset({200, 302, 404})),
}
