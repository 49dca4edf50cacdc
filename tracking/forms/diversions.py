from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign
from network.forms import JalaliDateField, offer
from network.models import Organization
from tracking.diversions import Filter

ALL = ("", _("All"))
LONGEST = timedelta(days=366)


class DiversionsForm(forms.Form):
    helper = FormHelper()
    helper.form_tag = False

    since = JalaliDateField(label=_("From"), required=False)
    until = JalaliDateField(label=_("To"), required=False)
    campaign = forms.ChoiceField(label=_("Campaign"), required=False)
    publisher = forms.ChoiceField(label=_("Publisher"), required=False)
    by = forms.ChoiceField(label=_("By"), required=False)

    def __init__(
        self, data: Any, *, campaigns: Iterable[Campaign], publishers: Iterable[Organization], is_publisher: bool
    ) -> None:
        today = timezone.localdate()
        self.default = (today - timedelta(days=29), today)
        given = data.copy()
        given.setdefault("since", self.default[0].isoformat())
        given.setdefault("until", self.default[1].isoformat())
        super().__init__(given)
        groups = [("day", _("Day")), ("campaign_id", _("Campaign"))]
        self._choose("campaign", [ALL, *((one.public_id, one.name) for one in campaigns)])
        if is_publisher:
            del self.fields["publisher"]
        else:
            groups.append(("partnership_id", _("Publisher")))
            self._choose("publisher", [ALL, *((one.public_id, one.name) for one in publishers)])
        self._choose("by", groups)

    def _choose(self, name: str, choices: list[Any]) -> None:
        offer(self, name, choices)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("since"), cleaned.get("until")
        if first and last and last < first:
            self.add_error("until", _("The end cannot be before the beginning."))
        elif first and last and last - first > LONGEST:
            self.add_error("until", _("A year at most."))
        return cleaned

    @property
    def wanted(self) -> Filter:
        cleaned = self.cleaned_data if self.is_valid() else {}
        first: date = cleaned.get("since") or self.default[0]
        last: date = cleaned.get("until") or self.default[1]
        return Filter(first, last, cleaned.get("campaign", ""), cleaned.get("publisher", ""))

    @property
    def group(self) -> str:
        return (self.cleaned_data.get("by") if self.is_valid() else "") or "day"
