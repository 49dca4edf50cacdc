from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from advertisers.models import App, Measurement
from advertisers.models.apps import MAX_ADDRESS

LTR = {"dir": "ltr", "autocomplete": "off", "spellcheck": "false"}
FIELDS = ("ios_app_id", "android_package", "ios_link", "android_link", "measurement", "measurement_url")


class AppForm(forms.Form):
    ios_app_id = forms.CharField(
        label=_("App Store id"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs=LTR | {"inputmode": "numeric"}),
    )
    ios_link = forms.CharField(
        label=_("Universal link"),
        required=False,
        max_length=MAX_ADDRESS,
        widget=forms.TextInput(attrs=LTR),
        help_text=_("An https address that opens the app where it is installed. Empty: the App Store."),
    )
    android_package = forms.CharField(
        label=_("Android package"), required=False, max_length=150, widget=forms.TextInput(attrs=LTR)
    )
    android_link = forms.CharField(
        label=_("App link"),
        required=False,
        max_length=MAX_ADDRESS,
        widget=forms.TextInput(attrs=LTR | {"placeholder": "myshop://home?from={click_id}"}),
        help_text=_(
            "https, or your app's own scheme; who does not have the app goes to the Play store. Empty: the store."
        ),
    )
    measurement = forms.ChoiceField(label=_("Installs are measured by"), required=False, choices=Measurement.choices)
    measurement_url = forms.CharField(
        label=_("Click address of the measurement partner"),
        required=False,
        max_length=MAX_ADDRESS,
        widget=forms.Textarea(attrs=LTR | {"rows": 3}),
    )

    @classmethod
    def of(cls, app: App | None, data: Any) -> "AppForm":
        return cls(data, initial={name: getattr(app, name) for name in FIELDS} if app else None)
