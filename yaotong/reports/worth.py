"""What a rule proved to be worth: its share of true alerts, and how sure that is. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# Fewer judged alerts than this are flagged: a share of them compares nothing.
FEW = 10
_Z = 1.959963984540054  # of a 95 % interval


def wilson(hits: int, of: int) -> tuple[float, float] | None:
    """The 95 % Wilson score interval of a share, 0 to 1; None of nothing.

    Source: Wilson (1927), "Probable inference, the law of succession, and statistical inference".
    """
    if of <= 0:
        return None
    share, square = hits / of, _Z * _Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _Z * math.sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    # At the ends the exact bound is 0 or 1; rounding must not step over it.
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    return low, 1.0 if hits == of else min(1.0, middle + half)


@dataclass(frozen=True, slots=True)
class Worth:
    """What the checked alerts of one version of a rule turned out to be."""

    rule_id: str
    version: int
    confirmed: int = 0
    false_alarms: int = 0
    unverifiable: int = 0

    @property
    def judged(self) -> int:
        """Alerts found true or false; what could not be verified says nothing of the rule."""
        return self.confirmed + self.false_alarms

    @property
    def precision(self) -> float | None:
        """属实 / (属实 + 不属实), 0 to 1; None while nothing was judged: unknown is not zero."""
        return self.confirmed / self.judged if self.judged else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """How low and how high the precision may be, at 95 %."""
        return wilson(self.confirmed, self.judged)

    @property
    def few(self) -> bool:
        """Whether the precision rests on too few alerts to compare rules by it (样本少)."""
        return self.judged < FEW


def worths(counted: Iterable[tuple[str, int, str, int]]) -> tuple[Worth, ...]:
    """(rule_id, version, outcome, alerts) rows as worths, by rule and then the newest version first."""
    found: dict[tuple[str, int], dict[str, int]] = {}
    for rule_id, version, outcome, count in counted:
        outcomes = found.setdefault((rule_id, version), {})
        outcomes[outcome] = outcomes.get(outcome, 0) + count
    made = (
        Worth(
            rule_id,
            version,
            outcomes.get("confirmed", 0),
            outcomes.get("false_alarm", 0),
            outcomes.get("unverifiable", 0),
        )
        for (rule_id, version), outcomes in found.items()
    )
    return tuple(sorted(made, key=lambda one: (one.rule_id, -one.version)))


def under_floor(
    known: Iterable[Worth], kinds: Mapping[str, str], floors: Mapping[str, float]
) -> tuple[Worth, ...]:
    """The worths under the floor of their rule's kind, the lowest first; on the floor is not under it.

    `kinds`: rule_id → statutory or model. What is unknown is not under anything.
    """
    low = [
        one
        for one in known
        if one.rule_id in kinds
        and one.judged
        # In whole numbers' terms: no rounding decides on which side a rule lies.
        and one.confirmed < floors[kinds[one.rule_id]] * one.judged - 1e-9
    ]
    return tuple(sorted(low, key=lambda one: (one.precision or 0.0, one.rule_id, -one.version)))
