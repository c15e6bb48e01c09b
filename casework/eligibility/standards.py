"""What a rule asks of this question: by the scheme's dated rows, else as the house asks it."""

from dataclasses import dataclass
from typing import Any

from casework.eligibility.facts import Facts, chosen_rules
from casework.eligibility.question import RULE_OF_HOUSE, WARN
from codes.models import SchemeRule


@dataclass(frozen=True, slots=True)
class Standard:
    """Threshold (in the unit of the rule's kind), verdict where it is not met, and why."""

    threshold: float
    severity: str
    legal_ref: Any
    row: SchemeRule | None = None


def standards(
    facts: Facts, kind: str, *, threshold: float = 0, severity: str = WARN, legal_ref: Any = RULE_OF_HOUSE
) -> list[Standard]:
    """Return what the scheme's rows of `kind` ask, one per market where they differ; without rows the default given.

    A row's severity wins over the default; a row without threshold keeps the default threshold.
    """
    rows = chosen_rules(facts, kind)
    if not rows:
        return [Standard(threshold, severity, legal_ref)]
    return [
        Standard(threshold if row.threshold is None else row.threshold, row.severity, row.legal_ref, row)
        for row in rows
    ]
