"""How fast and when a chat or a mailbox may be spoken to. Words only; `delivery.pacing` decides by them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

# Messages a minute. Robots of DingTalk and WeCom take 20, of Feishu 100; mail is as the deployer says.
PER_MINUTE: Mapping[str, int] = {"dingtalk": 20, "wecom": 20, "feishu": 100, "mail": 30}
MOST_PER_MINUTE: Mapping[str, int] = {**PER_MINUTE, "mail": 600}
DIGESTS = ("none", "hourly", "daily")
PACE_KEYS = frozenset({"per_minute", "digest", "digest_at", "quiet"})
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_QUIET = (time(21), time(8))


@dataclass(frozen=True, slots=True)
class Pace:
    """`digest` gathers yellow and blue by the hour, by the day at `digest_at`, or not at all.

    `quiet` is [from, until) in Beijing time, across midnight where it ends earlier than it begins; red alone
    is told then. None: no quiet hours.
    """

    per_minute: int
    digest: str = "hourly"
    digest_at: time = time(9)
    quiet: tuple[time, time] | None = _QUIET


def read_pace(channel: str, one: Mapping[str, Any]) -> Pace:
    """The pace of a receiver's table; ValueError of (key, what is wrong and the remedy)."""
    most = MOST_PER_MINUTE[channel]
    given = one.get("per_minute", PER_MINUTE[channel])
    if not isinstance(given, int) or isinstance(given, bool) or not 1 <= given <= most:
        raise ValueError("per_minute", f"per_minute 应为 1 到 {most} 的整数：对方每分钟至多收这么多。")
    digest = one.get("digest", "hourly")
    if digest not in DIGESTS:
        raise ValueError("digest", f"digest 应为 {'、'.join(DIGESTS)} 之一。")
    at = _clock(one.get("digest_at", "09:00"))
    if at is None:
        raise ValueError("digest_at", 'digest_at 应写成 "09:00" 的样子。')
    return Pace(given, str(digest), at, _quiet(one.get("quiet", "21:00-08:00")))


def _quiet(given: object) -> tuple[time, time] | None:
    if given == "":
        return None
    first, dash, last = str(given).partition("-")
    since, until = _clock(first), _clock(last)
    if not dash or since is None or until is None or since == until:
        raise ValueError("quiet", 'quiet 应写成 "21:00-08:00" 的样子；不要静默时段就写 ""。')
    return since, until


def _clock(given: object) -> time | None:
    found = _CLOCK.fullmatch(given) if isinstance(given, str) else None
    return time(int(found[1]), int(found[2])) if found else None
