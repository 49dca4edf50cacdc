from pathlib import PurePath
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from advertisers import creatives, images, letters
from advertisers.fields import FilesField, FilesInput, WebAddressField
from advertisers.models import Campaign, Creative
from network.actors import Actor
from network.errors import DomainError

LANDING_HELP = _("Only if these lead elsewhere than to the campaign's landing page.")


class BannersForm(forms.Form):
    """Several banners at once; each file stands or falls by itself."""

    images = FilesField(
        label=_("Images"),
        widget=FilesInput(attrs={"accept": ",".join(images.CONTENT_TYPES.values())}),
        help_text=_("PNG, JPEG, GIF or WebP, at most 2 MB each."),
    )
    landing_url = WebAddressField(label=_("Landing page"), required=False, help_text=LANDING_HELP)

    def add_to(self, campaign: Campaign, *, by: Actor) -> list[Creative]:
        """The banners made; what was wrong with the other files is beside the field."""
        made = []
        for file in self.cleaned_data["images"]:
            try:
                made.append(self._add(campaign, file, by))
            except DomainError as error:
                self.add_error("images", f"{file.name}: {error}")
        return made

    def _add(self, campaign: Campaign, file: UploadedFile[Any], by: Actor) -> Creative:
        if (file.size or 0) > images.MAX_BYTES:
            raise images.ImageIsTooLarge
        name = PurePath(file.name or "").stem[:120]
        return creatives.add_banner(
            campaign, name=name, data=file.read(), landing_url=self.cleaned_data["landing_url"], by=by
        )


class NativeForm(forms.Form):
    image = forms.FileField(
        label=_("Picture"),
        widget=forms.FileInput(attrs={"accept": ",".join(images.CONTENT_TYPES.values())}),
        help_text=_("At least 200 × 200 pixels; it is cut to a square."),
    )
    title = forms.CharField(label=_("Headline"), max_length=90, widget=forms.TextInput(attrs={"dir": "auto"}))
    text = forms.CharField(
        label=_("Text"), required=False, max_length=140, widget=forms.TextInput(attrs={"dir": "auto"})
    )
    brand = forms.CharField(label=_("Brand"), max_length=40, widget=forms.TextInput(attrs={"dir": "auto"}))
    landing_url = WebAddressField(label=_("Landing page"), required=False, help_text=LANDING_HELP)

    def add_to(self, campaign: Campaign, *, by: Actor) -> Creative:
        values: dict[str, Any] = dict(self.cleaned_data)
        image: UploadedFile[Any] = values.pop("image")
        if (image.size or 0) > images.MAX_BYTES:
            raise images.ImageIsTooLarge(field="image")
        return creatives.add_native(campaign, name="", data=image.read(), **values, by=by)


class LetterForm(forms.Form):
    subject = forms.CharField(label=_("Subject"), max_length=150, widget=forms.TextInput(attrs={"dir": "auto"}))
    preview = forms.CharField(
        label=_("Preview text"),
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs={"dir": "auto"}),
        help_text=_("What mail lists show beside the subject."),
    )
    html = forms.CharField(
        label=_("HTML"),
        max_length=letters.MAX_HTML,
        widget=forms.Textarea(attrs={"rows": 8, "dir": "ltr", "spellcheck": "false"}),
        help_text=_(
            "With {link} and {unsubscribe} in it; {open_pixel} is put at the end. Scripts and forms are taken out."
        ),
    )
    landing_url = WebAddressField(label=_("Landing page"), required=False, help_text=LANDING_HELP)

    def add_to(self, campaign: Campaign, *, by: Actor) -> Creative:
        values: dict[str, Any] = self.cleaned_data
        return letters.add(campaign, name="", **values, by=by)


class SuppressionForm(forms.Form):
    file = forms.FileField(
        label=_("CSV or text file"),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
        help_text=_("One e-mail address, SHA-256 or MD5 per line, in the first column. At most 500,000 lines."),
    )


class TextLinkForm(forms.Form):
    text = forms.CharField(
        label=_("Link text"),
        max_length=200,
        widget=forms.TextInput(attrs={"dir": "auto"}),
        help_text=_("What visitors read and click, for example: 20% off all shoes this week."),
    )
    name = forms.CharField(
        label=_("Name for the list"), required=False, max_length=120, widget=forms.TextInput(attrs={"dir": "auto"})
    )
    landing_url = WebAddressField(label=_("Landing page"), required=False, help_text=LANDING_HELP)

    def add_to(self, campaign: Campaign, *, by: Actor) -> Creative:
        values: dict[str, Any] = self.cleaned_data
        return creatives.add_text(
            campaign, name=values["name"], text=values["text"], landing_url=values["landing_url"], by=by
        )
