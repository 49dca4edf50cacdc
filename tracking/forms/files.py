"""Files that are handed in, and what their columns mean."""

from collections.abc import Iterable
from typing import Any, Final

from crispy_forms.helper import FormHelper
from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign, System
from network import geography
from network.forms import offer
from tracking.files import headers, jobs
from tracking.models import FileJob, FileKind

NONE: Final = ("", "—")


def bare() -> FormHelper:
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    return helper


class UploadForm(forms.Form):
    helper = bare()

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV, at most 20 MB and 200,000 rows. The first line names the columns."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv"}),
    )
    campaign = forms.ChoiceField(label=_("Campaign"))

    def __init__(self, data: Any = None, files: Any = None, *, campaigns: Iterable[Campaign]) -> None:
        super().__init__(data, files)
        offer(self, "campaign", [(one.public_id, one.name) for one in campaigns])

    def clean_file(self) -> "UploadedFile[Any]":
        return _within(self.cleaned_data["file"], jobs.MAX_UPLOAD)


class ImportForm(forms.Form):
    helper = bare()

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV, or one JSON object a line. Larger files go through the command import_history."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.ndjson,.jsonl"}),
    )
    kind = forms.ChoiceField(
        label=_("What"),
        choices=[(one.value, one.label) for one in (FileKind.CLICKS, FileKind.CONVERSIONS)],
        help_text=_("Import the clicks first, so that the conversions find theirs."),
    )
    system = forms.ChoiceField(label=_("From"), choices=System.choices)
    time_zone = forms.ChoiceField(label=_("Time zone of times without one"))

    def __init__(self, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files, initial={"time_zone": "UTC"})
        offer(self, "time_zone", geography.time_zones(get_language() or "en"))

    def clean_file(self) -> "UploadedFile[Any]":
        return _within(self.cleaned_data["file"], jobs.MAX_IMPORT)


class ColumnsForm(forms.Form):
    """For each of our fields the column of the file that holds it."""

    helper = bare()

    def __init__(self, data: Any = None, *, job: FileJob) -> None:
        super().__init__(data)
        columns = [NONE, *((str(place), name or f"#{place + 1}") for place, name in enumerate(job.header))]
        for name in headers.FIELDS[job.kind]:
            label = str(headers.LABELS[name])
            if name.startswith("sub") and name[3:].isdigit():
                label = f"{label} {name[3:]}"
            self.fields[name] = forms.ChoiceField(
                label=label,
                choices=columns,
                required=name in headers.NEEDED[job.kind],
                initial=str(job.mapping.get(name, "")),
            )
        self.fields["time_zone"] = forms.ChoiceField(
            label=_("Time zone of times without one"),
            choices=geography.time_zones(get_language() or "en"),
            initial=job.time_zone,
        )

    @property
    def mapping(self) -> dict[str, int]:
        found = {name: value for name, value in self.cleaned_data.items() if name != "time_zone" and value}
        return {name: int(value) for name, value in found.items()}


def _within(file: "UploadedFile[Any]", most: int) -> "UploadedFile[Any]":
    if (file.size or 0) > most:
        raise forms.ValidationError(str(jobs.TooLarge.message))
    return file
