from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign
from network.forms import offer
from tracking.outcomes import Outcome

ANY = ("", _("Any"))


class LogFilterForm(forms.Form):
    helper = FormHelper()
    helper.form_tag = False

    order_id = forms.CharField(
        label=_("Order number"),
        required=False,
        max_length=128,
        widget=forms.TextInput(attrs={"type": "search", "dir": "ltr", "autocomplete": "off"}),
    )
    campaign = forms.ChoiceField(label=_("Campaign"), required=False)
    outcome = forms.ChoiceField(label=_("What became of it"), required=False, choices=[ANY, *Outcome.choices])
    only = forms.ChoiceField(
        required=False, choices=[("", ""), ("accepted", ""), ("rejected", "")], widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, campaigns: list[Campaign], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [ANY, *((one.public_id, one.name) for one in campaigns)]
        offer(self, "campaign", choices)
