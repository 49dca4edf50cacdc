from typing import Final

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from advertisers.models import Scope

SCOPE_HINTS: Final[dict[str, Promise]] = {
    Scope.CAMPAIGNS: _("Create, start, pause and end campaigns; set commissions; upload creatives."),
    Scope.PUBLISHERS: _("Approve, decline, invite and pause publishers."),
    Scope.CONVERSIONS: _("Approve or decline conversions and enter refunds."),
    Scope.REPORTS: _("See results and statistics."),
    Scope.MONEY: _("See the balance and give bonuses from it."),
}


class ScopesForm(forms.Form):
    scopes = forms.MultipleChoiceField(
        label=_("What may this agency do for you?"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )

    @property
    def choices(self) -> list[dict[str, object]]:
        chosen = self["scopes"].value() or []
        return [
            {"value": scope.value, "label": scope.label, "hint": SCOPE_HINTS[scope], "chosen": scope.value in chosen}
            for scope in Scope
        ]
