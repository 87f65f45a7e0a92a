"""Made tables of counts for the tests of detection."""

from __future__ import annotations

import numpy as np
import pandas as pd


def noise(level: float, days: int, seed: int = 1, ratio: float = 1.5) -> np.ndarray:
    """Counts with this mean and variance over mean."""
    rng = np.random.default_rng(seed)
    return rng.poisson(rng.gamma(level / (ratio - 1), ratio - 1, days))


def table(
    series: dict[str, np.ndarray], first: str = "2022-01-03", step: int = 1, **more: object
) -> pd.DataFrame:
    """The rows of `yaotong scan`, one series after the other."""
    parts = [
        pd.DataFrame(
            {
                "series_id": name,
                "date": pd.date_range(first, periods=len(y), freq=f"{step}D"),
                "observed": y,
                **more,
            }
        )
        for name, y in series.items()
    ]
    return pd.concat(parts, ignore_index=True)
