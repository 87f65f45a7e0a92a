"""The formula of the risk score as versioned values: weights, spans, caps, class limits, their source.

Every number here is a heuristic to be confirmed by the department that grades: the domain table gives the
components and the class limits, no official text gives these weights.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from yaotong.codes import Level

# In the order in which a page adds them up; credit is taken off.
COMPONENTS = ("base", "alerts", "breaches", "special", "quality", "absence", "credit")
# Those that need feeds of their own and can be unknown.
MEASURED = ("special", "quality", "absence")
HUNDRED = 100


class Grade(StrEnum):
    """Class of supervision (分级监管), from the rarest inspection to the most frequent."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


@dataclass(frozen=True, slots=True)
class Formula:
    """One version of the formula. Points unless the name says otherwise; `verify`: not from an official text.

    `grade_limits` are the least scores of B, C and D; `checks_months` the months between two inspections.
    A share is pulled to the mean of its outlet kind as if `strength_low` to `strength_high` more units of it
    had been seen, and reaches its cap at `*_full`.
    """

    version: int
    source: str
    base: float
    level_points: Mapping[Level, float]
    decay_days: float
    breach_days: int
    breach_points: Mapping[Level, float]
    inspection_points: Mapping[str, float]
    breach_cap: float
    special_days: int
    special_full: float
    special_cap: float
    quality_days: int
    missing_days_points: float
    late_hours: int
    late_points: float
    backfilled_share: float
    unregistered_points: float
    fault_points: float
    quality_cap: float
    absence_days: int
    absence_full: float
    absence_cap: float
    longest_shift_hours: int
    credit_points: float
    credit_cap: float
    silent_days: int
    strength_low: float
    strength_high: float
    least_peers: int
    area_strength_shops: float
    area_least_shops: int
    grade_limits: tuple[float, float, float]
    checks_months: Mapping[Grade, int]
    cap: float = 100.0
    verify: bool = True
    caps: Mapping[str, float] = field(init=False)

    def __post_init__(self) -> None:
        self._check_numbers()
        if sorted(self.grade_limits) != list(self.grade_limits) or len(set(self.grade_limits)) != 3:
            raise ValueError("the class limits must rise")
        if set(self.level_points) != set(Level) or set(self.breach_points) != set(Level):
            raise ValueError("every level needs its points")
        falls = [self.level_points[one] for one in Level]
        if falls != sorted(falls, reverse=True):
            raise ValueError("a graver level cannot weigh less")
        if set(self.checks_months) != set(Grade):
            raise ValueError("every class needs its inspection frequency")
        object.__setattr__(self, "caps", self._caps())

    def _check_numbers(self) -> None:
        """Every single number is finite and not negative; spans and full shares are above nothing."""
        for name in self.__slots__:
            value = getattr(self, name, None)
            numbers = value.values() if isinstance(value, Mapping) else [value]
            for one in numbers:
                if isinstance(one, int | float) and not (math.isfinite(one) and one >= 0):
                    raise ValueError(f"{name} of formula {self.version} is {one}")
        spans = (self.decay_days, self.special_full, self.absence_full, self.strength_low, self.least_peers)
        if min(spans) <= 0 or self.strength_low > self.strength_high or self.version < 1:
            raise ValueError(f"formula {self.version} has an empty span")

    def _caps(self) -> dict[str, float]:
        return {
            "breaches": self.breach_cap,
            "special": self.special_cap,
            "quality": self.quality_cap,
            "absence": self.absence_cap,
            "credit": self.credit_cap,
        }

    def grade(self, points: float) -> Grade:
        """The class of a score."""
        return list(Grade)[sum(points >= limit for limit in self.grade_limits)]


FORMULAS: Mapping[int, Formula] = {
    1: Formula(
        version=1,
        source="业务规范 §7.4（权重与界限为经验值，待主管部门核定）",
        base=20,
        level_points={Level.RED: 20, Level.ORANGE: 8, Level.YELLOW: 3, Level.BLUE: 1},
        decay_days=90,
        breach_days=365,
        breach_points={Level.RED: 10, Level.ORANGE: 5, Level.YELLOW: 2, Level.BLUE: 1},
        inspection_points={"filed": 6, "ordered": 3, "corrected": 1},
        breach_cap=10,
        special_days=90,
        special_full=0.20,
        special_cap=10,
        quality_days=30,
        missing_days_points=5,
        late_hours=48,
        late_points=2,
        backfilled_share=0.5,
        unregistered_points=3,
        fault_points=2,
        quality_cap=10,
        absence_days=30,
        absence_full=0.5,
        absence_cap=10,
        longest_shift_hours=24,
        credit_points=5,
        credit_cap=10,
        silent_days=7,
        strength_low=20,
        strength_high=5000,
        least_peers=10,
        area_strength_shops=5,
        area_least_shops=10,
        grade_limits=(30, 55, 75),
        checks_months={Grade.A: 24, Grade.B: 12, Grade.C: 6, Grade.D: 3},
    )
}
LATEST = max(FORMULAS)
