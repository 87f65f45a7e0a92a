"""Points in whole hundredths: sums of them do not depend on their order."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.int64]
Numbers = NDArray[np.float64]
# A share is told and used to six places: what a page prints is what was reckoned with.
SHARE_UNITS = 1_000_000


def hundredths(points: ArrayLike) -> Points:
    """Points → whole hundredths, halves up."""
    return np.floor(np.asarray(points, dtype=float) * 100 + 0.5).astype(np.int64)


def as_points(whole: ArrayLike) -> Numbers:
    """Whole hundredths → points."""
    return np.asarray(whole, dtype=float) / 100


def rounded(share: ArrayLike) -> Numbers:
    """A share as it is told, halves up: numpy and Python would round 0.0262145 apart."""
    return np.floor(np.asarray(share, dtype=float) * SHARE_UNITS + 0.5) / SHARE_UNITS
