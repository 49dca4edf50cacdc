from enum import StrEnum
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    MANAGER = "manager", _("Manager")
    FINANCE = "finance", _("Finance")
    ANALYST = "analyst", _("Analyst")


class Can(StrEnum):
    VIEW = "view"  # see pages and reports
    MANAGE = "manage"  # campaigns, partnerships, links, conversions
    MONEY = "money"  # balances, bonuses, top-ups, payouts
    ADMINISTER = "administer"  # members, keys, the organization itself


CAPABILITIES: Final[dict[str, frozenset[Can]]] = {
    Role.OWNER: frozenset(Can),
    Role.MANAGER: frozenset({Can.VIEW, Can.MANAGE}),
    Role.FINANCE: frozenset({Can.VIEW, Can.MONEY}),
    Role.ANALYST: frozenset({Can.VIEW}),
}


def allows(role: str, can: Can) -> bool:
    return can in CAPABILITIES[role]
