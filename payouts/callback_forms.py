"""What a publisher enters about its postbacks."""

from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from advertisers.models import Goal, GoalKind
from network import destinations
from network.errors import DomainError
from network.forms import offer
from payouts import macros
from payouts.models import DeliveryStatus
from publishers.models import Partnership, PostbackEvent, PostbackMethod, PublisherPostback

COUNTED: Final = (GoalKind.CLICK, GoalKind.IMPRESSION)
ANY: Final = ("", _("All"))


class CallbackForm(forms.Form):
    """`reach` is one choice of what it hears of: everything, a campaign, or a goal of a campaign."""

    url = forms.CharField(
        label=_("Address"),
        max_length=destinations.MAX_URL,
        widget=forms.Textarea(attrs={"dir": "ltr", "rows": 3, "spellcheck": "false", "placeholder": "https://"}),
        help_text=_("Of your tracker or your server, with macros such as {sub1} or {payout} where values belong."),
    )
    reach = forms.ChoiceField(label=_("For"), required=False)
    events = forms.MultipleChoiceField(
        label=_("When"), choices=PostbackEvent.choices, widget=forms.CheckboxSelectMultiple, required=False
    )
    method = forms.ChoiceField(
        label=_("Method"),
        choices=PostbackMethod.choices,
        help_text=_("POST also sends all values as JSON."),
    )

    def __init__(
        self, data: Any = None, *, partnerships: Iterable[Partnership], postback: PublisherPostback | None = None
    ) -> None:
        super().__init__(data, initial=_initial(postback))
        self.partnerships = {one.public_id: one for one in partnerships}
        self.goals: dict[str, Goal] = {}
        choices: list[Any] = [("", _("All my campaigns"))]
        campaigns = [one.campaign_id for one in self.partnerships.values()]
        goals = list(Goal.objects.filter(campaign__in=campaigns).exclude(kind__in=COUNTED).order_by("pk"))
        for public_id, partnership in self.partnerships.items():
            own = [goal for goal in goals if goal.campaign_id == partnership.campaign_id]
            self.goals |= {f"{public_id}.{goal.code}": goal for goal in own}
            named = [(f"{public_id}.{goal.code}", f"{partnership.campaign.name} · {goal.label}") for goal in own]
            choices.append((partnership.campaign.name, [(public_id, _("Every goal")), *named]))
        offer(self, "reach", choices)

    def clean_url(self) -> str:
        url = macros.without_spaces(str(self.cleaned_data["url"]).strip())
        if macros.has_macro_host(url):
            raise forms.ValidationError(_("The host name cannot be a macro."))
        try:
            destinations.check_text(url)
        except DomainError as error:
            raise forms.ValidationError(str(error)) from None
        return url

    @property
    def partnership(self) -> Partnership | None:
        return self.partnerships.get(str(self.cleaned_data["reach"]).partition(".")[0])

    @property
    def goal(self) -> Goal | None:
        return self.goals.get(str(self.cleaned_data["reach"]))


def _initial(postback: PublisherPostback | None) -> dict[str, Any]:
    if postback is None:
        return {"events": [PostbackEvent.RECORDED], "method": PostbackMethod.GET}
    reach = postback.partnership.public_id if postback.partnership else ""
    if postback.goal:
        reach = f"{reach}.{postback.goal.code}"
    return {"url": postback.url, "reach": reach, "events": postback.events, "method": postback.method}


class CallFilterForm(forms.Form):
    postback = forms.ChoiceField(label=_("Postback"), required=False)
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[ANY, *DeliveryStatus.choices])
    event = forms.ChoiceField(label=_("Event"), required=False, choices=[ANY, *PostbackEvent.choices])

    def __init__(self, data: Any, *, postbacks: Iterable[PublisherPostback]) -> None:
        super().__init__(data)
        offer(self, "postback", [ANY, *((one.public_id, one.host) for one in postbacks)])
