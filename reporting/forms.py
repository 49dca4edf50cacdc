from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign
from network.forms import JalaliDateField, offer
from network.models import Kind, Organization
from reporting.breakdowns import OF_CLICKS, PLAIN
from reporting.credit import Model
from reporting.names import TITLES

ALL: Final = ("", _("All"))


class BreakdownForm(forms.Form):
    by = forms.ChoiceField(label=_("By"), required=False)
    then = forms.ChoiceField(label=_("and by"), required=False)
    since = JalaliDateField(label=_("From"), required=False)
    until = JalaliDateField(label=_("To"), required=False)
    campaign = forms.ChoiceField(label=_("Campaign"), required=False)
    publisher = forms.ChoiceField(label=_("Publisher"), required=False)
    currency = forms.ChoiceField(label=_("Currency"), required=False)
    sort = forms.CharField(required=False, max_length=30, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any,
        *,
        kind: str,
        campaigns: Iterable[Campaign],
        publishers: Iterable[Organization],
        currencies: Iterable[str],
    ) -> None:
        super().__init__(data)
        plain = [name for name in PLAIN if name != "publisher" or kind != Kind.PUBLISHER]
        clicks = [(name, TITLES[name]) for name in OF_CLICKS]
        self._choose("by", [*clicks, *((name, TITLES[name]) for name in plain)])
        self._choose("then", [("", "—"), *((name, TITLES[name]) for name in plain), *clicks])
        self._choose("campaign", [ALL, *((one.public_id, one.name) for one in campaigns)])
        self._choose("publisher", [ALL, *((one.public_id, one.name) for one in publishers)])
        self._choose("currency", [(one, one) for one in currencies])
        if kind == Kind.PUBLISHER:
            del self.fields["publisher"]
        if len(list(currencies)) < 2:
            del self.fields["currency"]

    def _choose(self, name: str, choices: list[Any]) -> None:
        offer(self, name, choices)


class CreditForm(forms.Form):
    model = forms.ChoiceField(
        label=_("Model"),
        choices=[
            (Model.LINEAR.value, _("Linear")),
            (Model.POSITION.value, _("Position-based 40/20/40")),
            (Model.DECAY.value, _("Time decay, 7 days")),
            (Model.MARKOV.value, _("Markov chain")),
            (Model.LAST.value, _("Last touch")),
            (Model.FIRST.value, _("First touch")),
        ],
    )
    by = forms.ChoiceField(label=_("By"), choices=[("publisher", _("Publisher")), ("channel", _("Channel"))])
    since = JalaliDateField(label=_("From"), required=False)
    until = JalaliDateField(label=_("To"), required=False)
    campaign = forms.ChoiceField(label=_("Campaign"), required=False)
    currency = forms.ChoiceField(label=_("Currency"), required=False)

    def __init__(self, data: Any, *, campaigns: Iterable[Campaign], currencies: Iterable[str]) -> None:
        super().__init__(data)
        chosen = {"campaign": [ALL, *((one.public_id, one.name) for one in campaigns)]}
        chosen["currency"] = [(one, one) for one in currencies]
        for name, choices in chosen.items():
            offer(self, name, choices)
        if len(chosen["currency"]) < 2:
            del self.fields["currency"]
