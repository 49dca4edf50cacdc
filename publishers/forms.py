"""What people enter on the pages of this app."""

from typing import Any, ClassVar

from crispy_forms.helper import FormHelper
from django import forms
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign, Objective, PayModel
from network.forms import WholeNumberField
from network.models import Organization
from network.money import Currency
from publishers.links import MAX_SUB, SUBS
from publishers.models import (
    Channel,
    Partnership,
    PartnershipStatus,
    Property,
    PublisherKind,
    PublisherProfile,
)

ANY = ("", _("Any"))


def bare() -> FormHelper:
    """Fields only: the page writes the <form> and its buttons."""
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    return helper


def kind_field() -> forms.ChoiceField:
    return forms.ChoiceField(label=_("Kind"), choices=[("", _("Choose one")), *PublisherKind.choices])


class ProfileForm(forms.ModelForm[PublisherProfile]):
    helper = bare()

    kind = kind_field()

    class Meta:
        model = PublisherProfile
        fields = ("kind", "description", "audience")
        widgets: ClassVar[dict[str, forms.Widget]] = {"description": forms.Textarea(attrs={"rows": 5, "dir": "auto"})}
        help_texts: ClassVar[dict[str, Any]] = {
            "description": _("Where you promote, how you write about products, what makes your visitors buy."),
            "audience": _("Who visits you, for example: parents in Tehran, 25 to 40."),
        }


class PropertyForm(forms.ModelForm[Property]):
    helper = bare()

    kind = kind_field()
    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        widget=forms.URLInput(attrs={"dir": "ltr", "placeholder": "https://"}),
        help_text=_("The site, the channel or the page of the app in a store."),
    )
    monthly_visitors = WholeNumberField(label=_("Visitors a month"), required=False, max_value=2_000_000_000)

    class Meta:
        model = Property
        fields = ("kind", "name", "url", "monthly_visitors")

    def clean_url(self) -> str:
        """http and https only, whole addresses; without a scheme https is meant."""
        url = str(self.cleaned_data["url"]).strip()
        if "://" not in url:
            url = f"https://{url}"
        URLValidator(schemes=["http", "https"])(url)
        return url

    def validate_unique(self) -> None:
        """The action says it, in the words of this app."""


class DiscoveryForm(forms.Form):
    helper = bare()

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Campaign or advertiser"), "dir": "auto"}),
    )
    objective = forms.ChoiceField(label=_("Objective"), required=False, choices=[ANY, *Objective.choices])
    pay_model = forms.ChoiceField(label=_("Pays"), required=False, choices=[ANY, *PayModel.choices])
    currency = forms.ChoiceField(label=_("Currency"), required=False, choices=[ANY, *Currency.choices])


class MessageForm(forms.Form):
    helper = bare()

    message = forms.CharField(
        label=_("Message to the advertiser"),
        required=False,
        max_length=Partnership._meta.get_field("message").max_length,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        help_text=_("How you will promote this campaign. It helps to be approved."),
    )


class InvitationForm(forms.Form):
    helper = bare()

    message = forms.CharField(
        label=_("Message to the publisher"),
        required=False,
        max_length=Partnership._meta.get_field("message").max_length,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )


class PublisherSearchForm(forms.Form):
    """Whom to invite, and into which campaign."""

    helper = bare()

    campaign = forms.ChoiceField(label=_("Campaign"), required=False)
    q = forms.CharField(
        label=_("Publisher"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Name of the publisher"), "dir": "auto"}),
    )

    def __init__(self, *args: Any, campaigns: list[Campaign], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["campaign"].choices = [(one.public_id, one.name) for one in campaigns]  # type: ignore[attr-defined]


class PartnerFilterForm(forms.Form):
    helper = bare()

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Name of the publisher"), "dir": "auto"}),
    )
    client = forms.ChoiceField(label=_("Client"), required=False)
    campaign = forms.ChoiceField(label=_("Campaign"), required=False)
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[ANY, *PartnershipStatus.choices])

    def __init__(self, *args: Any, campaigns: list[Campaign], clients: list[Organization], **kwargs: Any) -> None:
        """Without `clients` nothing is asked about them."""
        super().__init__(*args, **kwargs)
        for name, found in (("campaign", campaigns), ("client", clients)):
            choices = [ANY, *((one.public_id, one.name) for one in found)]
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        if not clients:
            del self.fields["client"]


class LinkForm(forms.Form):
    helper = bare()

    destination = forms.CharField(
        label=_("Deep link"),
        required=False,
        max_length=2000,
        widget=forms.URLInput(attrs={"dir": "ltr", "placeholder": "https://", "inputmode": "url"}),
    )
    channel = forms.ChoiceField(
        label=_("Channel"),
        required=False,
        choices=Channel.choices,
        help_text=_("How this link reaches people. Your reports are split by it."),
    )
    name = forms.CharField(label=_("Name of the link"), required=False, max_length=120)

    def __init__(self, *args: Any, channel: str = "", **kwargs: Any) -> None:
        """`channel`: what is chosen at first."""
        super().__init__(*args, **kwargs)
        self.initial.setdefault("channel", channel)
        for number in range(1, SUBS + 1):
            self.fields[f"sub{number}"] = forms.CharField(
                label=f"sub{number}",
                required=False,
                max_length=MAX_SUB,
                widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off"}),
            )

    @property
    def subs(self) -> list[str]:
        return [self.cleaned_data[f"sub{number}"] for number in range(1, SUBS + 1)]

    @property
    def sub_fields(self) -> list[forms.BoundField]:
        return [self[f"sub{number}"] for number in range(1, SUBS + 1)]


class ReasonForm(forms.Form):
    """Why; whether a reason is needed is the action's rule."""

    helper = bare()

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=Partnership._meta.get_field("reason").max_length,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )
