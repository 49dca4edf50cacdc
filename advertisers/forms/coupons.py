"""Codes one by one, and as a list."""

import csv
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from advertisers.coupons import MAX_CODE, Terms
from advertisers.models import Coupon
from network.forms import JalaliDateField, choose_from
from network.models import Organization


class TermsForm(forms.Form):
    """Days are those of the reader's time zone; the last one counts in full."""

    publisher = forms.ModelChoiceField(
        Organization.objects.none(),
        label=_("Publisher"),
        required=False,
        to_field_name="public_id",
        empty_label=_("All"),
    )
    is_exclusive = forms.BooleanField(
        label=_("Exclusive"),
        required=False,
        help_text=_("A sale with this code is this publisher's, whoever's link was clicked."),
    )
    description = forms.CharField(
        label=_("What it gives"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"dir": "auto"}),
        help_text=_("For example: 20% off all shoes."),
    )
    first = JalaliDateField(label=_("Valid from"), required=False)
    last = JalaliDateField(label=_("Valid until"), required=False)

    def __init__(self, *args: Any, publishers: QuerySet[Organization], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "publisher", publishers)

    @property
    def terms(self) -> Terms:
        cleaned = self.cleaned_data
        last = cleaned["last"]
        return Terms(
            publisher=cleaned["publisher"],
            is_exclusive=cleaned["is_exclusive"],
            description=cleaned["description"],
            valid_from=_midnight(cleaned["first"]),
            valid_until=_midnight(last + timedelta(days=1)) if last else None,
        )


class CouponForm(TermsForm):
    code = forms.CharField(
        label=_("Code"), max_length=MAX_CODE, widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off"})
    )

    field_order = ["code"]


class CouponEditForm(TermsForm):
    @classmethod
    def of(cls, coupon: Coupon, data: Any, *, publishers: QuerySet[Organization]) -> "CouponEditForm":
        last = coupon.valid_until
        initial = {
            "publisher": coupon.publisher.public_id if coupon.publisher else None,
            "is_exclusive": coupon.is_exclusive,
            "description": coupon.description,
            "first": timezone.localtime(coupon.valid_from).date() if coupon.valid_from else None,
            "last": timezone.localtime(last - timedelta(microseconds=1)).date() if last else None,
        }
        return cls(data, publishers=publishers, initial=initial)


class CouponListForm(TermsForm):
    """Codes in a text field or a CSV file, the first column of each line; the terms hold for all of them."""

    codes = forms.CharField(
        label=_("Codes"), required=False, widget=forms.Textarea(attrs={"rows": 5, "dir": "ltr", "spellcheck": "false"})
    )
    file = forms.FileField(label=_("Or a CSV file"), required=False, help_text=_("The first column of each line."))

    field_order = ["codes", "file"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        lines = cleaned.get("codes", "").splitlines()
        if file := cleaned.get("file"):
            try:
                rows = csv.reader(file.read(2 * 1024 * 1024).decode("utf-8-sig").splitlines())
                lines += [row[0] for row in rows if row]
            except (UnicodeDecodeError, csv.Error):
                self.add_error("file", _("This file is no CSV text."))
        found = [line.strip() for line in lines if line.strip()]
        if found and found[0].lower() == "code":
            found = found[1:]
        if not found and not self.errors:
            self.add_error("codes", _("Enter at least one code."))
        cleaned["found"] = found
        return cleaned


def _midnight(day: Any) -> datetime | None:
    if day is None:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=timezone.get_current_timezone())
