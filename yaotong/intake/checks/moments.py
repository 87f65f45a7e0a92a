"""Dates and moments as files write them, brought to naive Beijing time to the second."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from yaotong.clock import to_beijing
from yaotong.intake.checks.distinct import COMPILED_FROM, Bools, Checked, Flaw, byte_view

Seconds = NDArray[np.datetime64]

_TIME = r"(?:[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?"
_WRITTEN = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})" + _TIME)
_CHINESE = re.compile(r"(\d{4})(年)(\d{1,2})月(\d{1,2})日" + _TIME)
_COMPACT = re.compile(r"(\d{4})()(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})(Z)?)?")
_FIRST_YEAR = 1900
_OLDEST = np.datetime64("1990-01-01", "s")
_GRACE = timedelta(days=1)  # clocks of tills run ahead, zones get mixed up


def read_moments(values: Any, now: datetime, *, past: bool) -> Checked:
    """Moments; with `past`, later than a day from `now` or before 1990 is refused."""
    moments, bad = parse_moments(values)
    flaws = [Flaw("bad_date", bad, "{value} 不是时间，应如 2026-01-31 08:30:00。")]
    if past:
        known = ~np.isnat(moments)
        flaws.append(
            Flaw("future_time", known & (moments > np.datetime64(now + _GRACE, "s")), "{value} 在将来。")
        )
        flaws.append(Flaw("too_old", known & (moments < _OLDEST), "{value} 早于 1990 年。"))
    return Checked(pa.array(moments), tuple(flaws))


def read_dates(values: Any) -> Checked:
    """Days, as the moment they begin; a time of day other than midnight is refused."""
    moments, bad = parse_moments(values)
    days = moments.astype("datetime64[D]").astype("datetime64[s]")
    bad = bad | (~np.isnat(moments) & (days != moments))
    return Checked(pa.array(days), (Flaw("bad_date", bad, "{value} 不是日期，应如 2026-01-31。"),))


def parse_moments(values: Any) -> tuple[Seconds, Bools]:
    """Moments of distinct texts (NaT where unreadable), and which are unreadable."""
    moments = np.full(len(values), "NaT", dtype="datetime64[s]")
    read = 0
    if len(values) >= COMPILED_FROM:
        from yaotong.intake.checks import kernels  # compiled code is loaded for long columns only

        read = kernels.moments(*byte_view(values), _FIRST_YEAR, moments.view(np.int64))
    if read < len(values):
        rest = np.isnat(moments)
        moments[rest] = [moment_of(text) for text in values.filter(pa.array(rest)).to_pylist()]
    return moments, np.isnat(moments)


def moment_of(text: str) -> np.datetime64:
    """One text as a moment, NaT when it is none: the plain twin of the compiled loop, and all other forms."""
    found = _WRITTEN.fullmatch(text) or _CHINESE.fullmatch(text) or _COMPACT.fullmatch(text)
    if found is None:
        return np.datetime64("NaT", "s")
    year, _, *parts, offset = found.groups()
    try:
        moment = datetime(int(year), *(int(one or 0) for one in parts))  # type: ignore[arg-type]
        if moment.year < _FIRST_YEAR:
            return np.datetime64("NaT", "s")
        return np.datetime64(to_beijing(_at(moment, offset)), "s")
    except (ValueError, OverflowError):
        return np.datetime64("NaT", "s")


def _at(moment: datetime, offset: str | None) -> datetime:
    if not offset:
        return moment
    if offset == "Z":
        return moment.replace(tzinfo=UTC)
    sign = -1 if offset[0] == "-" else 1
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    if hours > 14 or minutes > 59:
        raise ValueError("no place on earth has this offset")
    return moment.replace(tzinfo=timezone(sign * timedelta(hours=hours, minutes=minutes)))
