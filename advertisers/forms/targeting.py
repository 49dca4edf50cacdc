from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, TypedDict
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from advertisers import audience, audience_sentences
from advertisers.audience import ANY, NOT, ONLY, Rules
from advertisers.models import Targeting
from network import formats, geography
from network.forms import JalaliDateField, language

INHERITED: Final = ""
LABELS: Final[dict[str, tuple[Promise, str, Promise]]] = {
    "country": (_("Countries"), "world", _("By the visitor's address.")),
    "region": (_("Regions"), "sitemap", _("ISO codes such as IR-23 or DE-BE, between commas or lines.")),
    "city": (_("Cities"), "map-pin", _("English names such as Tehran, between commas or lines.")),
    "device": (_("Devices"), "device-mobile", _("By the browser's own word.")),
    "system": (_("Systems"), "settings", _("By the browser's own word.")),
    "browser": (_("Browsers"), "browser", _("By the browser's own word.")),
    "language": (_("Languages"), "language", _("The language that the browser asks for first.")),
    "connection": (_("Connections"), "transfer", _("If the network's database of addresses knows them.")),
    "hour": (_("Days and hours"), "clock", _("In the time zone of the campaign.")),
}


class TargetingFields(TypedDict):
    rules: Rules
    starts_at: datetime | None
    ends_at: datetime | None
    new_visitors_only: bool


class NamesField(forms.Field):
    """Names or codes between commas or lines; cleans to a list without repetition."""

    widget = forms.Textarea(attrs={"rows": 2, "dir": "auto", "spellcheck": "false", "maxlength": 4000})

    def __init__(self, *, upper: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.upper = upper

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        text = str(value or "").replace("،", ",").replace("\n", ",")
        names = [" ".join(name.split()) for name in text.split(",")]
        return list(dict.fromkeys(name.upper() if self.upper else name for name in names if name))


class ClockField(forms.Field):
    """A time of day such as 08:00, in either language's digits; cleans to minutes after midnight, 24:00 among them."""

    widget = forms.TextInput(
        attrs={"dir": "ltr", "inputmode": "numeric", "placeholder": "08:00", "autocomplete": "off"}
    )

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, int):
            return value
        return formats.digits(f"{value // 60:02}:{value % 60:02}", language())

    def to_python(self, value: Any) -> int | None:
        text = formats.ascii_digits(str(value or "").strip())
        if not text:
            return None
        hours, _sep, minutes = text.partition(":")
        minutes = minutes or "0"
        is_number = hours.isascii() and hours.isdigit() and minutes.isascii() and minutes.isdigit() and len(text) <= 5
        found = int(hours) * 60 + int(minutes) if is_number else -1
        if not (is_number and int(minutes) < 60 and 0 <= found <= audience.MINUTES):
            raise ValidationError(_("Enter a time such as 08:00."), "time")
        return found


def _pills() -> forms.CheckboxSelectMultiple:
    return forms.CheckboxSelectMultiple()


@dataclass(frozen=True, slots=True)
class Part:
    """One dimension as the page shows it."""

    name: str
    label: Promise
    icon: str
    hint: Promise
    mode: forms.BoundField
    fields: list[forms.BoundField]
    errors: list[str]
    is_set: bool


class TargetingForm(forms.Form):
    """`is_override`: of one publisher, where a part left alone is that of the campaign."""

    country = forms.MultipleChoiceField(
        choices=lambda: geography.countries(language()), widget=_pills(), required=False
    )
    region = NamesField(required=False, upper=True)
    city = NamesField(required=False)
    device = forms.MultipleChoiceField(choices=list(audience.DEVICES.items()), widget=_pills(), required=False)
    system = forms.MultipleChoiceField(choices=list(audience.SYSTEMS.items()), widget=_pills(), required=False)
    browser = forms.MultipleChoiceField(choices=list(audience.BROWSERS.items()), widget=_pills(), required=False)
    language = forms.MultipleChoiceField(
        choices=lambda: audience.languages(language()), widget=_pills(), required=False
    )
    connection = forms.MultipleChoiceField(choices=list(audience.CONNECTIONS.items()), widget=_pills(), required=False)
    days = forms.TypedMultipleChoiceField(
        label=_("Days"), coerce=int, choices=audience_sentences.weekdays, widget=_pills(), required=False
    )
    hour_from = ClockField(label=_("From"), required=False)
    hour_until = ClockField(label=_("Until"), required=False)
    starts_on = JalaliDateField(
        label=_("First day"), required=False, help_text=_("Before it, visitors go to the fallback page.")
    )
    ends_on = JalaliDateField(
        label=_("Last day"), required=False, help_text=_("After it, visitors go to the fallback page.")
    )
    new_visitors_only = forms.BooleanField(
        label=_("Only visitors who have not bought yet"),
        required=False,
        help_text=_("Someone who converted in the last 90 days goes to the fallback page."),
    )

    def __init__(self, targeting: Targeting, data: Any = None) -> None:
        self.targeting = targeting
        self.is_override = targeting.partnership_id is not None
        self.zone = ZoneInfo(targeting.campaign.time_zone)
        super().__init__(data, initial=_initial(targeting, self.zone))
        modes = [(ANY, _("All")), (ONLY, _("Only these")), (NOT, _("All but these"))]
        if self.is_override:
            modes.insert(0, (INHERITED, _("As the campaign")))
            del self.fields["new_visitors_only"]
        for name in LABELS:
            first = modes[0][0]
            rule = targeting.rules.get(name)
            self.fields[f"{name}_mode"] = forms.ChoiceField(
                choices=modes, required=False, initial=rule[0] if rule else first
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in audience.DIMENSIONS:
            if self._mode(name) in {ONLY, NOT} and name not in self.errors:
                self._check(name, cleaned.get(name) or [])
        if self._mode("hour") in {ONLY, NOT} and not {"days", "hour_from", "hour_until"} & set(self.errors):
            self._check_hours(cleaned)
        first, last = cleaned.get("starts_on"), cleaned.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", _("The last day cannot be before the first."))
        return cleaned

    def _check(self, name: str, values: list[str]) -> None:
        is_value = audience.DIMENSIONS[name]
        if not values:
            self.add_error(name, _("Choose at least one, or take all."))
        elif len(values) > audience.MAX_VALUES:
            self.add_error(name, _("These are too many; at most 300."))
        for value in values:
            if not is_value(value):
                self.add_error(name, ValidationError(_("“%(value)s” is not known here."), params={"value": value[:80]}))
                return

    def _check_hours(self, cleaned: dict[str, Any]) -> None:
        has_from, has_until = cleaned.get("hour_from") is not None, cleaned.get("hour_until") is not None
        if has_from != has_until:
            self.add_error("hour_until" if has_from else "hour_from", _("Enter both times, or none for the whole day."))
        elif not cleaned.get("days") and not has_from:
            self.add_error("days", _("Choose days or hours, or take all."))
        elif has_from and cleaned["hour_from"] == audience.MINUTES:
            self.add_error("hour_from", _("Enter a time such as 08:00."))

    def _mode(self, name: str) -> str:
        return str(self.cleaned_data.get(f"{name}_mode") or "")

    @property
    def settings(self) -> TargetingFields:
        """For `targeting.change`."""
        rules: Rules = {}
        for name in LABELS:
            mode = self._mode(name)
            if mode == ANY:
                rules[name] = [ANY, []]
            elif mode:
                rules[name] = [mode, [self._window()] if name == "hour" else self.cleaned_data.get(name) or []]
        return {
            "rules": rules,
            "starts_at": self._midnight(self.cleaned_data.get("starts_on")),
            "ends_at": self._midnight(self.cleaned_data.get("ends_on"), days=1),
            "new_visitors_only": bool(self.cleaned_data.get("new_visitors_only")),
        }

    @property
    def sentence(self) -> str:
        """What these entries mean, as far as they are right."""
        known = self.settings["rules"].items()
        rules = {name: rule for name, rule in known if name not in self.errors and (rule[1] or rule[0] == ANY)}
        if {"days", "hour_from", "hour_until"} & set(self.errors):
            rules.pop("hour", None)
        shown = Targeting(campaign=self.targeting.campaign, partnership_id=self.targeting.partnership_id)
        shown.rules = {name: rule for name, rule in rules.items() if self.is_override or rule[0] != ANY}
        if not self.errors:
            shown.starts_at, shown.ends_at = self.settings["starts_at"], self.settings["ends_at"]
        shown.new_visitors_only = self.settings["new_visitors_only"]
        return audience_sentences.sentence(shown)

    def _window(self) -> list[int]:
        days = sum(1 << day for day in self.cleaned_data.get("days") or []) or audience.EVERY_DAY
        start = self.cleaned_data.get("hour_from")
        return [days, 0 if start is None else start, self.cleaned_data.get("hour_until") or 0]

    def _midnight(self, day: date | None, days: int = 0) -> datetime | None:
        return datetime.combine(day + timedelta(days=days), time(), self.zone) if day else None

    @property
    def parts(self) -> Iterator[Part]:
        for name, (label, icon, hint) in LABELS.items():
            names = ["days", "hour_from", "hour_until"] if name == "hour" else [name]
            mode = self[f"{name}_mode"]
            errors = [str(error) for each in names for error in self.errors.get(each, [])]
            is_set = mode.value() in {ONLY, NOT}
            yield Part(name, label, icon, hint, mode, [self[each] for each in names], errors, is_set)


def _initial(targeting: Targeting, zone: ZoneInfo) -> dict[str, Any]:
    initial: dict[str, Any] = {name: rule[1] for name, rule in targeting.rules.items() if name != "hour"}
    if windows := targeting.rules.get("hour", [ANY, []])[1]:
        days, start, end = windows[0]
        initial["days"] = [day for day in range(7) if days >> day & 1] if days != audience.EVERY_DAY else []
        if start != end:
            initial |= {"hour_from": start, "hour_until": end}
    if targeting.starts_at:
        initial["starts_on"] = targeting.starts_at.astimezone(zone).date()
    if targeting.ends_at:
        initial["ends_on"] = targeting.ends_at.astimezone(zone).date() - timedelta(days=1)
    initial["new_visitors_only"] = targeting.new_visitors_only
    return initial
