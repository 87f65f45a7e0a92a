"""What moves a whole group of shops: each day's sales beside what their levels say, outbreaks left out."""

from __future__ import annotations

import math

from yaotong.compiled import compiled
from yaotong.detection.state import Record

# Members above their own past count less: an outbreak of one must not hide itself in the others.
_SUSPECT = 1.5
_CAP = 2.0
_SMOOTH = 0.8
# Sales a group's day is worth before it is counted: near the last days' when few are sold.
_PRIOR = 5.0
_LEAST = 0.05


@compiled
def total_flow(state: Record, members: Record, first: int) -> tuple[float, float]:
    """Robust sums over a group's members of (sold, usual); each member's part is kept in its record.

    A member without news has NaN in `sold` and takes no part.
    """
    total = base = 0.0
    for j in range(len(members)):
        one = members[j]
        shown = state[first + j].shown
        trust = 1.0 if shown < _SUSPECT else (_SUSPECT / shown) ** 2
        silent = math.isnan(one.sold)
        one.weighed = 0.0 if silent else one.usual * trust
        one.counted = 0.0 if silent else one.sold * trust
        total += one.counted
        base += one.weighed
    # Cap each at what the group's own movement allows, from above until it stands still.
    for _ in range(8):
        ratio = max(total / max(base, 1e-9), 0.02)
        capped = 0.0
        for j in range(len(members)):
            one = members[j]
            if one.weighed > 0.0:
                mean = one.usual * ratio
                most = mean + _CAP * math.sqrt(one.noise * mean) + 1.0
                one.counted = min(one.sold, most) * one.weighed / one.usual
                capped += one.counted
        still = abs(capped - total) < 0.02 * total
        total = capped
        if still:
            break
    return total, base


@compiled
def flow_of_rest(group: Record, total: float, base: float, own: Record) -> tuple[float, float]:
    """The movement of all others, and how large the series is beside them."""
    lately = (group.flow[0] + 1.0) / (group.flow[1] + 1.0)
    rest = base - own.weighed + _PRIOR
    flow = (total - own.counted + _PRIOR * lately) / rest
    return max(flow, _LEAST), own.usual / rest


@compiled
def remember_flow(group: Record, total: float, base: float) -> None:
    """Keep the group's last days."""
    group.flow[0] = group.flow[0] * _SMOOTH + total
    group.flow[1] = group.flow[1] * _SMOOTH + base
