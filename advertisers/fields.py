"""Form fields of this app: rates finer than a currency's minor unit, web addresses, hosts, several files."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import URLValidator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from advertisers import hosts
from network import entry, formats
from network.errors import DomainError
from network.forms import UnitInput
from network.money import exponent

FURTHER_DECIMALS: Final = 6
MAX_MAJOR: Final = 10_000_000_000


class RateField(forms.Field):
    """A flat commission in major units (rials in toman when the page is Persian), with up to six decimals more than the
    currency has; cleans to millionths of a minor unit, 0 when left empty."""

    widget = UnitInput

    def __init__(self, *, currency: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.currency = currency
        self.widget.unit = formats.money_unit(currency, get_language() or "en")

    @property
    def _is_toman(self) -> bool:
        return self.currency == "IRR" and formats.is_persian(get_language() or "en")

    @property
    def _exponent(self) -> int:
        """Decimals between the unit of the entry and the minor unit."""
        return exponent(self.currency) + (1 if self._is_toman else 0)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, int):
            return value
        if not value:
            return ""
        major = formats.trimmed(Decimal(value).scaleb(-FURTHER_DECIMALS - self._exponent))
        return formats.number(major, get_language() or "en")

    def to_python(self, value: Any) -> int:
        text = str(value or "").strip()
        if not text:
            return 0
        try:
            major = entry.number(text, self._exponent + FURTHER_DECIMALS)
        except DomainError as error:
            raise ValidationError(str(error), error.code) from error
        if major > MAX_MAJOR:
            raise ValidationError(_("This amount is too large."), "too_large")
        return int(major.scaleb(FURTHER_DECIMALS + self._exponent))


class WebAddressField(forms.URLField):
    """An http or https address without a password in it."""

    default_validators = [URLValidator(schemes=["http", "https"])]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=2000, assume_scheme="https", **kwargs)
        self.widget.attrs |= {"dir": "ltr", "inputmode": "url", "placeholder": "https://"}

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and "@" in urlsplit(value).netloc:
            raise ValidationError(_("Leave user name and password out of the address."), "credentials")


class HostsField(forms.CharField):
    """Host names, one per line (or between spaces or commas); cleans to a list."""

    widget = forms.Textarea(attrs={"rows": 3, "dir": "ltr", "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        names = str(value or "").replace(",", " ").replace("،", " ").split()
        try:
            return [hosts.normalized(name) for name in names]
        except hosts.InvalidHost as error:
            raise ValidationError(_("“%(name)s” is not a host name."), "host", {"name": str(error)}) from None

    def run_validators(self, value: Any) -> None:
        """Each name was checked while it was read."""


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One or more uploaded files; cleans to a list."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        files: Sequence[Any] = data if isinstance(data, list | tuple) else [data]
        if not any(files):
            super().clean(None, initial)
        return [file for file in files if file]
