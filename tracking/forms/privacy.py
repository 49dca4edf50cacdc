from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign
from network.forms import WholeNumberField
from network.models import NetworkSettings
from tracking.models import ErasedBy

YEARS = 3650


class RetentionForm(forms.Form):
    """For how long personal data is kept, in days."""

    ip_days = WholeNumberField(
        label=_("Whole addresses"),
        unit=_("days"),
        min_value=1,
        max_value=YEARS,
        help_text=_("Then an IP address loses its last part, in clicks, impressions and reports."),
    )
    click_days = WholeNumberField(
        label=_("Clicks"),
        unit=_("days"),
        min_value=1,
        max_value=YEARS,
        help_text=_("Counts, conversions and money stay for ever."),
    )
    impression_days = WholeNumberField(label=_("Impressions"), unit=_("days"), min_value=1, max_value=YEARS)
    postback_days = WholeNumberField(
        label=_("Reported calls"),
        unit=_("days"),
        min_value=1,
        max_value=YEARS,
        help_text=_("The postback log goes back as far. What is not processed yet stays."),
    )

    @staticmethod
    def values_of(row: NetworkSettings) -> dict[str, int]:
        return {name: getattr(row, name) for name in RetentionForm.base_fields}

    def clean_click_days(self) -> int:
        """A click that may still earn a conversion must be there."""
        days: int = self.cleaned_data["click_days"]
        longest = max(Campaign.objects.values_list("window_days", flat=True), default=0)
        if days <= longest:
            raise forms.ValidationError(
                _("A campaign still pays for clicks of the last %(days)s days.") % {"days": longest}
            )
        return days


class ErasureForm(forms.Form):
    kind = forms.ChoiceField(label=_("Find by"), choices=ErasedBy.choices)
    value = forms.CharField(
        label=_("Value"),
        max_length=256,
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off"}),
        help_text=_("It is needed for the search only, and forgotten afterwards."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prefix = "erasure"
