"""Read what a citizen asks from an address: numbers, yes or no, moments. What cannot be read is refused."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from werkzeug.datastructures import MultiDict

from yaotong import clock
from yaotong.errors import UsageError

_YES, _NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
MAX_TEXT_CHARS = 60
MAX_SEVERAL = 12
_FAR = timedelta(days=366)


def flag(asked: Mapping[str, str], name: str) -> bool | None:
    """Yes, no, or None when the address does not say."""
    text = asked.get(name, "").strip().lower()
    if not text:
        return None
    if text not in _YES | _NO:
        raise UsageError(f"{name} 应为 true 或 false。")
    return text in _YES


def number(asked: Mapping[str, str], name: str) -> float | None:
    """A number, or None when the address does not say."""
    text = asked.get(name, "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError as error:
        raise UsageError(f"{name} 应为数字。") from error
    if not math.isfinite(value):
        raise UsageError(f"{name} 应为数字。")
    return value


def required(asked: Mapping[str, str], name: str) -> float:
    """A number that must be there."""
    value = number(asked, name)
    if value is None:
        raise UsageError(f"缺少 {name}。")
    return value


def whole(asked: Mapping[str, str], name: str, default: int) -> int:
    """A whole number, or the default."""
    value = number(asked, name)
    if value is None:
        return default
    if value != int(value):
        raise UsageError(f"{name} 应为整数。")
    return int(value)


def moment(asked: Mapping[str, str], name: str, now: datetime) -> datetime | None:
    """An ISO 8601 moment as naive Beijing time; "now" is the present; None when the address does not say."""
    text = asked.get(name, "").strip()
    if not text:
        return None
    if text == "now":
        return now
    try:
        # A "+" of an address stands for a blank.
        found = clock.to_beijing(datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text))
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{name} 应写作 2026-03-31T20:00 的样子，或 now。") from error
    if abs(found - now) > _FAR:
        raise UsageError(f"{name} 应在前后一年之内。")
    return found


def day(asked: Mapping[str, str], name: str) -> date | None:
    """A day such as 2026-03-31; None when the address does not say."""
    text = asked.get(name, "").strip()
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{name} 应写作 2026-03-31 的样子。") from error
    if not date(2000, 1, 1) <= found <= date(2100, 1, 1):
        raise UsageError(f"{name} 应在 2000 年至 2100 年之间。")
    return found


def words(asked: Mapping[str, str], name: str) -> str:
    """A short text without control characters."""
    text = "".join(one for one in asked.get(name, "") if one.isprintable()).strip()
    return text[:MAX_TEXT_CHARS]


def several(asked: MultiDict[str, str], name: str) -> tuple[str, ...]:
    """The words given under a name, repeated or with commas between; each once, in their order."""
    given = (one for text in asked.getlist(name)[:MAX_SEVERAL] for one in text.split(",")[:MAX_SEVERAL])
    cleaned = ("".join(c for c in one if c.isprintable()).strip()[:MAX_TEXT_CHARS] for one in given)
    return tuple(dict.fromkeys(one for one in cleaned if one))


def box(asked: Mapping[str, str], name: str) -> tuple[float, float, float, float] | None:
    """Four numbers west,south,east,north, or None when the address does not say."""
    text = asked.get(name, "").strip()
    if not text:
        return None
    try:
        west, south, east, north = (float(one) for one in text.split(","))
    except ValueError as error:
        raise UsageError(f"{name} 应为四个数：west,south,east,north。") from error
    if not all(math.isfinite(one) for one in (west, south, east, north)):
        raise UsageError(f"{name} 应为四个数：west,south,east,north。")
    return west, south, east, north
