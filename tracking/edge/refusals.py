"""The answers to bad reports: stable codes, helpful messages, and never what the caller sent."""

from typing import Any, Final

RETRY_AFTER: Final = (b"retry-after", b"5")


class Rejection(Exception):
    """The report is refused: HTTP status, stable code, sentence for the integrator, and the field it is about."""

    def __init__(self, status: int, code: str, message: str, field: str | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.field = status, code, message, field

    def answer(self, **more: Any) -> dict[str, Any]:
        return {"status": "rejected", "reason": self.code, "message": self.message, "field": self.field, **more}


def bad_token() -> Rejection:
    return Rejection(
        401, "bad_token", "The token is missing or wrong. Use the postback token of the campaign.", "token"
    )


def missing(field: str, hint: str = "") -> Rejection:
    return Rejection(422, "missing_field", f"The parameter {field} is required.{hint and ' ' + hint}", field)


def duplicated(field: str) -> Rejection:
    return Rejection(422, "duplicate_parameter", f"The parameter {field} is given more than once.", field)


def too_long(field: str, limit: int) -> Rejection:
    return Rejection(422, "too_long", f"The parameter {field} may have at most {limit} characters.", field)


def invalid_characters(field: str | None) -> Rejection:
    message = "Control characters, invisible marks in ids and text that is not UTF-8 are not accepted."
    return Rejection(422, "invalid_characters", message, field)


def invalid_type(field: str, expected: str) -> Rejection:
    return Rejection(422, "invalid_type", f"The field {field} must be {expected}.", field)


def macro_not_replaced(field: str) -> Rejection:
    message = (
        f"The parameter {field} still holds a placeholder such as {{{field}}}. The system that sends this call did not "
        "put a value into it: check how its macros are written."
    )
    return Rejection(422, "macro_not_replaced", message, field)


def invalid_json(message: str) -> Rejection:
    return Rejection(400, "invalid_json", message)
