"""What the legend says of a layer: how many features each class has, class limits, the largest value.

Made from what is drawn and how, for every number of features in vectors. Class limits come from a
reference (the newest day), so that colours mean the same while the day changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from layers.drawn import Drawn
from layers.elements import Paint
from layers.scales import breaks


@dataclass(frozen=True, slots=True)
class Scale:
    """What values are measured against: rising class limits, and the value of the largest disc."""

    limits: tuple[float, ...] = ()
    largest: float = 0.0


def scale_of(drawn: Drawn, paint: Paint) -> Scale:
    """The scale that a layer's own values ask for."""
    if paint.mark not in ("fill", "bubble"):
        return Scale()
    values = drawn.frame["value"].to_numpy(dtype=float)
    known = values[~np.isnan(values) & (values > 0)]
    limits = paint.fixed or tuple(breaks(known.tolist(), len(paint.palette)))
    return Scale(limits, float(known.max()) if len(known) else 0.0)


def told_at(drawn: Drawn, paint: Paint, scale: Scale, coarser: Sequence[tuple[int, Drawn]]) -> dict[str, Any]:
    """The summary of a layer; under `merged` those of coarser ones, with the zoom each is shown `below`."""
    merged = [{"below": below, **summary(one, paint, scale)} for below, one in coarser]
    return {**summary(drawn, paint, scale), "merged": merged}


def summary(drawn: Drawn, paint: Paint, scale: Scale) -> dict[str, Any]:
    """Plain data for the legend.

    `counts`: features by class key; for values by index of their class, with `nothing`, `unknown` and
    `few` beside. `least` and `most` bound the positive values.
    """
    told: dict[str, Any] = {"fine_zh": drawn.fine_zh, "features": len(drawn.frame)}
    if "class" in drawn.frame:
        counted = drawn.frame["class"].value_counts()
        return told | {"counts": {str(key): int(n) for key, n in counted.items()}}
    if "value" not in drawn.frame:
        return told
    values = drawn.frame["value"].to_numpy(dtype=float)
    positive = values[values > 0]
    place = np.searchsorted(np.array(scale.limits), positive, side="right")
    counts = np.bincount(place, minlength=len(scale.limits) + 1)
    return told | {
        "limits": list(scale.limits),
        "largest": scale.largest,
        "counts": [int(one) for one in counts],
        "nothing": int((values <= 0).sum()),
        "unknown": int(np.isnan(values).sum()),
        "few": bool(drawn.frame["few"].any()) if "few" in drawn.frame else False,
        "least": float(positive.min()) if len(positive) else None,
        "most": float(positive.max()) if len(positive) else None,
    }
