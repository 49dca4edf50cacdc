"""The audit log in words. Each app says in its `audited.py` what its actions are called:

    SENTENCES = {"campaign.started": _("{who} started the campaign {label}.")}
    TOPICS = {"campaign": _("Campaigns")}

Placeholders: `who`, `label` (the object), any name in the entry's detail, and `money` if it holds an amount (minor
units) and a currency. An app may also give the words for codes in a detail: WORDS = {"reason": {"fraud": _("Fraud")}}.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from string import Formatter
from typing import Any

from django.apps import apps
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.module_loading import module_has_submodule
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from network.models import AuditEntry, Kind, Organization
from network.money import Money
from network.templatetags.format import money


@dataclass(frozen=True, slots=True)
class Line:
    at: datetime
    sentence: SafeString
    reason: str


@cache
def sentences() -> Mapping[str, Promise]:
    return _collected("SENTENCES")


@cache
def topics() -> Mapping[str, Promise]:
    """What comes before the dot of an action, in words."""
    return _collected("TOPICS")


@cache
def words() -> Mapping[str, Mapping[str, str | Promise]]:
    return _collected("WORDS")


def _collected(name: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for config in apps.get_app_configs():
        if config.module and module_has_submodule(config.module, "audited"):
            found |= getattr(import_module(f"{config.name}.audited"), name, {})
    return found


def line(entry: AuditEntry, reader: Organization) -> Line:
    """The entry as this organization may read it. What someone of another organization did, that organization did."""
    sentence = str(sentences().get(entry.action) or _("{who}: {label} ({action})"))
    values = {**entry.detail, "who": _who(entry, reader), "label": entry.label, "action": entry.action}
    names = {name for _text, name, _spec, _conversion in Formatter().parse(sentence) if name}
    shown = {name: _shown(name, values) for name in names}
    why = [str(_word(name, entry.detail.get(name, ""))) for name in ("reason", "note")]
    return Line(entry.at, format_html(sentence, **shown), " · ".join(filter(None, why)))


def _shown(name: str, values: Mapping[str, Any]) -> SafeString | str:
    if name == "money" and "amount" in values:
        return money(Money(values["amount"], values["currency"]))
    html = '<bdi class="fw-medium">{}</bdi>' if name == "who" else "<bdi>{}</bdi>"
    return format_html(html, _word(name, values.get(name, "—")))


def _word(name: str, value: object) -> object:
    return words().get(name, {}).get(value, value) if isinstance(value, str) else value


def _who(entry: AuditEntry, reader: Organization) -> str:
    if entry.user is None:
        return _("The system")
    if reader.kind == Kind.NETWORK or entry.organization_id in {None, reader.pk}:
        return str(entry.user)
    return str(entry.organization)
