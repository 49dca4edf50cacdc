import uuid
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign, GoalKind
from network.forms import JalaliDateField, MoneyField, offer
from network.models import Organization
from network.money import Currency
from payouts.models import DECLINE_REASONS, CommissionStatus, Reason
from publishers.models import Partnership

REASONS = [("", _("Choose a reason")), *((one.value, one.label) for one in DECLINE_REASONS)]
NOTE = forms.TextInput(attrs={"dir": "auto"})


class ConversionFilterForm(forms.Form):
    tab = forms.CharField(max_length=10, required=False, widget=forms.HiddenInput)
    order = forms.CharField(label=_("Order"), max_length=128, required=False)
    client = forms.ChoiceField(label=_("Client"), required=False)
    campaign = forms.ChoiceField(label=_("Campaign"), required=False)
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("All")), *CommissionStatus.choices])
    goal = forms.ChoiceField(label=_("Goal"), required=False, choices=[("", _("All")), *GoalKind.choices])
    since = JalaliDateField(label=_("From"), required=False)
    until = JalaliDateField(label=_("To"), required=False)

    def __init__(self, data: Any, *, campaigns: Iterable[Campaign], clients: Iterable[Organization]) -> None:
        """Without `clients` nothing is asked about them."""
        super().__init__(data)
        for name, found in (("campaign", campaigns), ("client", clients)):
            choices = [("", _("All")), *((one.public_id, one.name) for one in found)]
            offer(self, name, choices)
        if not clients:
            del self.fields["client"]


class DeclineForm(forms.Form):
    """Also for a reversal: the reason is shown to the publisher."""

    reason = forms.ChoiceField(label=_("Reason"), choices=REASONS)
    note = forms.CharField(label=_("Note to the publisher"), max_length=500, required=False, widget=NOTE)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.cleaned_data.get("reason") == Reason.OTHER and not self.cleaned_data.get("note"):
            self.add_error("note", _("Say in a few words what the reason is; the publisher will see it."))
        return cleaned


class BulkDeclineForm(DeclineForm):
    """Stands beside a button that approves, which needs no reason."""

    reason = forms.ChoiceField(label=_("Reason, if you decline"), choices=REASONS, required=False)

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        if not reason:
            raise forms.ValidationError(_("Choose a reason; the publisher will see it."))
        return reason


class HoldForm(forms.Form):
    note = forms.CharField(label=_("What is looked into"), max_length=500, widget=NOTE)


class RefundForm(forms.Form):
    """`key` makes sending the form twice one refund."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    amount = MoneyField(
        label=_("Amount"), required=False, minimum=1, help_text=_("Empty: all that is left of the sale.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False, widget=NOTE)

    def __init__(self, data: Any = None, *, currency: str, has_amount: bool) -> None:
        super().__init__(data, auto_id="refund_%s", initial={"key": uuid.uuid4()})
        if has_amount:
            self.fields["amount"].currency = currency  # type: ignore[attr-defined]
        else:
            del self.fields["amount"]


class TopUpForm(forms.Form):
    currency = forms.ChoiceField(label=_("Currency"))
    amount = MoneyField(label=_("Amount"), minimum=1)
    reference = forms.CharField(
        label=_("Bank reference"),
        max_length=80,
        help_text=_("As on the bank's statement. Each reference counts once."),
        widget=forms.TextInput(attrs={"dir": "ltr"}),
    )

    def __init__(self, data: Any = None, *, currencies: list[str]) -> None:
        super().__init__(data, initial={"currency": currencies[0]})
        names = {code: label for code, label in Currency.choices if code in currencies}
        self.fields["currency"] = forms.ChoiceField(
            label=_("Currency"), choices=[(code, names[code]) for code in currencies]
        )
        chosen = data.get("currency") if data else None
        self.fields["amount"].currency = chosen if chosen in currencies else currencies[0]  # type: ignore[attr-defined]
        if len(currencies) == 1:
            self.fields["currency"].widget = forms.HiddenInput()


class BonusForm(forms.Form):
    """`key` makes sending the form twice one bonus."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    amount = MoneyField(label=_("Amount"), minimum=1)
    reason = forms.CharField(label=_("What for"), max_length=200, help_text=_("The publisher reads this."), widget=NOTE)

    def __init__(self, data: Any = None, *, currency: str) -> None:
        super().__init__(data, initial={"key": uuid.uuid4()})
        self.fields["amount"].currency = currency  # type: ignore[attr-defined]


class PartnerChoiceForm(forms.Form):
    """Whom to give a bonus."""

    partnership = forms.ChoiceField(label=_("Publisher and campaign"))

    def __init__(self, data: Any = None, *, partnerships: Iterable[Partnership]) -> None:
        super().__init__(data)
        choices = [(one.public_id, f"{one.publisher} · {one.campaign}") for one in partnerships]
        self.fields["partnership"] = forms.ChoiceField(label=_("Publisher and campaign"), choices=choices)


class StatementForm(forms.Form):
    account = forms.CharField(max_length=20, required=False, widget=forms.HiddenInput)
    currency = forms.CharField(max_length=3, required=False, widget=forms.HiddenInput)
    since = JalaliDateField(label=_("From"), required=False)
    until = JalaliDateField(label=_("To"), required=False)
