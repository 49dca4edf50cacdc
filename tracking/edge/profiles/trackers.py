"""Voluum, Keitaro, Binom, RedTrack: trackers of media buyers. What they call payout or revenue is what the sale was worth to
whoever runs them; here it is the amount.
"""

from typing import Final

from tracking.edge.profiles.profile import Profile, numbered, subs

VOLUUM: Final = Profile(
    "voluum",
    report={"cid": "click_id", "txid": "order_id", "et": "goal", "payout": "amount"},
    kept=numbered("param", 1, 5),
    click={"externalid": "click"},
)
KEITARO: Final = Profile(
    "keitaro",
    report={"subid": "click_id", "tid": "order_id", "payout": "amount", "revenue": "amount"},
    statuses={
        "lead": "",
        "sale": "approved",
        "rebill": "approved",
        "rejected": "declined",
        "trash": "declined",
        "reg": "",
        "dep": "approved",
        "custom": "",
        "0": "",
        "1": "approved",
        "2": "declined",
    },
    kept=numbered("sub_id_", 1, 30) | {"cost"},
    ignored=frozenset({"from"}),
    click={**subs("sub_id_", last=30), "external_id": "click"},
)
BINOM: Final = Profile(
    "binom",
    report={
        "cnv_id": "click_id",
        "clickid": "click_id",
        "payout": "amount",
        "cnv_status": "status",
        "cnv_currency": "currency",
    },
    habits={"cnv_status2": "status"},
    statuses={"lead": "", "sale": "approved", "rejected": "declined", "trash": "declined"},
    kept=frozenset({"cnv_status2"}),
    named_goals=numbered("event", 1, 30),
    click={},
)
REDTRACK: Final = Profile(
    "redtrack",
    report={"clickid": "click_id", "rdtk_event_id": "order_id", "sum": "amount", "type": "goal"},
    kept=numbered("sub", 1, 20),
    click={**subs("sub", last=20)},
)
