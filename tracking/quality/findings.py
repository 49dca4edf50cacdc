"""What the rules say of one conversion."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tracking.models import QualityFacts, Verdict
from tracking.quality.rules import FLAG, HOLD, REJECT, RULES


@dataclass(frozen=True, slots=True)
class Signal:
    rule: str
    version: int
    action: str
    inputs: Mapping[str, Any]

    @property
    def code(self) -> str:
        return RULES[self.rule].code


@dataclass(slots=True)
class Finding:
    """What the rules say of one conversion, and what later ones are compared with."""

    facts: QualityFacts
    signals: list[Signal] = field(default_factory=list)

    def verdict(self, verdict: str, reason: str) -> tuple[str, str]:
        """With the verdict so far: the worse of the two, and its reason."""
        for actions, worse in (((REJECT, FLAG), Verdict.INVALID), ((HOLD,), Verdict.SUSPECT)):
            if verdict in {worse.value, Verdict.INVALID.value}:
                return verdict, reason
            for signal in self.signals:
                if signal.action in actions:
                    return worse.value, signal.code
        return verdict, reason


def signal(number: str, action: str = "", **inputs: Any) -> Signal:
    rule = RULES[number]
    return Signal(number, rule.version, action or rule.action, inputs)
