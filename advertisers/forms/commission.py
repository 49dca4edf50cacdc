from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from advertisers import sentences
from advertisers.fields import RateField
from advertisers.models import PAY_MODELS, PERCENT_MODELS, Campaign, CommissionPlan, Goal, GoalKind, Objective
from advertisers.plans import Terms
from advertisers.sentences import MOST_VALUABLE_FIRST
from network import formats
from network.forms import JalaliDateField, PercentField, offer
from network.models import NetworkSettings

WANTED: Final[dict[str, GoalKind]] = {
    Objective.ENGAGEMENT: GoalKind.CLICK,
    Objective.LEADS: GoalKind.LEAD,
    Objective.INSTALLS: GoalKind.INSTALL,
    Objective.SALES: GoalKind.SALE,
}
UNITS: Final[dict[str, Promise]] = {
    GoalKind.IMPRESSION: _("Amount per thousand impressions"),
    GoalKind.CLICK: _("Amount per click"),
    GoalKind.LEAD: _("Amount per lead"),
    GoalKind.INSTALL: _("Amount per install"),
    GoalKind.SALE: _("Fixed amount per sale"),
    GoalKind.CUSTOM: _("Fixed amount each time"),
}
GOAL_ICONS: Final[dict[str, str]] = {
    GoalKind.IMPRESSION: "eye",
    GoalKind.CLICK: "hand-click",
    GoalKind.LEAD: "forms",
    GoalKind.INSTALL: "device-mobile",
    GoalKind.SALE: "shopping-cart",
    GoalKind.CUSTOM: "flag",
}


@dataclass(frozen=True, slots=True)
class GoalRow:
    """What the page shows for one goal: its fields, and what the rate comes to."""

    goal: Goal
    model: str
    icon: str
    flat: forms.BoundField
    percent: forms.BoundField | None
    example: str
    is_wanted: bool


class CommissionForm(forms.Form):
    """One row per goal: a flat rate and, for goals with an amount, a percentage. Empty: counted, not paid."""

    note = forms.CharField(
        label=_("Note for the history"), required=False, max_length=200, widget=forms.TextInput(attrs={"dir": "auto"})
    )

    def __init__(self, data: Any = None, *, campaign: Campaign, plan: CommissionPlan | None = None) -> None:
        super().__init__(data)
        self.campaign = campaign
        self.wanted = WANTED.get(campaign.objective, GoalKind.IMPRESSION)
        self.goals = sorted(campaign.goals.all(), key=self._rank)
        self.fee = NetworkSettings.current().fee_basis_points
        rules = {rule.goal_id: rule for rule in plan.rules.all()} if plan else {}
        for goal in self.goals:
            rule = rules.get(goal.pk)
            self._add_fields(goal, rule.flat_micro if rule else 0, rule.percent_basis_points if rule else 0)
        self.initial["note"] = plan.note if plan and plan.is_draft else ""

    def _rank(self, goal: Goal) -> tuple[bool, int, int]:
        """The goal that the objective is about first, then by what is usually worth more."""
        return (goal.kind != self.wanted, MOST_VALUABLE_FIRST.index(GoalKind(goal.kind)), goal.pk)

    def _add_fields(self, goal: Goal, flat_micro: int, percent_basis_points: int) -> None:
        self.fields[f"flat-{goal.code}"] = RateField(
            currency=self.campaign.currency, required=False, label=UNITS[goal.kind], initial=flat_micro
        )
        if PAY_MODELS[goal.kind] in PERCENT_MODELS:
            share = PercentField(required=False, label=_("Share of the order"), initial=percent_basis_points or None)
            self.fields[f"percent-{goal.code}"] = deepcopy(share)  # a copy knows its unit

    def rows(self) -> Iterator[GoalRow]:
        for goal in self.goals:
            percent = f"percent-{goal.code}"
            yield GoalRow(
                goal=goal,
                model=PAY_MODELS[goal.kind].upper(),
                icon=GOAL_ICONS[goal.kind],
                flat=self[f"flat-{goal.code}"],
                percent=self[percent] if percent in self.fields else None,
                example=self.example(goal),
                is_wanted=goal.kind == self.wanted,
            )

    def example(self, goal: Goal) -> str:
        """The rate of the row in one sentence; empty when nothing (or nothing readable) is entered."""
        flat = self._read(f"flat-{goal.code}")
        percent = self._read(f"percent-{goal.code}")
        if not flat and not percent:
            return ""
        found = sentences.example(
            goal.kind,
            self.campaign.currency,
            flat_micro=flat,
            percent_basis_points=percent,
            fee_basis_points=self.fee,
        )
        return sentences.example_sentence(goal.kind, goal.label, found)

    def _read(self, name: str) -> int:
        if name not in self.fields:
            return 0
        if not self.is_bound:
            return int(self[name].initial or 0)
        try:
            return self.fields[name].clean(self[name].data) or 0
        except forms.ValidationError:
            return 0

    @property
    def terms(self) -> list[Terms]:
        return [
            Terms(goal, self.cleaned_data[f"flat-{goal.code}"], self.cleaned_data.get(f"percent-{goal.code}") or 0)
            for goal in self.goals
        ]


class GoalForm(forms.Form):
    """A goal to add: one of the standard ones that the campaign does not have yet, or a custom one."""

    kind = forms.ChoiceField(label=_("Goal"))
    name = forms.CharField(
        label=_("Name"), required=False, max_length=80, widget=forms.TextInput(attrs={"dir": "auto"})
    )
    code = forms.CharField(
        label=_("Code"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"dir": "ltr", "placeholder": "trial_start"}),
        help_text=_("What your server reports, for example trial_start."),
    )

    def __init__(self, data: Any = None, *, campaign: Campaign) -> None:
        super().__init__(data, prefix="goal")
        taken = {goal.code for goal in campaign.goals.all()}
        standard = [(kind.value, kind.label) for kind in GoalKind if kind != GoalKind.CUSTOM and kind not in taken]
        offer(self, "kind", [*standard, (GoalKind.CUSTOM.value, _("Custom goal"))])


class ActivateForm(forms.Form):
    """From which day and hour of the campaign's time zone a plan holds."""

    day = JalaliDateField(label=_("Day"))
    hour = forms.CharField(
        label=_("Hour"),
        initial="00:00",
        max_length=5,
        widget=forms.TextInput(attrs={"dir": "ltr", "inputmode": "numeric", "placeholder": "00:00"}),
    )

    def __init__(self, data: Any = None, *, campaign: Campaign) -> None:
        super().__init__(data)
        self.zone = ZoneInfo(campaign.time_zone)

    def clean_hour(self) -> time:
        text = formats.ascii_digits(self.cleaned_data["hour"]).strip()
        try:
            return time.fromisoformat(text.zfill(5))
        except ValueError:
            raise forms.ValidationError(_("Enter an hour such as 09:30.")) from None

    @property
    def starts_at(self) -> datetime:
        return datetime.combine(self.cleaned_data["day"], self.cleaned_data["hour"], self.zone)
