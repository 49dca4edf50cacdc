from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from advertisers import landing_pages
from advertisers.fields import WebAddressField
from advertisers.models import Creative, LandingPage
from network.forms import UnitInput, WholeNumberField


class LandingPageForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Reports show this name."))
    url = WebAddressField(label=_("Address"), help_text=_("The click id is appended to it."))


class NewLandingPageForm(LandingPageForm):
    weight = WholeNumberField(label=_("Weight"), max_value=landing_pages.MAX_WEIGHT, initial=1)


@dataclass(frozen=True, slots=True)
class Share[T]:
    """One that takes its turn: its weight's field and its share of all, in basis points."""

    item: T
    field: forms.BoundField
    share: int


class SharesForm[T: (LandingPage, Creative)](forms.Form):
    """A weight for each; 0 takes it out."""

    def __init__(self, items: Iterable[T], data: Any = None, *, prefix: str) -> None:
        super().__init__(data, prefix=prefix)
        self.items: list[T] = list(items)
        for item in self.items:
            self.fields[str(item.pk)] = WholeNumberField(
                label=item.name,
                max_value=landing_pages.MAX_WEIGHT,
                initial=weight(item),
                widget=UnitInput({"class": "form-control"}),
            )

    @property
    def rows(self) -> Iterator[Share[T]]:
        shares = landing_pages.shares({item.pk: weight(item) for item in self.items})
        for item in self.items:
            yield Share(item, self[str(item.pk)], shares[item.pk])

    @property
    def weights(self) -> dict[int, int]:
        return {item.pk: self.cleaned_data[str(item.pk)] for item in self.items}


def weight(item: LandingPage | Creative) -> int:
    """What counts: a page that is not in rotation weighs nothing."""
    return item.weight if getattr(item, "is_active", True) else 0
