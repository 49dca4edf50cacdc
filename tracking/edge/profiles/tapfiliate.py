"""Tapfiliate."""

from typing import Final

from tracking.edge.profiles.profile import Profile

PROFILE: Final = Profile(
    "tapfiliate",
    report={"referral_code": "publisher", "external_id": "order_id"},
    statuses={"pending": "", "approved": "approved", "disapproved": "declined"},
    ignored=frozenset({"tracking_id"}),
    click={"ref": "publisher"},
)
