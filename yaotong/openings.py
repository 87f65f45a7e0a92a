"""When shops are open: OSM opening hours on China's statutory calendar, as spans of days.

The calendar of the hours library knows neither the long holidays nor 调休, so `PH` is written out as
the days of `yaotong.workdays` before the library sees it.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from opening_hours import OpeningHours, ParserError, State  # type: ignore[attr-defined]

from yaotong import workdays
from yaotong.facts import OPENINGS_SCHEMA

# How far ahead a change is looked for; a shop that stays as it is for longer has no next change.
HORIZON_DAYS = 40
# "PH", alone or in a list with weekdays: "PH off", "Sa,Su,PH 09:00-17:00".
_DAYS = r"[A-Z][a-z](?:-[A-Z][a-z])?"
_WITH_HOLIDAY = re.compile(rf"^((?:{_DAYS},)*)PH((?:,{_DAYS})*)(?=\s|$)(.*)$")
# What depends on the weekday and on holidays alone: no dates, no weeks, no sun.
_WEEKLY = re.compile(r"(?:24/7|Mo|Tu|We|Th|Fr|Sa|Su|PH|off|closed|open|\d\d?:\d\d|[-,;\s])*")
_DAY = timedelta(days=1)
_HOURS_SCHEMA = pa.schema(
    [("opening_hours", pa.string()), *(field for field in OPENINGS_SCHEMA if field.name != "pharmacy_id")]
)
Offsets = tuple[tuple[int, int], ...]
Moments = NDArray[np.datetime64]


def hours_table(texts: Iterable[str | None], days: Sequence[date]) -> pa.Table:
    """Each distinct text's open spans by the day they begin: opening_hours, day, open_from, open_until.

    A day that is closed throughout is one row without moments; one whose hours are unknown has none.
    A text is worked out once for each kind of day: the weekday, and which days about it are holidays.
    """
    known = sorted({one for one in texts if one})
    groupings: dict[str, list[tuple[date, Moments]]] = {}
    parts: list[tuple[int, Moments, Moments, Moments]] = []
    for number, text in enumerate(known):
        sort = _sort_of(text)
        if sort not in groupings:
            groupings[sort] = _alike(days, sort)
        for first, alike in groupings[sort]:
            spans = offsets(text, first)
            if spans is not None:
                parts += [(number, alike, *_moments(alike, span)) for span in spans or [None]]
    return _table(known, parts)


def openings_of(pharmacies: ir.Table, hours: ir.Table) -> ir.Table:
    """The openings of shops (OPENINGS_SCHEMA) from the spans of their hours' texts."""
    return pharmacies.join(hours, "opening_hours").select(*OPENINGS_SCHEMA.names)


def _sort_of(text: str) -> str:
    """What a text's spans of a day depend on: the weekday, holidays too, or the very day."""
    if _WEEKLY.fullmatch(text) is None:
        return "day"
    return "holiday" if "PH" in text else "weekday"


def _alike(days: Sequence[date], sort: str) -> list[tuple[date, Moments]]:
    """Days of one kind, and the first of them to work the hours out on."""
    kinds: dict[Hashable, list[date]] = {}
    for day in days:
        kinds.setdefault(_kind(day, sort), []).append(day)
    return [(some[0], np.array(some, dtype="datetime64[s]")) for some in kinds.values()]


def _kind(day: date, sort: str) -> Hashable:
    if sort == "day":
        return day
    if sort == "weekday":
        return day.weekday()
    about = tuple(workdays.holiday(one) is not None for one in (day - _DAY, day, day + _DAY))
    return day.weekday(), workdays.known(day), *about


def _moments(days: Moments, span: tuple[int, int] | None) -> tuple[Moments, Moments]:
    """The two ends of a span on each of some days; of none at all, no moments."""
    if span is None:
        nothing = np.full(len(days), np.datetime64("NaT", "s"))
        return nothing, nothing
    return days + np.timedelta64(span[0], "s"), days + np.timedelta64(span[1], "s")


def _table(known: Sequence[str], parts: Sequence[tuple[int, Moments, Moments, Moments]]) -> pa.Table:
    if not parts:
        return _HOURS_SCHEMA.empty_table()
    numbers = np.repeat([one[0] for one in parts], [len(one[1]) for one in parts])
    days, since, until = (np.concatenate([one[side] for one in parts]) for side in (1, 2, 3))
    columns = [
        pa.array(known, pa.string()).take(pa.array(numbers)),
        pa.array(days.astype("datetime64[D]"), pa.date32()),
        pa.array(since, pa.timestamp("s")),
        pa.array(until, pa.timestamp("s")),
    ]
    return pa.Table.from_arrays(columns, schema=_HOURS_SCHEMA)


@lru_cache(maxsize=65_536)
def offsets(text: str, day: date) -> Offsets | None:
    """Open spans that begin on a day, in seconds from its midnight; None when they cannot be known.

    A span may end on the next day. Round the clock, a new one begins at each midnight.
    """
    hours = None if "+" in text else hours_on(text.strip(), day)
    if hours is None:
        return None
    midnight = datetime.combine(day, time())
    found = list(hours.intervals(midnight - _DAY, midnight + 2 * _DAY))
    if any(state == State.UNKNOWN for _, _, state, _ in found):
        return None
    opened = [(since, until) for since, until, state, _ in found if state == State.OPEN]
    pieces = [piece for since, until in opened for piece in _cut(since, until, midnight)]
    seconds = [tuple(int((one - midnight).total_seconds()) for one in piece) for piece in pieces]
    return tuple((since, until) for since, until in seconds if 0 <= since < 86_400)


def _cut(since: datetime, until: datetime, midnight: datetime) -> list[tuple[datetime, datetime]]:
    """A stretch in pieces: each day about a midnight that it covers whole is a piece of its own."""
    days = [(midnight + offset * _DAY, midnight + (offset + 1) * _DAY) for offset in (-1, 0, 1)]
    whole = {edge for day in days if since <= day[0] and day[1] <= until for edge in day}
    return list(pairwise(sorted({since, until, *whole})))


@lru_cache(maxsize=4096)
def hours_on(text: str, day: date) -> OpeningHours | None:
    """The hours with their holidays written out for the days around `day`; None when they cannot be known."""
    spelled = with_dates(text, day)
    if spelled is None:
        return None
    try:
        return OpeningHours(spelled, max_interval_days=HORIZON_DAYS + 2)
    except ParserError:
        return None


def with_dates(text: str, day: date) -> str | None:
    """`PH` replaced by dates from the day before `day` to the horizon.

    None when the text leans on what nobody published: school holidays, or a year without a notice.
    """
    if re.search(r"\bSH\b", text):
        return None
    if not re.search(r"\bPH\b", text):
        return text
    days = [day + timedelta(days=one) for one in range(-1, HORIZON_DAYS + 1)]
    if not workdays.known(day):
        return None
    dates = ",".join(f"{one:%Y %b %d}" for one in days if workdays.holiday(one) is not None)
    rules = []
    for rule in text.split(";"):
        spelled = _spelled(rule.strip(), dates)
        if spelled is None:
            return None
        rules.append(spelled)
    return "; ".join(rule for rule in rules if rule) or None


def _spelled(rule: str, dates: str) -> str | None:
    """One rule with its holidays as dates; "" when none of these days is one, None when not understood."""
    if "PH" not in rule:
        return rule
    found = _WITH_HOLIDAY.match(rule)
    if found is None or found[3].strip().startswith(("-", "+")):
        return None
    weekdays = (found[1] + found[2].lstrip(",")).strip(",")
    hours = found[3].strip()
    parts = [f"{one} {hours}" for one in (weekdays, dates) if one]
    return "; ".join(parts)
