from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A broken business rule. Subclasses are named after the rule and set a stable code, a translatable message, a status."""

    code: ClassVar[str] = "invalid"
    message: ClassVar[str | Promise] = _("This is not possible.")
    status: ClassVar[int] = 422

    def __init__(self, message: str | Promise | None = None, *, field: str | None = None) -> None:
        self.text = message or self.message
        self.field = field
        super().__init__(str(self.code))

    def __str__(self) -> str:
        return str(self.text)

    def as_json(self) -> dict[str, dict[str, str | None]]:
        return {"error": {"code": self.code, "message": str(self.text), "field": self.field}}
