"""Who converted already, collected from conversions and their clicks for campaigns that want new visitors only.

Collected every few seconds rather than with each conversion: the click may be stored after it. A visitor is known by the
number that ingest gave the click, so only with consent.
"""

from datetime import timedelta
from typing import Final

from django.db import connection
from django.utils import timezone

from advertisers.models import Targeting
from tracking.models import ConvertedVisitor

REMEMBERED: Final = timedelta(days=90)
OVERLAP: Final = timedelta(days=1)  # clicks may be stored that much later than their conversions

COLLECT: Final = """
INSERT INTO tracking_convertedvisitor (key, campaign_id, visitor, at)
SELECT DISTINCT ON (k.visitor) v.campaign_id || ':' || k.visitor, v.campaign_id, k.visitor, v.received_at
FROM tracking_conversion v
JOIN tracking_attribution a ON a.conversion_id = v.id
CROSS JOIN LATERAL (
    SELECT visitor FROM tracking_click
    WHERE campaign_id = v.campaign_id AND at = a.clicked_at AND nonce = a.click_nonce AND visitor IS NOT NULL OFFSET 0
) AS k
WHERE v.campaign_id = %s AND v.received_at >= %s AND NOT v.is_test AND v.verdict <> 'invalid'
ORDER BY k.visitor, v.received_at
ON CONFLICT (key) DO NOTHING"""


def collect() -> int:
    """Returns how many are new."""
    now, found = timezone.now(), 0
    wanted = Targeting.objects.filter(partnership_id=None, new_visitors_only=True).values_list("campaign", flat=True)
    for campaign in wanted.order_by("campaign"):
        known = (
            ConvertedVisitor.objects.filter(campaign_id=campaign).order_by("-at").values_list("at", flat=True).first()
        )
        since = max(now - REMEMBERED, known - OVERLAP) if known else now - REMEMBERED
        with connection.cursor() as cursor:
            cursor.execute(COLLECT, [campaign, since])
            found += cursor.rowcount
    return found


def forget() -> int:
    """Those who converted long ago, and those of campaigns that want everyone now."""
    wanted = Targeting.objects.filter(partnership_id=None, new_visitors_only=True).values("campaign")
    old, _ = ConvertedVisitor.objects.filter(at__lt=timezone.now() - REMEMBERED).delete()
    idle, _ = ConvertedVisitor.objects.exclude(campaign_id__in=wanted).delete()
    return old + idle
