"""When to try again, and when to give up. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

MAX_ATTEMPTS = 10
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one try came to: an empty error means that it arrived."""

    error: str = ""


def after_attempt(attempts_before: int, attempt: Attempt, now: datetime) -> dict[str, object]:
    """The outbox columns after a try: sent, due again after a doubled wait, or dead after the tenth."""
    if not attempt.error:
        return {"state": "sent", "delivered_at": now, "last_error": None}
    if attempts_before + 1 >= MAX_ATTEMPTS:
        return {"state": "dead", "last_error": attempt.error}
    wait = min(_FIRST_WAIT * 2**attempts_before, _LONGEST_WAIT)
    return {"state": "due", "next_at": now + wait, "last_error": attempt.error}
