from tracking.models.conversions import Attribution, Channel, Conversion, OrderKey, Postback, Refund
from tracking.models.events import Click, DailyCount, Impression, Verdict

__all__ = [
    "Attribution",
    "Channel",
    "Click",
    "Conversion",
    "DailyCount",
    "Impression",
    "OrderKey",
    "Postback",
    "Refund",
    "Verdict",
]
