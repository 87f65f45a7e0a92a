"""Is a shop open at a moment, and when does that change: OSM opening hours on China's statutory calendar.

The calendar of the hours library knows neither the long holidays nor 调休, so `PH` is written out as
the days of `yaotong.workdays` before the library sees it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from opening_hours import OpeningHours, ParserError  # type: ignore[attr-defined]

from yaotong import workdays

OpenState = Literal["open", "closed", "unknown"]
# How far ahead a change is looked for; a shop that stays as it is for longer has no next change.
HORIZON_DAYS = 40
# "PH", alone or in a list with weekdays: "PH off", "Sa,Su,PH 09:00-17:00".
_DAYS = r"[A-Z][a-z](?:-[A-Z][a-z])?"
_WITH_HOLIDAY = re.compile(rf"^((?:{_DAYS},)*)PH((?:,{_DAYS})*)(?=\s|$)(.*)$")


@dataclass(frozen=True, slots=True)
class Opening:
    """What the hours say at a moment; `next_change` is None when unknown or beyond the horizon."""

    state: OpenState
    next_change: datetime | None = None


UNKNOWN = Opening("unknown")


def opening(text: str | None, at: datetime) -> Opening:
    """The state at a naive Beijing moment; hours that are missing or unreadable are unknown, never closed."""
    state = state_of(text, at)
    if state == "unknown" or not text:
        return UNKNOWN
    hours = _hours(text.strip(), at.date())
    change = None if hours is None else hours.next_change(at)
    near = change is not None and change < at + timedelta(days=HORIZON_DAYS)
    return Opening(state, change if near else None)


def state_of(text: str | None, at: datetime) -> OpenState:
    """The state alone, which is found ten times sooner than when it changes."""
    hours = _hours(text.strip(), at.date()) if text and text.strip() else None
    if hours is None or hours.is_unknown(at):
        return "unknown"
    return "open" if hours.is_open(at) else "closed"


@lru_cache(maxsize=4096)
def _hours(text: str, day: date) -> OpeningHours | None:
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
