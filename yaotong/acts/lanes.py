"""One receiver at a time: take its turn, send what is due to it, oldest first, write down what came of it.

A receiver's turn is leased, so two workers never send to it at once. A worker that dies keeps the turn no
longer than the lease; what it had sent and not yet written down is sent again under the same id.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from yaotong import clock
from yaotong.acts.telling import Parcel, Round, paced_round
from yaotong.channels import Paced
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
Told = Webhook | Paced
Try = tuple[Parcel, Attempt]


@dataclass(slots=True)
class Tally:
    """What became of messages: counts of sent, due (to be tried again) and dead."""

    counts: dict[str, int] = field(default_factory=lambda: {"sent": 0, "due": 0, "dead": 0})


def ticking(now: datetime) -> Tick:
    """A clock that stands at `now` and goes on from there."""
    began = time.monotonic()
    return lambda: now + timedelta(seconds=int(time.monotonic() - began))


def hooks_of(workspace: Workspace) -> dict[Lane, Told]:
    """The webhooks, robots and mailboxes of the settings, by receiver."""
    hooks: dict[Lane, Told] = {("webhook", one.department): one for one in workspace.settings.webhooks}
    return hooks | {(one.channel, one.department): one for one in workspace.settings.paced}


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
    told = hooks_of(workspace)[lane]
    with workspace.store.write() as connection:
        row = receivers.take(connection, lane, who, tick(), LEASE)
    failures = row.failures if row else 0
    while row is not None and not stopped():
        round_ = _round(workspace, lane, told, until or tick())
        tried, failures_now, free_at = _send(round_, failures, tick, stopped)
        with workspace.store.write() as connection:
            go_on = _write_down(connection, lane, tried, failures, failures_now, tick(), tally)
            if free_at is not None:
                receivers.mark(connection, lane, {"resting_until": free_at})
            row = receivers.take(connection, lane, who, tick(), LEASE) if go_on and not free_at else None
            if row is None or not round_.looked:
                receivers.leave(connection, lane, who)
                return
        failures = failures_now
    with workspace.store.write() as connection:
        receivers.leave(connection, lane, who)


def _round(workspace: Workspace, lane: Lane, told: Told, now: datetime) -> Round:
    """What to send next: to a webhook each message by itself, elsewhere what the pace allows."""
    if not isinstance(told, Webhook):
        return paced_round(workspace, lane, told, now)
    with workspace.store.read() as connection:
        due = [(one, message_of(connection, one)) for one in outbox.due_of(connection, lane, now, BATCH)]
    networks = workspace.settings.allowed_networks

    def sent(message: Message) -> Callable[[datetime], Attempt]:
        return lambda moment: post(message, told.url, told.secret, moment, allowed=networks)

    return Round(tuple(Parcel((row,), sent(message)) for row, message in due), len(due))


def _send(
    round_: Round, failures: int, tick: Tick, stopped: Callable[[], bool]
) -> tuple[list[Try], int, datetime | None]:
    """Try parcels in turn until it is time to write down.

    With the receiver's failures in a row, and the moment from which its minute has room, if it is full.
    """
    tried: list[Try] = []
    free_at = round_.free_at
    began = time.monotonic()
    for parcel in round_.parcels:
        if tried and (stopped() or time.monotonic() - began > _NOTE_SECONDS):
            break
        free_at = round_.room(tick())
        if free_at is not None:
            break
        attempt = parcel.send(tick().replace(tzinfo=clock.BEIJING))
        tried.append((parcel, attempt))
        failures = failures + 1 if attempt.receiver_wide else 0
        if attempt.gone or rest_of_receiver(failures, attempt) is not None:
            break
    return tried, failures, free_at


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
    for parcel, attempt in tried:
        # Where the settings are wrong, one dead message says so; the others wait until they are mended.
        for row in parcel.rows[:1] if attempt.gone else parcel.rows:
            columns = after_attempt(row.attempts, attempt, now, _spread(row.message_id, row.attempts))
            if attempt.gone:
                columns = {"state": "dead", "last_error": attempt.error}
            columns = {**columns, "tried_at": now, "digest_id": parcel.digest_id}
            if outbox.note(connection, row.message_id, row.attempts, columns):
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
        said = "答 410，不再接收" if lane[0] == "webhook" else f"不收：{last.error}"
        _log.warning("%s 的 %s %s；改正设置或在通知页恢复之前不再发送。", lane[1], lane[0], said)
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


def _sha(told: Told) -> str:
    """Of all that a receiver is; its pace too, so that what it holds back is looked at anew."""
    if isinstance(told, Webhook):
        parts: tuple[object, ...] = (told.url, told.secret)
    else:
        parts = tuple(getattr(told, one.name) for one in fields(told))
    return hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=16).hexdigest()
