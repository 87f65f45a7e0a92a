"""A table of counts as arrays: series by dates, with a reason for each series that cannot be judged."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yaotong.detection.days import MARKED, PROMOTION
from yaotong.errors import UsageError

F32 = NDArray[np.float32]

REQUIRED = ("series_id", "date", "observed")
OPTIONAL = ("expected_population", "is_holiday", "is_promotion", "group_id")
DAY, WEEK = 1, 7
# A month's sales of the largest wholesaler; above it a count is a typing mistake, and is said to be.
IMPLAUSIBLE = 10_000_000
_MOST_GAPS = 0.8

REASONS = {
    "no_id": "没有序列编号",
    "bad_date": "日期不能读",
    "bad_number": "有不是数的计数",
    "negative": "有负的计数",
    "not_integer": "有不是整数的计数",
    "duplicate_dates": "同一天有两行",
    "one_point": "只有一个点",
    "neither_daily_nor_weekly": "既不逐日也不逐周",
    "too_short": "历史太短，不判断",
    "too_few": "数太少，不判断",
    "constant": "到这一天为止没有变化过，不判断",
    "gaps": "有缺的日子，缺的不判断，其余照算",
    "implausible": "有大得不可信的计数，照算，不用来学习",
    "bad_population": "有不是正数的人口，按没有给出人口算",
    "missing": "这一天没有计数",
}
# These refuse the series as a whole; the others speak of some of its days.
REFUSES = (
    "no_id",
    "bad_date",
    "bad_number",
    "negative",
    "not_integer",
    "duplicate_dates",
    "one_point",
    "neither_daily_nor_weekly",
)


class Panel(NamedTuple):
    """One grid: (series, dates) arrays, NaN where nothing came; `rows` of the table lie at (at, on)."""

    step: int
    first: date
    ids: NDArray[np.object_]
    counts: F32
    exposure: F32 | None
    marks: NDArray[np.int8] | None
    groups: NDArray[np.int64]  # -1 for none
    rows: NDArray[np.int64]
    at: NDArray[np.int64]
    on: NDArray[np.int64]


class Reading(NamedTuple):
    """The grids, daily and weekly, and why a series is refused or wanting: reason by series_id."""

    panels: tuple[Panel, ...]
    refused: dict[str, str]
    noted: dict[str, str]


def read_panel(frame: pd.DataFrame) -> Reading:
    """Sort a table of REQUIRED and perhaps OPTIONAL columns into grids.

    Raises UsageError when a required column is missing. A series with a fault is refused with one
    reason; the others are not touched by it.
    """
    absent = [name for name in REQUIRED if name not in frame.columns]
    if absent:
        raise UsageError(f"缺少列 {'、'.join(absent)}；需要 {'、'.join(REQUIRED)}")
    table = _plain(frame)
    refused = _faults(table)
    sound = table[~table["series"].isin(refused)]
    steps = _steps(sound)
    refused |= dict.fromkeys(map(str, steps.index[steps == 0]), "neither_daily_nor_weekly")
    panels = []
    for step in (DAY, WEEK):
        chosen = sound[sound["series"].isin(steps.index[steps == step])]
        if len(chosen):
            panels.append(_grid(chosen, step))
    return Reading(tuple(panels), refused, _notes(sound, steps))


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns series, day (days since 1970, NaN), y, and the optional ones; `row` is the place."""
    dates = pd.to_datetime(frame["date"], errors="coerce")
    if dates.dt.tz is not None:
        dates = dates.dt.tz_localize(None)
    table = pd.DataFrame(
        {
            "row": np.arange(len(frame)),
            "series": frame["series_id"].astype("string").fillna("").to_numpy(dtype=object),
            "day": ((dates - pd.Timestamp(0)) // pd.Timedelta(days=1)).to_numpy(dtype=float, na_value=np.nan),
            "y": pd.to_numeric(frame["observed"], errors="coerce").to_numpy(dtype=float, na_value=np.nan),
            "absent": frame["observed"].isna().to_numpy(),
        }
    )
    for name in OPTIONAL:
        if name in frame.columns:
            table[name] = frame[name].to_numpy()
    return table


def _faults(table: pd.DataFrame) -> dict[str, str]:
    """The first fault of each series that has one, in the order of REFUSES."""
    y = table["y"]
    faults = {
        "no_id": table["series"] == "",
        "bad_date": table["day"].isna(),
        "bad_number": (y.isna() & ~table["absent"]) | np.isinf(y),
        "negative": y < 0,
        "not_integer": np.floor(y.fillna(0)) != y.fillna(0),
        "duplicate_dates": table.duplicated(["series", "day"], keep=False),
        "one_point": table.groupby("series")["row"].transform("size") == 1,
    }
    found: dict[str, str] = {}
    for reason, wrong in faults.items():
        for name in table.loc[wrong, "series"].unique():
            found.setdefault(str(name), reason)
    return found


def _steps(table: pd.DataFrame) -> pd.Series[float]:
    """1 for a daily series, 7 for a weekly one, 0 for neither."""
    ordered = table.sort_values(["series", "day"])
    gap = ordered.groupby("series")["day"].diff()
    weekly = (gap.isna() | (gap % 7 == 0)).groupby(ordered["series"]).all()
    days = ordered.groupby("series")["day"].agg(["min", "max", "size"])
    step = np.where(weekly, WEEK, DAY)
    share = days["size"] / ((days["max"] - days["min"]) / step + 1)
    return pd.Series(np.where(share >= 1 - _MOST_GAPS, step, 0), index=days.index)


def _notes(table: pd.DataFrame, steps: pd.Series[float]) -> dict[str, str]:
    """What is wanting in series that are judged all the same."""
    days = table.groupby("series").agg(
        low=("day", "min"), high=("day", "max"), size=("y", "count"), top=("y", "max"), least=("y", "min")
    )
    noted: dict[str, str] = {}
    if "expected_population" in table:
        population = pd.to_numeric(table["expected_population"], errors="coerce")
        wrong = ~(population > 0)
        noted |= dict.fromkeys(table.loc[wrong, "series"].astype(str).unique(), "bad_population")
    whole = (days["high"] - days["low"]) / steps.reindex(days.index).replace(0, 1) + 1
    noted |= dict.fromkeys(map(str, days.index[days["size"] < whole]), "gaps")
    noted |= dict.fromkeys(map(str, days.index[days["top"] == days["least"]]), "constant")
    noted |= dict.fromkeys(map(str, days.index[days["top"] > IMPLAUSIBLE]), "implausible")
    return noted


def _grid(table: pd.DataFrame, step: int) -> Panel:
    """Lay sound series of one step out on a grid, ordered by group and id so that order says nothing."""
    groups = _group_of(table)
    ids = groups.sort_values(kind="stable").index.to_numpy()
    place = pd.Series(np.arange(len(ids)), index=ids)
    at = table["series"].map(place).to_numpy(dtype=np.int64)
    day = table["day"].to_numpy(dtype=np.int64)
    first = int(day.min())
    on = np.asarray((day - first) // step, np.int64)
    shape = (len(ids), int(on.max()) + 1)

    def laid(values: NDArray[np.floating], blank: float) -> F32:
        grid = np.full(shape, blank, np.float32)
        grid[at, on] = values
        return grid

    return Panel(
        step,
        pd.Timestamp(first, unit="D").date(),
        ids,
        laid(table["y"].to_numpy(), np.nan),
        _exposure(table, laid),
        _marks(table, at, on, shape),
        np.array(groups.loc[ids], np.int64),
        table["row"].to_numpy(dtype=np.int64),
        at,
        on,
    )


def _group_of(table: pd.DataFrame) -> pd.Series[int]:
    """A group's number by series, in order of the group's name; -1 for none. Index in order of id."""
    if "group_id" not in table:
        return pd.Series(-1, index=sorted(table["series"].unique()))
    named = table.sort_values(["series", "day"]).groupby("series")["group_id"].first()
    text = named.astype("string")
    return pd.Series(pd.factorize(text, sort=True)[0], index=named.index)


def _exposure(table: pd.DataFrame, laid: object) -> F32 | None:
    """Population beside the series' own first month, so that a level means the same with and without."""
    if "expected_population" not in table or not callable(laid):
        return None
    population = pd.to_numeric(table["expected_population"], errors="coerce").to_numpy(dtype=float)
    grid: F32 = laid(np.where(population > 0, population, np.nan), np.nan)
    good = ~np.isnan(grid)
    begun = np.cumsum(good, axis=1) <= 28
    usual = np.where(good & begun, grid, 0.0).sum(axis=1) / np.maximum((good & begun).sum(axis=1), 1)
    share = grid / np.where(usual > 0, usual, 1.0)[:, None]
    return np.where(good, share, 1.0).astype(np.float32)


def _marks(
    table: pd.DataFrame, at: NDArray[np.int64], on: NDArray[np.int64], shape: tuple[int, int]
) -> NDArray[np.int8] | None:
    """Days that the table itself marks as holidays or promotions."""
    marks = np.zeros(shape, np.int8)
    for name, kind in (("is_holiday", MARKED), ("is_promotion", PROMOTION)):
        if name in table:
            told = table[name].astype("boolean").fillna(False).to_numpy(dtype=bool)
            marks[at[told], on[told]] = kind
    return marks if marks.any() else None
