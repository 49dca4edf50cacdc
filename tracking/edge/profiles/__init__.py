"""Compatibility profiles: reports and links written for another system, read as that system means them.

Which profile is in force: the one set on the campaign, else that of the legacy path, else the one whose signature the
names carry. Our own names always win, and a value that we signed is the click id under whichever name it comes.
"""

from collections.abc import Sequence
from typing import Final

from tracking.edge.profiles import (
    affise,
    awin,
    cake,
    cj,
    everflow,
    impact,
    pap,
    partnerize,
    rakuten,
    scaleo,
    tapfiliate,
    trackers,
    tune,
)
from tracking.edge.profiles.profile import Profile

PROFILES: Final[dict[str, Profile]] = {
    one.system: one
    for one in (
        tune.PROFILE,
        everflow.PROFILE,
        cake.PROFILE,
        affise.PROFILE,
        awin.PROFILE,
        cj.PROFILE,
        impact.PROFILE,
        scaleo.PROFILE,
        trackers.VOLUUM,
        trackers.KEITARO,
        trackers.BINOM,
        trackers.REDTRACK,
        tapfiliate.PROFILE,
        partnerize.PROFILE,
        rakuten.PROFILE,
        pap.PROFILE,
    )
}

SIGNATURES: Final[tuple[tuple[frozenset[str], str], ...]] = (
    (frozenset({"nid"}), "everflow"),
    (frozenset({"tt", "merchant"}), "awin"),
    (frozenset({"CID", "TYPE", "OID"}), "cj"),
    (frozenset({"goal_id"}), "tune"),
    (frozenset({"adv_sub"}), "tune"),
    (frozenset({"security_token"}), "tune"),
    (frozenset({"action_id"}), "affise"),
    (frozenset({"secure"}), "affise"),
    (frozenset({"cnv_id"}), "binom"),
    (frozenset({"referral_code"}), "tapfiliate"),
    (frozenset({"txid", "cid"}), "voluum"),
    (frozenset({"et", "cid"}), "voluum"),
)
"""Names that together give a system away; the first that fits."""


_TELLING: Final = frozenset().union(*(signature for signature, _ in SIGNATURES))


def chosen(campaigns: str, paths: str, given: Sequence[tuple[str, object]]) -> Profile | None:
    """That of the campaign, of the path, or of the names; None where nothing tells."""
    if system := campaigns or paths:
        return PROFILES.get(system)
    names = {name for name, _ in given if name in _TELLING}
    if not names:
        return None
    return next((PROFILES[system] for signature, system in SIGNATURES if signature <= names), None)


__all__ = ["PROFILES", "Profile", "chosen"]
