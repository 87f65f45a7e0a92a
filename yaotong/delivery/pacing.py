"""What of the waiting goes to a chat or a mailbox now, in how many messages, and what waits until when.

Pure: the state and `now` in, a plan out. All moments are naive Beijing time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from yaotong.codes import Level
from yaotong.pace import Pace

# Platforms count by their own clocks, and ours tells whole seconds: two more than the minute.
WINDOW = timedelta(seconds=62)
AT_ONCE = frozenset({Level.RED, Level.ORANGE})


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message of the outbox. `held`: it was held back before, and comes with what was held beside it."""

    message_id: str
    level: Level
    written_at: datetime
    held: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """A message that waits, until when, and why: `quiet` hours or the next `digest`."""

    message_id: str
    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Each waiting message is in exactly one place.

    `parcels`: what to send, one message of the channel each; of several ids it is a digest. `hold`: what
    waits. `left`: what is ripe and finds no room in this minute.
    """

    parcels: tuple[tuple[str, ...], ...]
    hold: tuple[Hold, ...]
    left: tuple[str, ...]


def plan(waiting: Sequence[Waiting], pace: Pace, used: int, now: datetime) -> Plan:
    """`used` messages went out within the last `WINDOW`. Gravest first, then oldest first.

    While there is room, what is told at once goes by itself; what is more than the room goes into one
    digest, so that nothing urgent waits for a list to go out piece by piece.
    """
    holds = tuple(found for one in waiting if (found := hold_of(one, pace, now)) is not None)
    kept = {one.message_id for one in holds}
    ripe = sorted((one for one in waiting if one.message_id not in kept), key=_order)
    free = pace.per_minute - used
    if free <= 0:
        return Plan((), holds, tuple(one.message_id for one in ripe))
    alone = [one for one in ripe if not _gathers(one, pace)]
    gathered = [one for one in ripe if _gathers(one, pace)]
    if len(alone) + bool(gathered) > free:
        alone, gathered = alone[: free - 1], sorted([*alone[free - 1 :], *gathered], key=_order)
    parcels = [(one.message_id,) for one in alone]
    together = tuple(one.message_id for one in gathered)
    return Plan((*parcels, *((together,) if together else ())), holds, ())


def hold_of(one: Waiting, pace: Pace, now: datetime) -> Hold | None:
    """Until when a message waits whatever room there is; None when its time has come."""
    ripe = one.written_at if one.level in AT_ONCE else next_digest(one.written_at, pace)
    moment = max(ripe, now)
    spoken = moment if one.level is Level.RED else after_quiet(moment, pace.quiet)
    if spoken > moment:
        return Hold(one.message_id, spoken, "quiet")
    return Hold(one.message_id, moment, "digest") if moment > now else None


def next_digest(written_at: datetime, pace: Pace) -> datetime:
    """The end of the hour or of the day that a message was written in; the start belongs to it."""
    if pace.digest == "none":
        return written_at
    if pace.digest == "hourly":
        return written_at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    today = datetime.combine(written_at.date(), pace.digest_at)
    return today if written_at < today else today + timedelta(days=1)


def after_quiet(moment: datetime, quiet: tuple[time, time] | None) -> datetime:
    """The moment itself, or the end of the quiet hours [since, until) that it lies in."""
    if quiet is None:
        return moment
    since, until = quiet
    clock = moment.time()
    inside = since <= clock < until if since < until else clock >= since or clock < until
    if not inside:
        return moment
    end = datetime.combine(moment.date(), until)
    return end if end > moment else end + timedelta(days=1)


def _gathers(one: Waiting, pace: Pace) -> bool:
    return one.held or (one.level not in AT_ONCE and pace.digest != "none")


def _order(one: Waiting) -> tuple[int, datetime, str]:
    return one.level.rank, one.written_at, one.message_id
