"""How people sign up: django-allauth's adapter and our sign-up form."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from network.models import User


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:  # noqa: FBT001, FBT002  allauth's signature
        """Keep the language in which the person signed up."""
        user.language = (get_language() or "en")[:2]
        user.name = form.cleaned_data.get("name", "")
        return super().save_user(request, user, form, commit)  # type: ignore[no-any-return]


class SignupForm(AllauthSignupForm):  # type: ignore[misc]
    name = forms.CharField(label=_("Your name"), max_length=120)

    field_order = ["name", "email", "password1"]
