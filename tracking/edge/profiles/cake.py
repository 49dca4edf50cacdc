"""CAKE."""

from typing import Final

from tracking.edge.profiles.profile import Profile, subs

PROFILE: Final = Profile(
    "cake",
    report={"r": "click_id", "t": "order_id", "e": "goal", "o": "campaign_foreign"},
    ignored=frozenset({"f", "p"}),
    click={**{name: ours for name, ours in subs("s").items() if name != "s1"}, "s1": "source"},
)
