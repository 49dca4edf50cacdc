from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from advertisers.caps import MAX_LIMIT
from advertisers.models import BlockedBy, Campaign, Metric, Period
from network.forms import WholeNumberField, offer
from publishers.models import Partnership, PartnershipStatus

EFFECTS = [("hard", _("Stop taking traffic")), ("soft", _("Only tell me"))]
STOPPED = _("When stopped, further visitors go to the fallback page.")


class _OfPublisher(forms.Form):
    """A form about a campaign or one of its publishers."""

    partnership = forms.ChoiceField(label=_("For"), required=False)

    def __init__(self, campaign: Campaign, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        found = Partnership.objects.filter(
            campaign=campaign, status__in=[PartnershipStatus.ACTIVE, PartnershipStatus.PAUSED]
        )
        self.partnerships = {
            one.public_id: one for one in found.select_related("publisher").order_by("publisher__name")
        }
        choices = [
            ("", _("All publishers together")),
            *((key, one.publisher.name) for key, one in self.partnerships.items()),
        ]
        offer(self, "partnership", choices)

    @property
    def chosen(self) -> dict[str, Any]:
        """Whose, for the actions of caps and blocks."""
        one = self.partnerships.get(self.cleaned_data["partnership"])
        return {"partnership_id": one.pk, "label": one.publisher.name} if one else {}


class NewCapForm(_OfPublisher):
    metric = forms.ChoiceField(label=_("What is counted"), choices=Metric.choices)
    limit = WholeNumberField(label=_("At most"), min_value=1, max_value=MAX_LIMIT)
    period = forms.ChoiceField(label=_("Per"), choices=Period.choices)
    effect = forms.ChoiceField(label=_("When it is reached"), choices=EFFECTS, help_text=STOPPED)

    field_order = ["metric", "limit", "period", "partnership", "effect"]

    @property
    def settings(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        named = {name: cleaned[name] for name in ("metric", "period", "limit")}
        return {**named, "is_hard": cleaned["effect"] == "hard", **self.chosen}


class CapForm(forms.Form):
    limit = WholeNumberField(label=_("At most"), min_value=1, max_value=MAX_LIMIT)
    effect = forms.ChoiceField(label=_("When it is reached"), choices=EFFECTS, help_text=STOPPED)


class BlockForm(_OfPublisher):
    field = forms.ChoiceField(label=_("What is blocked"), choices=BlockedBy.choices)
    value = forms.CharField(
        label=_("Value"),
        max_length=256,
        required=False,
        widget=forms.TextInput(attrs={"dir": "auto"}),
        help_text=_("Exactly as it arrives. For everything of a publisher leave this empty."),
    )
    reason = forms.CharField(
        label=_("Why"), max_length=200, required=False, help_text=_("A note for your team; publishers do not see it.")
    )

    field_order = ["field", "value", "partnership", "reason"]

    @property
    def settings(self) -> dict[str, Any]:
        return {**{name: self.cleaned_data[name] for name in ("field", "value", "reason")}, **self.chosen}
