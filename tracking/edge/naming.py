"""From the names that a caller used to ours, by the rules of docs/compatibility.md."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from tracking.edge import clickid
from tracking.edge.aliases import CLICK_ID_NAMES, REPORT
from tracking.edge.callers import parsed
from tracking.edge.inputs import OURS, Named
from tracking.edge.parse import MAX_NAME, has_macro
from tracking.edge.profiles import Profile
from tracking.edge.refusals import Rejection, duplicated

KEPT: Final = "kept"
"""The key of what is stored as it came, by its own name."""
MAX_KEPT: Final = 256
DEVICES: Final = {
    **{name: name for name in ("gaid", "idfa", "idfv", "android_id", "adid")},
    "gps_adid": "gaid",
    "google_aid": "gaid",
    "ios_ifa": "idfa",
}
"""Device ids that measurement partners add to an install; kept with the report."""
PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
NUMBERED: Final = re.compile(r"([A-Za-z]+)(\d{1,3})", re.ASCII)


def in_our_names(given: Named, profile: Profile | None = None) -> tuple[dict[str, Any], list[str]]:
    """Each value under our name for it, and warnings; raises Rejection."""
    values: dict[str, Any] = {}
    others: Named = []
    for name, value in given:
        if name not in OURS:
            others.append((name, value))
        elif name in values:
            raise duplicated(name)
        else:
            values[name] = value
    warnings: list[str] = []
    if others:
        reading = Reading(profile, warnings)
        for name, value in others:
            reading.read(name, value)
        aliased = reading.result()
        _check_click_ids(values, aliased)
        values = {**aliased, **values}
    if (address := values.get("ip")) is not None and not (isinstance(address, str) and parsed(address)):
        warnings.append("invalid_ip")
        del values["ip"]
    return values, warnings


@dataclass(slots=True)
class Reading:
    """Of names that are not ours."""

    profile: Profile | None
    warnings: list[str]
    found: dict[str, Any] = field(default_factory=dict)
    habits: list[tuple[str, Any]] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    items: dict[str, dict[str, Any]] = field(default_factory=dict)

    def read(self, name: str, value: Any) -> None:
        _check_name(name)
        ours = self.profile.ours(name) if self.profile else None
        if name in CLICK_ID_NAMES and isinstance(value, str) and clickid.looks_like_one(value):
            self._put("click_id", value)
        elif ours or (ours := REPORT.get(name)):
            if value != "" or ours == "amount":
                self._put(ours, value)
        elif name in DEVICES and isinstance(value, str):
            if value and not has_macro(value):
                self.kept[DEVICES[name]] = value[:MAX_KEPT]
        elif not (self.profile and self._belongs(self.profile, name, value)):
            code = f"unknown_parameter:{name}" if PLAIN_NAME.fullmatch(name) else "unknown_parameter"
            if code not in self.warnings:
                self.warnings.append(code)

    def result(self) -> dict[str, Any]:
        for ours, value in self.habits:
            self.found.setdefault(ours, value)
        if self.items:
            self.found.setdefault("items", list(self.items.values()))
        if self.kept:
            self.found[KEPT] = self.kept
        return self.found

    def _put(self, ours: str, value: Any) -> None:
        """Two aliases may name one thing only if they say the same."""
        if self.found.setdefault(ours, value) != value:
            raise duplicated(ours)

    def _belongs(self, profile: Profile, name: str, value: Any) -> bool:
        """Whether the profile knows it as something beside our own fields."""
        known = name in profile.ignored
        if name in profile.kept:
            known = True
            if isinstance(value, str) and value:
                self.kept[name] = value[:MAX_KEPT]
        if ours := profile.habits.get(name):
            known = True
            if value != "":
                self.habits.append((ours, value))
        if name in profile.named_goals:
            known = True
            if value not in {"", "0"}:
                self.habits.append(("goal", name))
        numbered = NUMBERED.fullmatch(name) if profile.items else None
        if numbered and (part := profile.items.get(numbered[1].lower() if profile.any_case else numbered[1])):
            known = True
            self.items.setdefault(numbered[2], {})[part] = value
        return known


def _check_name(name: str) -> None:
    if len(name) > MAX_NAME:
        raise Rejection(422, "too_long", f"The name of a parameter may have at most {MAX_NAME} characters.")
    if "[" in name or "{" in name:
        raise Rejection(422, "invalid_parameter", "Parameters are plain names, without brackets or braces.")


def _check_click_ids(values: dict[str, Any], aliased: dict[str, Any]) -> None:
    """Two different ones of ours name two clicks."""
    given = (values.get("click_id"), aliased.get("click_id"))
    if len({text for text in given if isinstance(text, str) and clickid.looks_like_one(text)}) > 1:
        raise duplicated("click_id")
