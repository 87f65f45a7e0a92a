"""The one place that asks what time it is. Everything else takes time as an argument."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present moment as naive Beijing time, truncated to the second.

    The product lives in one zone without daylight saving; facts carry naive Beijing
    timestamps so that a Beijing day is the same on every engine.
    """
    return datetime.now(BEIJING).replace(tzinfo=None, microsecond=0)


def today() -> date:
    """The present Beijing day."""
    return now().date()


def to_beijing(moment: datetime) -> datetime:
    """A moment as naive Beijing time; one without an offset is taken to be Beijing time already."""
    if moment.tzinfo is None:
        return moment
    return moment.astimezone(BEIJING).replace(tzinfo=None)
