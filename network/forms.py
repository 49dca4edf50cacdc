"""Form fields that understand what people type in either language. Everything else is Django's and crispy's."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.renderers import BaseRenderer
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from network import entry, formats
from network.errors import DomainError
from network.money import Money


def language() -> str:
    return get_language() or "en"


def offer(form: forms.BaseForm, name: str, choices: Iterable[tuple[Any, Any]]) -> None:
    """What a field lets choose, where that depends on who asks."""
    cast("forms.ChoiceField", form.fields[name]).choices = list(choices)


def choose_from(form: forms.BaseForm, name: str, rows: QuerySet[Any]) -> None:
    """The same for a field whose choices are rows."""
    cast("forms.ModelChoiceField[Any]", form.fields[name]).queryset = rows


class UnitInput(forms.TextInput):
    """A left-to-right number with its unit beside it."""

    unit: str | Promise = ""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "decimal", "autocomplete": "off", "dir": "ltr"} | (attrs or {}))

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: BaseRenderer | None = None
    ) -> SafeString:
        html = super().render(name, value, attrs, renderer)
        if not self.unit:
            return html
        return format_html(
            '<div class="input-group field-with-unit">{}<span class="input-group-text">{}</span></div>', html, self.unit
        )


class DigitsMixin(forms.Field):
    """For number fields: Persian digits and separators are as good as Latin ones; so is a pasted direction mark."""

    places = 0

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.strip():
            value = f"{_read(entry.number, value, self.places):f}"
            value = value.partition(".")[0] if not self.places else value
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        if value is None or isinstance(value, str):
            return value
        return formats.number(value, language())


class WholeNumberField(DigitsMixin, forms.IntegerField):
    """A count, at least zero, shown with grouped digits."""

    widget = UnitInput

    def __init__(self, *, unit: str | Promise = "", min_value: int = 0, **kwargs: Any) -> None:
        super().__init__(min_value=min_value, **kwargs)
        self.widget.unit = unit

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "numeric"}  # min and max belong to type=number, which refuses Persian digits


class MoneyField(forms.Field):
    """An amount in major units of `currency` (rials in toman when the page is Persian); cleans to Money.

    A form that learns its currency late sets `form.fields["amount"].currency`.
    """

    widget = UnitInput

    def __init__(self, *, currency: str = "USD", minimum: int = 0, maximum: int | None = None, **kwargs: Any) -> None:
        """`minimum` and `maximum` are in minor units."""
        super().__init__(**kwargs)
        self.currency, self.minimum, self.maximum = currency, minimum, maximum

    def __deepcopy__(self, memo: dict[int, Any]) -> "MoneyField":
        copied: MoneyField = super().__deepcopy__(memo)
        copied.currency = self.currency  # sets the unit of the copied widget, in the language of this request
        return copied

    @property
    def currency(self) -> str:
        return self._currency

    @currency.setter
    def currency(self, value: str) -> None:
        self._currency = value
        self.widget.unit = formats.money_unit(value, language())

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, Money):
            return value
        return formats.money_figure(value, language())

    def to_python(self, value: Any) -> Money | None:
        if value is None or isinstance(value, Money):
            return value
        text = str(value).strip()
        return _read(entry.money, text, self.currency, language()) if text else None

    def validate(self, value: Money | None) -> None:
        super().validate(value)
        if value is None:
            return
        if value.amount < self.minimum:
            raise ValidationError(_("Enter at least %(limit)s."), "too_small", {"limit": self._shown(self.minimum)})
        if self.maximum is not None and value.amount > self.maximum:
            raise ValidationError(_("Enter at most %(limit)s."), "too_large", {"limit": self._shown(self.maximum)})

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except ValidationError:
            return True

    def _shown(self, amount: int) -> str:
        return str(formats.money(Money(amount, self.currency), language()))


class PercentField(forms.Field):
    """A rate in percent with at most two decimals; cleans to basis points (12.5% is 1250)."""

    widget = UnitInput

    def __init__(self, *, minimum: int = 0, maximum: int = 10_000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.minimum, self.maximum = minimum, maximum

    def __deepcopy__(self, memo: dict[int, Any]) -> "PercentField":
        copied: PercentField = super().__deepcopy__(memo)
        copied.widget.unit = formats.percent_sign(language())
        return copied

    def prepare_value(self, value: Any) -> Any:
        return formats.percent(value, language()).rstrip("%٪") if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:
        if value is None or isinstance(value, int):
            return value
        text = str(value).strip()
        return _read(entry.basis_points, text) if text else None

    def validate(self, value: int | None) -> None:
        super().validate(value)
        if value is not None and not self.minimum <= value <= self.maximum:
            limits = {name: formats.percent(limit, language()) for name, limit in self._limits().items()}
            raise ValidationError(_("Enter a rate from %(low)s to %(high)s."), "out_of_range", limits)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(initial) != self.to_python(data)
        except ValidationError:
            return True

    def _limits(self) -> dict[str, int]:
        return {"low": self.minimum, "high": self.maximum}


class DayInput(forms.DateInput):
    """The browser's own calendar in English; in Persian a text field with the Jalali calendar (static/js/dates.js)."""

    input_type = "text"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        widget = context["widget"]
        if formats.is_persian(language()):
            widget["attrs"] |= {"data-jdp": "", "dir": "ltr", "autocomplete": "off", "inputmode": "numeric"}
            widget["attrs"].setdefault("placeholder", formats.entry_day(timezone.localdate(), language()))
        else:
            widget["type"] = "date"
        return context

    def format_value(self, value: Any) -> str | None:
        """A readable day in the reader's calendar, also one that came from a link in the other language; else as typed."""
        try:
            day = value if isinstance(value, date) else entry.day(str(value or ""), language())
        except DomainError:
            return value or None
        return formats.entry_day(day, language())


class JalaliDateField(forms.DateField):
    """A day in the reader's calendar; cleans to a Gregorian `date`."""

    widget = DayInput

    def prepare_value(self, value: Any) -> Any:
        return value

    def to_python(self, value: Any) -> date | None:
        if isinstance(value, str) and value.strip():
            return _read(entry.day, value, language())
        return super().to_python(value)


def _read[**P, T](reader: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """A reader's refusal, told beside the field."""
    try:
        return reader(*args, **kwargs)
    except DomainError as error:
        raise ValidationError(str(error), error.code) from error
