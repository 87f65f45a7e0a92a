"""Dates and moments as files write them, brought to naive Beijing time to the second."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from yaotong.clock import to_beijing
from yaotong.intake.checks.distinct import Bools, Checked, Flaw, mask_of

Seconds = NDArray[np.datetime64]

_TIME = r"(?:[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?"
_WRITTEN = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})" + _TIME)
_CHINESE = re.compile(r"(\d{4})(年)(\d{1,2})月(\d{1,2})日" + _TIME)
_COMPACT = re.compile(r"(\d{4})()(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})(Z)?)?")
_WIDTH = 19  # YYYY-MM-DD HH:MM:SS
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
    usual = mask_of(pc.equal(pc.binary_length(values), _WIDTH))
    if usual.any():
        moments[usual] = _usual(values.filter(pa.array(usual)))
    rest = np.isnat(moments)
    moments[rest] = [moment_of(text) for text in values.filter(pa.array(rest)).to_pylist()]
    return moments, np.isnat(moments)


def moment_of(text: str) -> np.datetime64:
    """One text as a moment, NaT when it is none: the plain twin of the fast path, and all other forms."""
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


def _usual(values: Any) -> Seconds:
    """The common form at array speed: digits of a fixed-width text; NaT where it is another form."""
    marks = np.frombuffer(values.buffers()[2], dtype=np.uint8)[: len(values) * _WIDTH].reshape(-1, _WIDTH)
    digits = marks.astype(np.int32) - ord("0")
    places = np.array([0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18])
    good = ((digits[:, places] >= 0) & (digits[:, places] <= 9)).all(axis=1)
    good &= (marks[:, [4, 7]] == ord("-")).all(axis=1) & (marks[:, [13, 16]] == ord(":")).all(axis=1)
    good &= np.isin(marks[:, 10], (ord(" "), ord("T")))

    def two(place: int) -> NDArray[np.int32]:
        answer: NDArray[np.int32] = digits[:, place] * 10 + digits[:, place + 1]
        return answer

    year, hour, minute, second = two(0) * 100 + two(2), two(11), two(14), two(17)
    months = (year - 1970) * 12 + two(5) - 1
    good &= (year >= _FIRST_YEAR) & (two(5) >= 1) & (two(5) <= 12) & (two(8) >= 1)
    good &= (hour < 24) & (minute < 60) & (second < 60)
    first = np.where(good, months, 0).astype("datetime64[M]")
    days = first.astype("datetime64[D]") + np.where(good, two(8) - 1, 0)
    good &= days.astype("datetime64[M]") == first  # the 31st of a shorter month rolls over
    moments: Seconds = days.astype("datetime64[s]") + (hour * 3600 + minute * 60 + second)
    moments[~good] = np.datetime64("NaT")
    return moments
