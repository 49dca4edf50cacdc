from tracking.models.caps import CapTaken, CapUse, ConvertedVisitor
from tracking.models.compatibility import ForeignClick, ForeignId, ForeignKind
from tracking.models.conversions import (
    Attribution,
    Channel,
    Conversion,
    CustomerOwner,
    OrderKey,
    Postback,
    Refund,
    TouchKind,
    Touchpoint,
)
from tracking.models.events import Click, DailyBreakdown, DailyCount, Dimension, Impression, ImpressionKind, Verdict
from tracking.models.stream import DeadLetter, StreamPosition

__all__ = [
    "Attribution",
    "CapTaken",
    "CapUse",
    "Channel",
    "Click",
    "Conversion",
    "ConvertedVisitor",
    "CustomerOwner",
    "DailyBreakdown",
    "DailyCount",
    "DeadLetter",
    "Dimension",
    "ForeignClick",
    "ForeignId",
    "ForeignKind",
    "Impression",
    "ImpressionKind",
    "OrderKey",
    "Postback",
    "Refund",
    "StreamPosition",
    "TouchKind",
    "Touchpoint",
    "Verdict",
]
