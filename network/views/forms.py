"""The forms of the network app's pages."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Layout, Row
from django import forms
from django.conf import settings
from django.core.validators import URLValidator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from network import geography, keys
from network.accounts import SIGNUP_KINDS
from network.forms import PercentField, WholeNumberField, offer
from network.models import Kind, Organization, OrganizationStatus, User
from network.money import Currency
from network.organizations import Details
from network.roles import Role

NAME = forms.TextInput(attrs={"dir": "auto", "autocomplete": "organization"})
URL = forms.URLInput(attrs={"dir": "ltr", "placeholder": "https://"})
MAIL = forms.EmailInput(attrs={"dir": "ltr", "autocomplete": "off"})


def language() -> str:
    return get_language() or settings.LANGUAGE_CODE


class WebField(forms.URLField):
    """An http or https address; a bare host gets https."""

    widget = URL
    default_validators = [URLValidator(schemes=["http", "https"])]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(assume_scheme="https", max_length=200, **kwargs)


class OrganizationForm(forms.Form):
    name = forms.CharField(label=_("Name of the organization"), max_length=120, widget=NAME)
    website = WebField(label=_("Website"), required=False)
    country = forms.ChoiceField(label=_("Country"))
    currency = forms.ChoiceField(label=_("Currency"), choices=Currency.choices)
    time_zone = forms.ChoiceField(label=_("Time zone"), help_text=_("Days in your reports begin at its midnight."))
    about = forms.CharField(
        label=_("About"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        help_text=_("What you do and how you want to work with the network. Its staff read this when they vet you."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "country", [("", ""), *geography.countries(language())])
        offer(self, "time_zone", geography.time_zones(language()))
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = self.layout()

    def layout(self) -> Layout:
        half = "col-md-6"
        return Layout(
            Row(Column("name", css_class=half), Column("website", css_class=half)),
            Row(Column("country", css_class=half), Column("time_zone", css_class=half)),
            Row(Column("currency", css_class=half)),
            "about",
        )

    def details(self) -> Details:
        data = self.cleaned_data
        return Details(
            website=data["website"],
            country=data["country"],
            currency=data["currency"],
            time_zone=data["time_zone"],
            about=data["about"],
        )

    @staticmethod
    def values_of(organization: Organization) -> dict[str, str]:
        return {name: getattr(organization, name) for name in OrganizationForm.base_fields}


class OnboardingForm(OrganizationForm):
    """The page itself draws the choice of `kind`, as cards."""

    kind = forms.ChoiceField(label=_("You are"), choices=[(kind.value, kind.label) for kind in SIGNUP_KINDS])


def usual_values(kind: str) -> dict[str, str]:
    """What most people of this language will enter."""
    persian = {"country": "IR", "currency": Currency.IRR.value, "time_zone": "Asia/Tehran"}
    return {"kind": kind, **(persian if language() == "fa" else {"currency": Currency.USD.value, "time_zone": "UTC"})}


class OrganizationFilter(forms.Form):
    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Name, website or e-mail"), "dir": "auto"}),
    )
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All")), *Kind.choices])
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("All")), *OrganizationStatus.choices])


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text=_("The owners receive it by e-mail."),
    )


class InvitationForm(forms.Form):
    email = forms.EmailField(label=_("E-mail"), widget=MAIL)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.ANALYST)


class KeyForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
        help_text=_("What will use this key, for example “Data warehouse”."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("May"),
        choices=keys.Scope.choices,
        initial=[keys.Scope.READ],
        widget=forms.CheckboxSelectMultiple,
    )


class PersonForm(forms.Form):
    name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"})
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=[("en", "English"), ("fa", "فارسی")], help_text=_("Of the pages and of your mail.")
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "time_zone", [("", _("That of the organization")), *geography.time_zones(language())])

    @staticmethod
    def values_of(user: User) -> dict[str, str]:
        return {"name": user.name, "language": user.language, "time_zone": user.time_zone}


class NetworkSettingsForm(forms.Form):
    fallback_url = WebField(
        label=_("Fallback address"),
        required=False,
        help_text=_("Where a visitor goes when a link leads nowhere else."),
    )
    fee_basis_points = PercentField(
        label=_("Network fee"), help_text=_("On each commission, paid by the advertiser on top of it.")
    )
    low_balance_days = WholeNumberField(
        label=_("Low balance warning"),
        unit=_("days"),
        min_value=1,
        max_value=90,
        help_text=_("Warn when a balance will be used up within so many days."),
    )


class AuditFilter(forms.Form):
    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Name or e-mail"), "dir": "auto"}),
    )
    topic = forms.ChoiceField(label=_("About"), required=False)

    def __init__(self, *args: Any, topics: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "topic", [("", _("All")), *topics])
