"""Class limits for a coloured map: few, round numbers that a legend can print."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import ROUND_DOWN, Decimal


def breaks(values: Iterable[float | None], classes: int) -> list[float]:
    """Inner limits of up to `classes` classes: rounded quantiles of the positive values, rising.

    A value belongs to class i when exactly i limits are at or below it. Missing values and zeros take
    no part; fewer different values give fewer limits.
    """
    known = sorted(value for value in values if value is not None and value > 0)
    if len(known) < 2:
        return []
    at = [known[min(len(known) - 1, math.ceil(len(known) * i / classes))] for i in range(1, classes)]
    limits = sorted({_rounded(value) for value in at})
    return [limit for limit in limits if known[0] < limit <= known[-1]]


def _rounded(value: float) -> float:
    """Down to two significant digits, so that the value itself stays at or above its limit."""
    exact = Decimal(repr(value))
    return float(exact.quantize(Decimal((0, (1,), exact.adjusted() - 1)), rounding=ROUND_DOWN))
