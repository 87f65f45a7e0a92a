"""When to try again, and when to give up. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

# The schedule of the Standard Webhooks specification: what is waited after each try.
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
MAX_ATTEMPTS = len(WAITS) + 1
# So much of a wait is spread, so that what failed together does not come back together.
JITTER = 0.1
LONGEST_ASKED = timedelta(hours=1)
BREAK_AFTER = 3
_BREAKS = (5, 15, 60, 300)  # seconds
_BEIJING = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one try came to: an empty error means that it arrived.

    `receiver_wide`: the fault is the receiver's, not this message's. `gone`: it wants nothing any more.
    `retry_after`: how long it asked to be left alone. `note`: what there is to mend though it arrived.
    """

    error: str = ""
    receiver_wide: bool = field(default=False, compare=False)
    gone: bool = False
    retry_after: timedelta | None = None
    note: str = ""


def after_attempt(
    attempts_before: int, attempt: Attempt, now: datetime, spread: float = 0.0
) -> dict[str, object]:
    """The outbox columns after a try: sent, due again by the schedule, or dead after the last.

    `spread` in [0, 1) says where in the jitter this message lies.
    """
    if not attempt.error:
        return {"state": "sent", "delivered_at": now, "last_error": attempt.note or None}
    if attempts_before + 1 >= MAX_ATTEMPTS:
        return {"state": "dead", "last_error": attempt.error}
    wait = WAITS[attempts_before] * (1 + JITTER * spread)
    wait = max(wait, attempt.retry_after or timedelta(0))
    return {"state": "due", "next_at": now + wait, "last_error": attempt.error}


def asked_wait(header: str | None, now: datetime) -> timedelta | None:
    """What a Retry-After header asks, from naive Beijing `now`: seconds or an HTTP date, at most an hour."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), LONGEST_ASKED)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        return None
    wait = moment.astimezone(_BEIJING).replace(tzinfo=None) - now
    return min(max(wait, timedelta(0)), LONGEST_ASKED)


def rest_of_receiver(failures: int, attempt: Attempt) -> timedelta | None:
    """How long to leave a receiver alone after so many failures of its own in a row; None: go on.

    Without this every message would wait for a dead receiver's timeout, and use up its tries on it.
    """
    if attempt.retry_after is not None:
        return attempt.retry_after
    if not attempt.receiver_wide or failures < BREAK_AFTER:
        return None
    return timedelta(seconds=_BREAKS[min(failures - BREAK_AFTER, len(_BREAKS) - 1)])
