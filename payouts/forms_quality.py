from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign
from network import formats
from network.forms import JalaliDateField, offer
from tracking.models import CaseStatus
from tracking.quality.rules import RULES, Category
from tracking.quality.thresholds import THRESHOLDS

WORDS = forms.Textarea(attrs={"rows": 4, "dir": "auto"})


class CaseFilterForm(forms.Form):
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("All")), *CaseStatus.choices])
    rule = forms.ChoiceField(label=_("Rule"), required=False)
    campaign = forms.ChoiceField(label=_("Campaign"), required=False)
    publisher = forms.CharField(label=_("Publisher"), required=False, max_length=120)

    def __init__(self, data: Any, *, campaigns: Iterable[Campaign]) -> None:
        super().__init__(data)
        rules = [(one.number, f"{one.number} · {one}") for one in RULES.values()]
        offer(self, "rule", [("", _("All")), *rules])
        chosen = [("", _("All")), *((one.public_id, one.name) for one in campaigns)]
        offer(self, "campaign", chosen)


class ClearForm(forms.Form):
    note = forms.CharField(
        label=_("Note"), max_length=500, required=False, widget=forms.TextInput(attrs={"dir": "auto"})
    )


class DeclineCaseForm(forms.Form):
    category = forms.ChoiceField(
        label=_("What the publisher is told"), choices=[("", _("Choose a category")), *Category.choices]
    )
    note = forms.CharField(
        label=_("Note to the publisher"), max_length=500, required=False, widget=forms.TextInput(attrs={"dir": "auto"})
    )


class BulkCaseForm(DeclineCaseForm):
    """Stands beside a button that clears, which needs no category."""

    category = forms.ChoiceField(
        label=_("What the publisher is told, if you decline"),
        choices=[("", _("Each case's own category")), *Category.choices],
        required=False,
    )


class AppealForm(forms.Form):
    text = forms.CharField(label=_("What we should know"), max_length=4000, widget=WORDS)


class AnswerForm(forms.Form):
    answer = forms.CharField(label=_("Answer to the publisher"), max_length=4000, widget=WORDS)


class PeriodForm(forms.Form):
    first = JalaliDateField(label=_("From"))
    last = JalaliDateField(label=_("To"))

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if isinstance(first, date) and isinstance(last, date) and first > last:
            self.add_error("last", _("The end lies before the beginning."))
        return cleaned


class ThresholdsForm(forms.Form):
    """One number for each threshold; empty means the figure above it (`above`)."""

    def __init__(self, *args: Any, values: Mapping[str, int], above: Mapping[str, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.above = above
        for one in THRESHOLDS.values():
            own = values[one.name] != above[one.name]
            self.fields[one.name] = forms.IntegerField(
                label=str(one.label),
                required=False,
                min_value=0,
                max_value=one.highest,
                initial=values[one.name] if own else None,
                widget=forms.NumberInput(
                    attrs={"placeholder": formats.number(above[one.name], get_language() or "en"), "dir": "ltr"}
                ),
            )

    @property
    def wanted(self) -> dict[str, int]:
        return {
            name: self.above[name] if self.cleaned_data[name] is None else self.cleaned_data[name]
            for name in THRESHOLDS
        }

    def groups(self) -> list[tuple[str, str, list[forms.BoundField]]]:
        """Rule number, its title, its fields; what belongs to no rule comes last."""
        found: dict[str, list[forms.BoundField]] = {}
        for one in THRESHOLDS.values():
            found.setdefault(one.rule, []).append(self[one.name])
        return [
            (number, str(RULES[number]) if number else str(_("Minimum samples")), fields)
            for number, fields in found.items()
        ]
