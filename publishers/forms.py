"""What people enter on the pages of this app."""

from typing import Any, ClassVar

from crispy_forms.helper import FormHelper
from django import forms
from django.core.validators import URLValidator
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from advertisers.fields import WebAddressField
from advertisers.models import Campaign, Coupon, Objective, PayModel
from network.forms import UnitInput, WholeNumberField, choose_from, offer
from network.models import Kind, Organization
from network.money import Currency
from publishers import smart_links
from publishers.links import MAX_SUB, SUBS
from publishers.models import (
    Channel,
    Partnership,
    PartnershipStatus,
    Property,
    PublisherKind,
    PublisherProfile,
    SmartLink,
    TrackingLink,
)

ANY = ("", _("Any"))


def bare() -> FormHelper:
    """Fields only: the page writes the <form> and its buttons."""
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    return helper


def kind_field() -> forms.ChoiceField:
    return forms.ChoiceField(label=_("Kind"), choices=[("", _("Choose one")), *PublisherKind.choices])


class ProfileForm(forms.ModelForm[PublisherProfile]):
    helper = bare()

    kind = kind_field()

    class Meta:
        model = PublisherProfile
        fields = ("kind", "description", "audience")
        widgets: ClassVar[dict[str, forms.Widget]] = {"description": forms.Textarea(attrs={"rows": 5, "dir": "auto"})}
        help_texts: ClassVar[dict[str, Any]] = {
            "description": _("Where you promote, how you write about products, what makes your visitors buy."),
            "audience": _("Who visits you, for example: parents in Tehran, 25 to 40."),
        }


class PropertyForm(forms.ModelForm[Property]):
    helper = bare()

    kind = kind_field()
    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        widget=forms.URLInput(attrs={"dir": "ltr", "placeholder": "https://"}),
        help_text=_("The site, the channel or the page of the app in a store."),
    )
    monthly_visitors = WholeNumberField(label=_("Visitors a month"), required=False, max_value=2_000_000_000)

    class Meta:
        model = Property
        fields = ("kind", "name", "url", "monthly_visitors")

    def clean_url(self) -> str:
        """http and https only, whole addresses; without a scheme https is meant."""
        url = str(self.cleaned_data["url"]).strip()
        if "://" not in url:
            url = f"https://{url}"
        URLValidator(schemes=["http", "https"])(url)
        return url

    def validate_unique(self) -> None:
        """The action says it, in the words of this app."""


class DiscoveryForm(forms.Form):
    helper = bare()

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Campaign or advertiser"), "dir": "auto"}),
    )
    objective = forms.ChoiceField(label=_("Objective"), required=False, choices=[ANY, *Objective.choices])
    pay_model = forms.ChoiceField(label=_("Pays"), required=False, choices=[ANY, *PayModel.choices])
    currency = forms.ChoiceField(label=_("Currency"), required=False, choices=[ANY, *Currency.choices])


class MessageForm(forms.Form):
    helper = bare()

    message = forms.CharField(
        label=_("Message to the advertiser"),
        required=False,
        max_length=Partnership._meta.get_field("message").max_length,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        help_text=_("How you will promote this campaign. It helps to be approved."),
    )


class InvitationForm(forms.Form):
    helper = bare()

    message = forms.CharField(
        label=_("Message to the publisher"),
        required=False,
        max_length=Partnership._meta.get_field("message").max_length,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )


class PublisherSearchForm(forms.Form):
    """Whom to invite, and into which campaign."""

    helper = bare()

    campaign = forms.ChoiceField(label=_("Campaign"), required=False)
    q = forms.CharField(
        label=_("Publisher"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Name of the publisher"), "dir": "auto"}),
    )

    def __init__(self, *args: Any, campaigns: list[Campaign], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "campaign", [(one.public_id, one.name) for one in campaigns])


class PartnerFilterForm(forms.Form):
    helper = bare()

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Name of the publisher"), "dir": "auto"}),
    )
    client = forms.ChoiceField(label=_("Client"), required=False)
    campaign = forms.ChoiceField(label=_("Campaign"), required=False)
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[ANY, *PartnershipStatus.choices])

    def __init__(self, *args: Any, campaigns: list[Campaign], clients: list[Organization], **kwargs: Any) -> None:
        """Without `clients` nothing is asked about them."""
        super().__init__(*args, **kwargs)
        for name, found in (("campaign", campaigns), ("client", clients)):
            choices = [ANY, *((one.public_id, one.name) for one in found)]
            offer(self, name, choices)
        if not clients:
            del self.fields["client"]


class LinkForm(forms.Form):
    helper = bare()

    destination = forms.CharField(
        label=_("Deep link"),
        required=False,
        max_length=2000,
        widget=forms.URLInput(attrs={"dir": "ltr", "placeholder": "https://", "inputmode": "url"}),
    )
    channel = forms.ChoiceField(
        label=_("Channel"),
        required=False,
        choices=Channel.choices,
        help_text=_("How this link reaches people. Your reports are split by it."),
    )
    coupon = forms.ModelChoiceField(
        Coupon.objects.none(),
        label=_("Discount code"),
        required=False,
        to_field_name="public_id",
        empty_label=_("None"),
        help_text=_("Each click carries it."),
    )
    name = forms.CharField(label=_("Name of the link"), required=False, max_length=120)

    def __init__(self, *args: Any, channel: str = "", codes: QuerySet[Coupon] | None = None, **kwargs: Any) -> None:
        """`channel`: what is chosen at first. `codes`: those that this publisher may show."""
        super().__init__(*args, **kwargs)
        if codes is not None:
            choose_from(self, "coupon", codes)
        self.initial.setdefault("channel", channel)
        for number in range(1, SUBS + 1):
            self.fields[f"sub{number}"] = forms.CharField(
                label=f"sub{number}",
                required=False,
                max_length=MAX_SUB,
                widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off"}),
            )

    @property
    def subs(self) -> list[str]:
        return [self.cleaned_data[f"sub{number}"] for number in range(1, SUBS + 1)]

    @property
    def sub_fields(self) -> list[forms.BoundField]:
        return [self[f"sub{number}"] for number in range(1, SUBS + 1)]


class VanityForm(forms.Form):
    helper = bare()

    name = forms.CharField(
        label=_("Short name"),
        max_length=31,
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off", "autocapitalize": "none"}),
        help_text=_("Latin letters, digits, dots and underscores. It stays yours for ever."),
    )
    title = forms.CharField(
        label=_("Title of the page"), required=False, max_length=60, widget=forms.TextInput(attrs={"dir": "auto"})
    )
    about = forms.CharField(
        label=_("About you"), required=False, max_length=200, widget=forms.TextInput(attrs={"dir": "auto"})
    )

    def __init__(self, *args: Any, name: str = "", **kwargs: Any) -> None:
        """`name`: that of the one that is edited; it cannot change."""
        super().__init__(*args, **kwargs)
        if name:
            del self.fields["name"]


class LinkField(forms.ModelChoiceField[TrackingLink]):
    """A tracking link, called by its campaign and by what it shows."""

    def label_from_instance(self, obj: TrackingLink) -> str:
        return f"{obj.partnership.campaign.name} · {obj.name or obj.creative or obj.code}"


class VanityLinkForm(forms.Form):
    helper = bare()

    link = LinkField(TrackingLink.objects.none(), label=_("Link"), to_field_name="code", empty_label=_("Choose one"))
    slug = forms.CharField(
        label=_("Short name of the link"),
        max_length=40,
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off", "autocapitalize": "none"}),
    )
    label = forms.CharField(
        label=_("Text on the page"), required=False, max_length=80, widget=forms.TextInput(attrs={"dir": "auto"})
    )

    def __init__(self, *args: Any, links: QuerySet[TrackingLink], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "link", links)


class SmartLinkForm(forms.Form):
    """Which campaigns: all of an objective, or those that are named, one per line with its weight."""

    helper = bare()

    name = forms.CharField(label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"dir": "auto"}))
    slug = forms.CharField(
        label=_("Short name in the address"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off", "autocapitalize": "none"}),
        help_text=_("Empty: one that cannot be guessed."),
    )
    channel = forms.ChoiceField(label=_("Channel"), choices=Channel.choices)
    objective = forms.ChoiceField(
        label=_("Campaigns of the objective"), required=False, choices=[ANY, *Objective.choices]
    )
    campaigns = forms.ModelMultipleChoiceField(
        Campaign.objects.none(),
        label=_("Or only these campaigns"),
        required=False,
        to_field_name="public_id",
        widget=forms.CheckboxSelectMultiple,
    )
    catch_all_url = WebAddressField(
        label=_("Catch-all page"),
        required=False,
        help_text=_("For visitors whom no campaign takes. Empty: the network's fallback page."),
    )

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = Campaign.objects.open_to_publishers().order_by("name")
        if organization.kind == Kind.PUBLISHER:
            joined = Partnership.objects.filter(publisher=organization, status=PartnershipStatus.ACTIVE)
            found = found.filter(pk__in=joined.values("campaign"))
        choose_from(self, "campaigns", found)
        self.found = found
        self.weighted = {
            campaign.public_id: self._weight_field(campaign) for campaign in found[: smart_links.MOST_CAMPAIGNS]
        }

    def _weight_field(self, campaign: Campaign) -> str:
        name = f"weight-{campaign.public_id}"
        self.fields[name] = WholeNumberField(
            label=_("Weight"),
            required=False,
            max_value=smart_links.MAX_WEIGHT,
            initial=smart_links.USUAL_WEIGHT,
            widget=UnitInput({"class": "form-control"}),
        )
        return name

    @classmethod
    def of(cls, smart_link: SmartLink, data: Any, *, organization: Organization) -> "SmartLinkForm":
        named = dict(smart_link.campaigns.values_list("campaign__public_id", "weight"))
        initial = {
            "name": smart_link.name,
            "channel": smart_link.channel,
            "objective": smart_link.objective,
            "campaigns": list(named),
            "catch_all_url": smart_link.catch_all_url,
            **{f"weight-{public_id}": weight for public_id, weight in named.items()},
        }
        form = cls(data, organization=organization, initial=initial)
        del form.fields["slug"]
        if smart_link.source_id:
            for name in ("objective", "campaigns", "catch_all_url", *form.weighted.values()):
                del form.fields[name]
        return form

    @property
    def choices(self) -> list[tuple[str, str, bool, forms.BoundField]]:
        """Each campaign: its id, its name, whether it is chosen, its weight."""
        if "campaigns" not in self.fields:
            return []
        chosen = {str(one) for one in self["campaigns"].value() or []}
        return [
            (one.public_id, one.name, one.public_id in chosen, self[self.weighted[one.public_id]])
            for one in self.found
            if one.public_id in self.weighted
        ]

    @property
    def values(self) -> dict[str, Any]:
        """What the actions take beside the slug."""
        cleaned = self.cleaned_data
        weights = [
            (campaign, _or(cleaned.get(self.weighted.get(campaign.public_id, "")), smart_links.USUAL_WEIGHT))
            for campaign in cleaned.get("campaigns") or ()
        ]
        return {
            "name": cleaned["name"],
            "channel": cleaned["channel"],
            "catch_all_url": cleaned.get("catch_all_url", ""),
            "rule": smart_links.Rule(cleaned.get("objective", ""), weights),
        }


def _or(value: int | None, usual: int) -> int:
    return usual if value is None else value


class ReasonForm(forms.Form):
    """Why; whether a reason is needed is the action's rule."""

    helper = bare()

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=Partnership._meta.get_field("reason").max_length,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )
