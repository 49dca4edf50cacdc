from typing import Any, Final, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from advertisers.campaigns import CampaignFields
from advertisers.fields import HostsField, WebAddressField
from advertisers.models import AttributionModel, Campaign, Objective, Scope, advertisers_of
from network import geography
from network.forms import WholeNumberField, choose_from, language
from network.models import Kind, Organization
from network.money import Currency

OBJECTIVE_HINTS: Final = {
    Objective.AWARENESS: _("Many people see your banners. You usually pay per thousand impressions."),
    Objective.ENGAGEMENT: _("People come to your site. You usually pay per click."),
    Objective.LEADS: _("People leave their details or sign up. You pay per lead."),
    Objective.INSTALLS: _("People install your app. You pay per install."),
    Objective.SALES: _("People buy. You pay a share of each order, a fixed amount, or both."),
}
OBJECTIVE_ICONS: Final = {
    Objective.AWARENESS: "eye",
    Objective.ENGAGEMENT: "hand-click",
    Objective.LEADS: "forms",
    Objective.INSTALLS: "device-mobile",
    Objective.SALES: "shopping-cart",
}


class CampaignForm(forms.Form):
    """The settings of a campaign. `currency` and `time_zone` are shown but fixed once a plan has been activated."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("Publishers see this name."))
    objective = forms.ChoiceField(
        label=_("What should publishers achieve for you?"), choices=Objective.choices, widget=forms.RadioSelect
    )
    landing_url = WebAddressField(
        label=_("Landing page"),
        help_text=_(
            "Where visitors arrive. The click id is appended to this address. Placeholders in it are filled for each visitor:"
            " {click_id} {sub1} … {sub5} {source} {campaign} {publisher} {creative} {coupon} {timestamp}"
        ),
    )
    currency = forms.ChoiceField(
        label=_("Currency"),
        choices=Currency.choices,
        help_text=_("Of all orders and commissions of this campaign. Fixed with the first commission plan."),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=lambda: geography.time_zones(language()),
        help_text=_("Days of the reports begin in this zone."),
    )
    description = forms.CharField(
        label=_("Description for publishers"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        help_text=_("What you sell, to whom, and why it is worth promoting."),
    )
    terms = forms.CharField(
        label=_("Terms for publishers"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        help_text=_("What is not allowed: for example bidding on your brand, or coupons that you did not issue."),
    )
    window_days = WholeNumberField(
        label=_("Attribution window"),
        unit=_("days"),
        min_value=1,
        max_value=365,
        help_text=_("A conversion this long after a click still belongs to that click."),
    )
    attribution_model = forms.ChoiceField(
        label=_("Who earns a conversion"),
        choices=AttributionModel.choices,
        help_text=_(
            "The last or the first click of the buyer. A coupon code that belongs to one publisher: “Coupon before click”"
            " lets its publisher earn even after another publisher's click; “Click before coupon” never does; otherwise"
            " only exclusive codes win over a click."
        ),
    )
    view_window_hours = WholeNumberField(
        label=_("View window"),
        unit=_("hours"),
        max_value=720,
        help_text=_(
            "A conversion this long after a seen banner counts as view-through if nothing else earns it. 0: off."
        ),
    )
    ownership_days = WholeNumberField(
        label=_("Customer ownership"),
        unit=_("days"),
        max_value=3650,
        help_text=_(
            "Later orders of a customer without a click or code belong to the publisher who brought the customer first,"
            " for this long. Your reports must name the customer. 0: off."
        ),
    )
    validation_days = WholeNumberField(
        label=_("Validation period"),
        unit=_("days"),
        max_value=180,
        help_text=_("Time to decline returns and mistakes. After it, commissions are approved by themselves."),
    )
    allowed_hosts = HostsField(
        label=_("Hosts for deep links"),
        required=False,
        help_text=_(
            "Publishers may link to pages on these hosts, one per line. That of the landing page always counts."
        ),
    )
    fallback_url = WebAddressField(
        label=_("Fallback page"),
        required=False,
        help_text=_("Where visitors go while the campaign is paused or over. Empty: the network's page."),
    )
    click_parameter = forms.RegexField(
        r"\A[A-Za-z][A-Za-z0-9_.-]{0,39}\Z",
        label=_("Click id parameter"),
        help_text=_("The name under which the click id is appended to the landing page."),
        error_messages={"invalid": _("Use letters a–z, digits, dots, hyphens and underscores; begin with a letter.")},
        widget=forms.TextInput(attrs={"dir": "ltr"}),
    )

    ADVANCED: Final = (
        "view_window_hours",
        "ownership_days",
        "time_zone",
        "allowed_hosts",
        "fallback_url",
        "click_parameter",
    )

    def __init__(self, *args: Any, fixed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if fixed:
            for name in ("currency", "time_zone"):
                self.fields[name].disabled = True

    @classmethod
    def of(cls, campaign: Campaign, data: Any = None, *, fixed: bool) -> "CampaignForm":
        return cls(data, initial={name: getattr(campaign, name) for name in cls.base_fields}, fixed=fixed)

    @property
    def settings(self) -> CampaignFields:
        values = {name: self.cleaned_data[name] for name in CampaignFields.__annotations__}
        return cast("CampaignFields", values)

    @property
    def objectives(self) -> list[dict[str, Any]]:
        """The choices with an icon and a hint each."""
        chosen = self["objective"].value()
        return [
            {
                "value": value,
                "label": label,
                "hint": OBJECTIVE_HINTS[Objective(value)],
                "icon": OBJECTIVE_ICONS[Objective(value)],
                "chosen": value == chosen,
            }
            for value, label in Objective.choices
        ]

    @property
    def has_advanced_errors(self) -> bool:
        return any(name in self.errors for name in self.ADVANCED)


class NewCampaignForm(CampaignForm):
    """Step one. An agency says for which client."""

    client = forms.ModelChoiceField(
        Organization.objects.none(), label=_("Client"), to_field_name="public_id", empty_label=None
    )

    field_order = ["client"]

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        clients = advertisers_of(organization, Scope.CAMPAIGNS).order_by("name")
        if organization.kind == Kind.AGENCY:
            choose_from(self, "client", clients)
        else:
            del self.fields["client"]
        first = organization if organization.kind == Kind.ADVERTISER else clients.first()
        model = Campaign(advertiser=first) if first else Campaign()
        self.initial = {
            "currency": first.currency if first else Currency.USD,
            "time_zone": first.time_zone if first else "UTC",
            "objective": Objective.SALES,
            "window_days": model.window_days,
            "attribution_model": model.attribution_model,
            "view_window_hours": model.view_window_hours,
            "ownership_days": model.ownership_days,
            "validation_days": model.validation_days,
            "click_parameter": model.click_parameter,
            **self.initial,
        }
