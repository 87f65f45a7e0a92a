"""A table of regions as arrays, with a reason for each region that cannot take part in a scan."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yaotong.errors import UsageError

Floats = NDArray[np.float64]

REQUIRED = ("region_id", "lon", "lat", "cases")
# What the cases are measured by; the first that is there counts.
MEASURES = ("expected", "population", "controls")
# A month's sales of the largest wholesaler; above it a count is a typing mistake.
IMPLAUSIBLE = 10_000_000

REASONS = {
    "no_id": "没有区域编号",
    "bad_date": "日期不能读",
    "duplicate_region": "同一区域（同一天）有两行",
    "bad_coordinate": "经纬度缺失、不是数或不在范围内",
    "moved": "各行的经纬度不一致",
    "bad_number": "病例数缺失或不是数",
    "negative": "有负的病例数",
    "not_integer": "有不是整数的病例数",
    "implausible": "病例数大得不可信",
    "bad_expected": "预期数（或人口）缺失、为零、为负或不是数",
    "bad_controls": "对照数缺失、为负或不是整数",
    "gaps": "有缺的日子，缺的不计",
}
# These refuse a region; the others are told.
REFUSES = tuple(name for name in REASONS if name != "gaps")


class Regions(NamedTuple):
    """n regions in order of id, t dates in their order (one column where the table has no dates).

    ids (n,); lon, lat (n,); cases (n, t) whole numbers; measure (n, t) what `kind` says, 0 where no row
    came, or None; dates (t,) or None; refused and noted: reason by region_id.
    """

    ids: NDArray[np.object_]
    lon: Floats
    lat: Floats
    cases: NDArray[np.int64]
    kind: str | None
    measure: Floats | None
    dates: NDArray[np.datetime64] | None
    refused: dict[str, str]
    noted: dict[str, str]


def read_regions(frame: pd.DataFrame) -> Regions:
    """Sort a table of REQUIRED columns, one of MEASURES and perhaps `date` into arrays.

    Raises UsageError when a required column is missing. A region with a fault is refused with its first
    reason, and leaves with its cases; the others are not touched by it.
    """
    absent = [name for name in REQUIRED if name not in frame.columns]
    if absent:
        raise UsageError(f"缺少列 {'、'.join(absent)}；需要 {'、'.join(REQUIRED)}")
    kind = next((name for name in MEASURES if name in frame.columns), None)
    if kind is None and "date" not in frame.columns:
        raise UsageError(f"缺少列：{'、'.join(MEASURES)} 之一；没有它就不知道哪里算多")
    table = _plain(frame, kind)
    refused = _faults(table, kind)
    sound = table[~table["region"].isin(refused)]
    return _arrays(sound, kind, "date" in frame.columns, refused)


def _plain(frame: pd.DataFrame, kind: str | None) -> pd.DataFrame:
    """Columns region, lon, lat, y, measure, day; what is no number or no date is missing."""
    table = pd.DataFrame(
        {
            "region": frame["region_id"].astype("string").fillna("").to_numpy(dtype=object),
            "lon": _numbers(frame["lon"]),
            "lat": _numbers(frame["lat"]),
            "y": _numbers(frame["cases"]),
            "measure": _numbers(frame[kind]) if kind else 1.0,
            "day": pd.Timestamp(0),
        }
    )
    if "date" in frame.columns:
        dates = pd.to_datetime(frame["date"], errors="coerce", format="mixed")
        dates = dates.dt.tz_localize(None) if dates.dt.tz is not None else dates
        table["day"] = dates.dt.normalize().to_numpy()
    return table


def _numbers(column: pd.Series[float]) -> Floats:
    return pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def _faults(table: pd.DataFrame, kind: str | None) -> dict[str, str]:
    """The first fault of each region that has one, in the order of REASONS."""
    y, measure = table["y"], table["measure"]
    at = table.groupby("region")[["lon", "lat"]].transform("first")
    whole = np.floor(y) == y
    beyond = ~np.isfinite(measure)
    counted = kind == "controls"
    faults = {
        "no_id": table["region"] == "",
        "bad_date": table["day"].isna(),
        "duplicate_region": table.duplicated(["region", "day"], keep=False),
        "bad_coordinate": ~(table["lon"].abs() <= 180) | ~(table["lat"].abs() <= 90),
        "moved": (table["lon"] != at["lon"]) | (table["lat"] != at["lat"]),
        "bad_number": ~np.isfinite(y),
        "negative": y < 0,
        "not_integer": ~whole,
        "implausible": y > IMPLAUSIBLE,
        "bad_expected": (beyond | (measure <= 0)) & (not counted),
        "bad_controls": (beyond | (measure < 0) | (np.floor(measure) != measure)) & counted,
    }
    found: dict[str, str] = {}
    for reason, wrong in faults.items():
        for name in table.loc[wrong, "region"].unique():
            found.setdefault(str(name), reason)
    return found


def _arrays(table: pd.DataFrame, kind: str | None, dated: bool, refused: dict[str, str]) -> Regions:
    places = table.groupby("region")[["lon", "lat"]].first()
    ids = places.index.to_numpy(dtype=object)
    days = np.sort(table["day"].unique())
    shape = (len(ids), len(days))
    at = np.searchsorted(ids, table["region"].to_numpy(dtype=object)) if len(ids) else np.empty(0, int)
    on = np.searchsorted(days, table["day"].to_numpy())
    cases, measure, came = np.zeros(shape, np.int64), np.zeros(shape), np.zeros(shape, bool)
    cases[at, on], measure[at, on], came[at, on] = table["y"], table["measure"], True
    gaps = ids[~came.all(axis=1)].tolist() if kind else []
    return Regions(
        ids,
        places["lon"].to_numpy(float),
        places["lat"].to_numpy(float),
        cases,
        kind,
        measure if kind else None,
        days if dated else None,
        refused,
        dict.fromkeys(map(str, gaps), "gaps"),
    )
