from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from network import formats


class Length(MinimumLengthValidator):
    """Django's, with the number in the reader's digits."""

    def get_error_message(self) -> str:
        return self.get_help_text()

    def get_help_text(self) -> str:
        least = formats.number(self.min_length, get_language() or "en")
        return str(_("A password has at least %(least)s characters.")) % {"least": least}
