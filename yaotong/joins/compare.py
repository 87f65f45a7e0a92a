"""Compare outlets by volume: per head of their area, with their own past, with their neighbours.

No comparison alone finds everything: a rate per head misses the small area's large shop, the own past
misses who was always high, and neighbours miss a whole street that went wrong. Every outlet gets all
three, and a missing one is missing, never low. Source: contract of the three in lessons.md §0.7 and
the notes on the Kentucky shipments (data README).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from geo import NearestIndex

MIN_VOLUME = 50_000.0  # a year's volume below which a ratio says nothing about an outlet
MIN_POPULATION = 5_000  # residents below which a rate per head is not stable
MIN_PAST_YEARS = 3
NEIGHBOURS = 8
NEIGHBOURS_WITHIN_M = 40_000.0


def per_head(volume: pd.Series, area_code: pd.Series, population: Mapping[str, float]) -> pd.Series:
    """Units of an outlet per resident of its area; missing without residents or with very few."""
    residents = area_code.map(population).astype(float)
    return (volume / residents.where(residents >= MIN_POPULATION)).rename("per_head")


def own_past(panel: pd.DataFrame) -> pd.DataFrame:
    """Each outlet-year against the median of its earlier years, the tested year and its own rise left out.

    `panel`: license_no, year, quantity. Returns license_no, year, baseline, past_ratio, aligned to the
    panel's index. The baseline is the median of the outlet's *lowest half* of earlier years, so that
    it stays put when the abnormal lasts; missing with fewer than three earlier years or a low one.
    """
    wide = panel.pivot_table(index="license_no", columns="year", values="quantity", aggfunc="sum")
    base = pd.DataFrame(index=wide.index, columns=wide.columns, dtype=float)
    for year in wide.columns:
        earlier = wide.loc[:, [one for one in wide.columns if one < year]]
        base[year] = _low_half_median(earlier)
    long = base.reset_index().melt(id_vars="license_no", var_name="year", value_name="baseline")
    joined = panel.merge(long, on=["license_no", "year"], how="left").set_axis(panel.index)
    usable = joined["baseline"].where(joined["baseline"] >= MIN_VOLUME / 5)
    return joined[["license_no", "year", "baseline"]].assign(past_ratio=joined["quantity"] / usable)


def neighbours(lon: pd.Series, lat: pd.Series, volume: pd.Series) -> pd.Series:
    """Volume over the median of the eight nearest outlets within 40 km.

    Missing for an outlet without a place or with fewer than four such neighbours.
    """
    placed = lon.notna() & lat.notna() & volume.notna()
    found = pd.Series(np.nan, index=volume.index, name="neighbour_ratio")
    if int(placed.sum()) < 2:
        return found
    x, y = lon[placed].to_numpy(float), lat[placed].to_numpy(float)
    values = volume[placed].to_numpy(float)
    index = NearestIndex(x, y)
    ratios = np.full(len(values), np.nan)
    for own in range(len(values)):
        nearest, _ = index.query(x[own], y[own], NEIGHBOURS + 1, max_m=NEIGHBOURS_WITHIN_M)
        others = values[nearest[nearest != own][:NEIGHBOURS]]
        if len(others) >= NEIGHBOURS // 2:
            middle = float(np.median(others))
            ratios[own] = values[own] / middle if middle > 0 else np.nan
    found[placed] = ratios
    return found


def _low_half_median(earlier: pd.DataFrame) -> pd.Series:
    values = np.sort(earlier.to_numpy(float), axis=1)  # missing years sort last
    counts = (~np.isnan(values)).sum(axis=1)
    half = np.maximum((counts + 1) // 2, 1)
    medians = [
        float(np.median(row[:size])) if count >= MIN_PAST_YEARS else np.nan
        for row, size, count in zip(values, half, counts, strict=True)
    ]
    return pd.Series(medians, index=earlier.index, dtype=float)
