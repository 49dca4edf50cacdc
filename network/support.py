"""Django's stock admin, for support: people log in to it as everywhere, with their second factor, mostly to read."""

from typing import TYPE_CHECKING, Any, Final

from allauth.account.decorators import secure_admin_login
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

OUR_APPS: Final = frozenset({"network", "advertisers", "publishers", "tracking", "payouts", "reporting"})


class SupportSite(admin.AdminSite):
    site_header = site_title = "Peyvand"
    index_title = ""

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Only what our own apps register: the admins of libraries would show secrets and let staff take over accounts."""
        if admin_class is not None and admin_class.__module__.partition(".")[0] in OUR_APPS:
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and not lacks_second_factor(request)

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """The site's own login page, then a second factor where staff must have one; Django's login form is never used."""
        if request.user.is_authenticated and request.user.is_staff and lacks_second_factor(request):
            return redirect("mfa_activate_totp")
        response: HttpResponse = secure_admin_login(super().login)(request, extra_context)
        return response


def lacks_second_factor(request: HttpRequest) -> bool:
    return settings.REQUIRE_STAFF_MFA and not is_mfa_enabled(request.user)


if TYPE_CHECKING:
    Admin = admin.ModelAdmin[Any]
else:
    Admin = admin.ModelAdmin


class ReadOnly(Admin):
    """For tables that only the product's actions write: nothing is added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
