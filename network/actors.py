from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from network.http import Request
    from network.models import Organization, User


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and for which organization. A job acts as the system: no user, no organization, but a name."""

    user: "User | None"
    organization: "Organization | None"
    job: str = ""

    @classmethod
    def of(cls, request: "Request") -> Self:
        return cls(request.user, request.organization)

    @classmethod
    def system(cls, job: str) -> Self:
        return cls(None, None, job)

    @property
    def person(self) -> "User":
        """For what only a person can do."""
        if self.user is None:
            raise TypeError(f"{self.job} is no person")
        return self.user
