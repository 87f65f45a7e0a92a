"""One receiver at a time: take its turn, send what is due to it, oldest first, write down what came of it.

A receiver's turn is leased, so two workers never send to it at once. A worker that dies keeps the turn no
longer than the lease; what it had sent and not yet written down is sent again under the same id.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from yaotong import clock
from yaotong.delivery import Attempt, Message, after_attempt, post, rest_of_receiver
from yaotong.delivery.retry import BREAK_AFTER, MAX_ATTEMPTS
from yaotong.receivers import Webhook
from yaotong.rules.book import book
from yaotong.store import Connection, alerts, outbox, receivers
from yaotong.store.outbox import Lane
from yaotong.workspace import Workspace

# Longer than one try and the writing down of it.
LEASE = timedelta(seconds=20)
BATCH = 20
_NOTE_SECONDS = 2.0
# What failed with its receiver comes forward when that is back; the last tries keep their long waits.
_FORWARD_UP_TO = MAX_ATTEMPTS - 4
_log = logging.getLogger("yaotong.delivery")

Tick = Callable[[], datetime]
Try = tuple[Any, Attempt]


@dataclass(slots=True)
class Tally:
    """What became of messages: counts of sent, due (to be tried again) and dead."""

    counts: dict[str, int] = field(default_factory=lambda: {"sent": 0, "due": 0, "dead": 0})


def ticking(now: datetime) -> Tick:
    """A clock that stands at `now` and goes on from there."""
    began = time.monotonic()
    return lambda: now + timedelta(seconds=int(time.monotonic() - began))


def hooks_of(workspace: Workspace) -> dict[Lane, Webhook]:
    """The webhooks of the settings, by receiver."""
    return {("webhook", one.department): one for one in workspace.settings.webhooks}


def know_receivers(workspace: Workspace) -> None:
    """Let the store know the receivers of the settings; it is written to only when one has changed."""
    addresses = {lane: _sha(hook) for lane, hook in hooks_of(workspace).items()}
    with workspace.store.read() as connection:
        changed = receivers.unlike(connection, addresses)
    if changed:
        with workspace.store.write() as connection:
            receivers.know(connection, addresses)


def run_lane(
    workspace: Workspace,
    lane: Lane,
    *,
    who: str,
    tick: Tick,
    tally: Tally,
    until: datetime | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Send what is due to a receiver, by `until` where given, till nothing is, it fails, or `stopped`."""
    hook = hooks_of(workspace)[lane]
    with workspace.store.write() as connection:
        row = receivers.take(connection, lane, who, tick(), LEASE)
    failures = row.failures if row else 0
    while row is not None and not stopped():
        with workspace.store.read() as connection:
            told = [
                (one, message_of(connection, one))
                for one in outbox.due_of(connection, lane, until or tick(), BATCH)
            ]
        tried, failures_now = _send(workspace, hook, told, failures, tick, stopped)
        with workspace.store.write() as connection:
            go_on = _write_down(connection, lane, tried, failures, failures_now, tick(), tally)
            row = receivers.take(connection, lane, who, tick(), LEASE) if go_on else None
            if row is None or not told:
                receivers.leave(connection, lane, who)
                return
        failures = failures_now
    with workspace.store.write() as connection:
        receivers.leave(connection, lane, who)


def _send(
    workspace: Workspace,
    hook: Webhook,
    told: Sequence[tuple[Any, Message]],
    failures: int,
    tick: Tick,
    stopped: Callable[[], bool],
) -> tuple[list[Try], int]:
    """Try messages in turn until it is time to write down; with the receiver's failures in a row."""
    tried: list[Try] = []
    began = time.monotonic()
    for row, message in told:
        if tried and (stopped() or time.monotonic() - began > _NOTE_SECONDS):
            break
        moment = tick().replace(tzinfo=clock.BEIJING)
        attempt = post(message, hook.url, hook.secret, moment, allowed=workspace.settings.allowed_networks)
        tried.append((row, attempt))
        failures = failures + 1 if attempt.receiver_wide else 0
        if attempt.gone or rest_of_receiver(failures, attempt) is not None:
            break
    return tried, failures


def _write_down(
    connection: Connection,
    lane: Lane,
    tried: Sequence[Try],
    failures_before: int,
    failures: int,
    now: datetime,
    tally: Tally,
) -> bool:
    """The outcomes of tries, and how the receiver stands; whether there is more to send to it."""
    for row, attempt in tried:
        columns = after_attempt(row.attempts, attempt, now, _spread(row.message_id, row.attempts))
        if attempt.gone:
            columns = {"state": "dead", "last_error": attempt.error}
        if outbox.note(connection, row.message_id, row.attempts, {**columns, "tried_at": now}):
            tally.counts[str(columns["state"])] += 1
    if not tried:
        return True
    last = tried[-1][1]
    rest = rest_of_receiver(failures, last)
    receivers.mark(connection, lane, _standing(lane, failures, last, rest, now))
    if failures_before >= BREAK_AFTER and any(not attempt.error for _, attempt in tried):
        outbox.bring_forward(connection, lane, now, _FORWARD_UP_TO)
    return rest is None and not last.gone


def _standing(
    lane: Lane, failures: int, last: Attempt, rest: timedelta | None, now: datetime
) -> dict[str, Any]:
    if last.gone:
        _log.warning("%s 的 %s 答 410，不再接收；改正地址或在通知页恢复之前不再发送。", lane[1], lane[0])
        return {"failures": failures, "gone_at": now}
    return {"failures": failures, "resting_until": None if rest is None else now + rest}


def message_of(connection: Connection, row: Any) -> Message:
    """What a row of the outbox has to tell."""
    told: Any = alerts.get(connection, row.alert_id)
    parts: Mapping[str, str] = alerts.parts(connection, row.alert_id)
    event = alerts.event(connection, row.alert_id, row.event_seq)
    return Message(
        message_id=row.message_id,
        alert_id=row.alert_id,
        act=event.act,
        department=row.department,
        part=parts[row.department],
        rule_id=told.rule_id,
        rule_name=book()[told.rule_id].name_zh,
        level=told.level,
        state=event.to_state,
        area_code=told.area_code,
        at=event.at,
        accept_due=told.accept_due,
    )


def _spread(message_id: str, attempts: int) -> float:
    """Where in the jitter a try lies, in [0, 1): the same whenever it is asked."""
    digest = hashlib.blake2b(f"{message_id}\x1f{attempts}".encode(), digest_size=4).digest()
    return int.from_bytes(digest) / (1 << 32)


def _sha(hook: Webhook) -> str:
    return hashlib.blake2b(f"{hook.url}\x1f{hook.secret}".encode(), digest_size=16).hexdigest()
