"""Is a shop open at a moment, and when does that change: OSM opening hours on China's statutory calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from yaotong.openings import HORIZON_DAYS, hours_on, with_dates

__all__ = ["OpenState", "Opening", "opening", "state_of", "with_dates"]

OpenState = Literal["open", "closed", "unknown"]


@dataclass(frozen=True, slots=True)
class Opening:
    """What the hours say at a moment; `next_change` is None when unknown or beyond the horizon."""

    state: OpenState
    next_change: datetime | None = None


UNKNOWN = Opening("unknown")


def opening(text: str | None, at: datetime) -> Opening:
    """The state at a naive Beijing moment; hours that are missing or unreadable are unknown, never closed.

    Hours change on whole minutes only: what they say is worked out once a minute.
    """
    return _opening(text, at.replace(second=0, microsecond=0))


@lru_cache(maxsize=16_384)
def _opening(text: str | None, at: datetime) -> Opening:
    state = state_of(text, at)
    if state == "unknown" or not text:
        return UNKNOWN
    hours = hours_on(text.strip(), at.date())
    change = None if hours is None else hours.next_change(at)
    near = change is not None and change < at + timedelta(days=HORIZON_DAYS)
    return Opening(state, change if near else None)


def state_of(text: str | None, at: datetime) -> OpenState:
    """The state alone, which is found ten times sooner than when it changes."""
    hours = hours_on(text.strip(), at.date()) if text and text.strip() else None
    if hours is None or hours.is_unknown(at):
        return "unknown"
    return "open" if hours.is_open(at) else "closed"
