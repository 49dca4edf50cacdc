"""django-allauth's two-factor forms, for keyboards with Persian digits."""

from typing import Any

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.utils.translation import gettext_lazy as _

from network import entry, formats


class CodeField(forms.CharField):
    def __init__(self) -> None:
        attrs = {"autocomplete": "one-time-code", "autofocus": True, "class": "code-input", "dir": "ltr"}
        super().__init__(label=_("Code"), max_length=40, widget=forms.TextInput(attrs))

    def to_python(self, value: Any) -> str:
        return formats.ascii_digits(entry.STRAY.sub("", str(super().to_python(value)))).strip()


class Authenticate(AuthenticateForm):  # type: ignore[misc]
    code = CodeField()


class Reauthenticate(ReauthenticateForm):  # type: ignore[misc]
    code = CodeField()


class ActivateTotp(ActivateTOTPForm):  # type: ignore[misc]
    code = CodeField()
