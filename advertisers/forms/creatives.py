from pathlib import PurePath
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from advertisers import creatives, images
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
