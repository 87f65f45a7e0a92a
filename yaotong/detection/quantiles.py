"""The negative binomial by its mean and its variance over mean: exact tails and quantiles."""

from __future__ import annotations

import math

from yaotong.compiled import compiled


@compiled
def _log_mass(x: float, mean: float, ratio: float) -> float:
    """Log probability of x; ratio is variance over mean, 1 for Poisson."""
    if ratio <= 1.0:
        return float(x * math.log(mean) - mean - math.lgamma(x + 1.0))
    size = mean / (ratio - 1.0)
    whole = math.lgamma(x + size) - math.lgamma(size) - math.lgamma(x + 1.0)
    return float(whole - size * math.log(ratio) + x * math.log(1.0 - 1.0 / ratio))


@compiled
def _next(x: float, mean: float, ratio: float) -> float:
    """The probability of x + 1 beside that of x."""
    if ratio <= 1.0:
        return mean / (x + 1.0)
    return (x + mean / (ratio - 1.0)) / (x + 1.0) * (1.0 - 1.0 / ratio)


@compiled
def nb_at_least(count: float, mean: float, ratio: float) -> float:
    """P(X >= count)."""
    if count <= 0.0:
        return 1.0
    if mean <= 0.0:
        return 0.0
    if count <= mean:
        return 1.0 - _below(count, mean, ratio)
    mass = math.exp(_log_mass(count, mean, ratio))
    total, x = 0.0, count
    while mass > total * 1e-17:
        total += mass
        mass *= _next(x, mean, ratio)
        x += 1.0
    return total


@compiled
def _below(count: float, mean: float, ratio: float) -> float:
    """P(X < count), summed downwards."""
    x = count - 1.0
    mass = math.exp(_log_mass(x, mean, ratio))
    total = 0.0
    while x >= 0.0 and mass > total * 1e-17:
        total += mass
        mass /= _next(x - 1.0, mean, ratio)
        x -= 1.0
    return min(total, 1.0)


@compiled
def nb_quantile(share: float, mean: float, ratio: float) -> float:
    """The smallest x with P(X <= x) >= share, for a share above the middle."""
    if mean <= 0.0:
        return 0.0
    beyond = (1.0 - share) * (1.0 + 1e-12)
    spread = math.sqrt(mean * ratio)
    x = max(math.floor(mean + 2.0 * spread), 0.0)
    tail = nb_at_least(x + 1.0, mean, ratio)
    mass = math.exp(_log_mass(x, mean, ratio))
    while tail > beyond:
        mass *= _next(x, mean, ratio)
        x += 1.0
        tail -= mass
    while x > 0.0 and tail + mass <= beyond:
        tail += mass
        mass /= _next(x - 1.0, mean, ratio)
        x -= 1.0
    return x
