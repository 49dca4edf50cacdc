"""How people sign up and log in: what we say to django-allauth, and the settings of a person."""

from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.core import context as current
from django import forms
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from network import audit, logins, mail
from network.actors import Actor
from network.addresses import client_address
from network.models import Kind, User

SIGNUP_KIND: Final = "signup_kind"
SIGNUP_KINDS: Final = (Kind.ADVERTISER, Kind.PUBLISHER, Kind.AGENCY)

NOTICES: Final[dict[str, Promise]] = {
    "account/email/password_changed": _("Your password was changed"),
    "account/email/password_reset": _("Your password was set anew"),
    "account/email/password_set": _("A password was set"),
    "account/email/email_changed": _("Your e-mail address was changed"),
    "account/email/email_deleted": _("An e-mail address was removed"),
    "mfa/email/totp_activated": _("Two-factor authentication was switched on"),
    "mfa/email/totp_deactivated": _("Two-factor authentication was switched off"),
    "mfa/email/recovery_codes_generated": _("New recovery codes were made"),
}
MAILS: Final[dict[str, str]] = {
    "account/email/email_confirmation": "email_confirmation",
    "account/email/email_confirmation_signup": "email_confirmation",
    "account/email/account_already_exists": "account_already_exists",
    "account/email/unknown_account": "unknown_account",
    "account/email/password_reset_key": "password_reset_key",
}


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:  # noqa: FBT001, FBT002
        """Keep the language in which the person signed up, and as what she wants to work here."""
        user.language = (get_language() or "en")[:2]
        user.name = form.cleaned_data.get("name", "")
        request.session[SIGNUP_KIND] = form.cleaned_data.get("kind", "")
        return super().save_user(request, user, form, commit)  # type: ignore[no-any-return]

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Our own words in the person's language, through the mail queue."""
        user = context.get("user") or User.objects.filter(email__iexact=email).first()
        language = user.language if user else (get_language() or "en")[:2]
        kept = {name: _on_our_site(value) for name, value in context.items() if name != "user"}
        if template_prefix in NOTICES:
            with override(language):
                kept["event"] = str(NOTICES[template_prefix])
            kept["reset_url"] = settings.SITE_URL + reverse("account_reset_password")
            mail.send_to("account_notice", email, language=language, **kept)
        else:
            mail.send_to(MAILS[template_prefix], email, language=language, **kept)

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """On a device that has no language yet the pages are in the person's own."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        logins.note(user, client_address(request))
        if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            remember_language(response, user.language)
        return response


def _on_our_site(value: Any) -> Any:
    """An address that was built from the request, with our own origin: whoever asks for a mail also chooses the host it says."""
    if not isinstance(value, str) or not value.startswith(("http://", "https://")):
        return value
    return settings.SITE_URL + urlunsplit(("", "", *urlsplit(value)[2:]))


class SignupForm(AllauthSignupForm):  # type: ignore[misc]
    name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"})
    )
    kind = forms.CharField(required=False, widget=forms.HiddenInput)

    field_order = ["name", "email", "password1", "kind"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].initial = known_kind(current.request.GET.get("kind", ""))

    def clean_kind(self) -> str:
        return known_kind(self.cleaned_data["kind"])


def known_kind(text: str) -> str:
    return text if text in SIGNUP_KINDS else ""


def remember_language(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 3600,
        secure=settings.SECURE,
        httponly=True,
        samesite="Lax",
    )


@transaction.atomic
def change(user: User, *, name: str, language: str, time_zone: str, by: Actor) -> User:
    """A person's own settings. An empty time zone means that of the organization she acts for."""
    user.name, user.language, user.time_zone = name, language, time_zone
    user.save(update_fields=["name", "language", "time_zone"])
    audit.record(by, "user.changed", user, language=language, time_zone=time_zone)
    return user
