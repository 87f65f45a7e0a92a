"""Deliver what is due in the outbox, each message on its channel, and write down what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from yaotong import clock
from yaotong.config import Webhook
from yaotong.delivery import Attempt, Message, after_attempt, post
from yaotong.departments import CHANNELS
from yaotong.rules.book import book
from yaotong.store import alerts, outbox
from yaotong.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round of delivery came to."""

    sent: int
    failed: int
    dead: int


def deliver(workspace: Workspace, *, now: datetime, channels: Sequence[str] = CHANNELS) -> Delivered:
    """Try every message of these channels that is due once.

    The inbox is the department's page: delivery there is the moment it may be shown. A webhook is
    posted outside any transaction, so that a slow receiver never holds the database; a page delivers
    to the inbox alone, so that it never holds the officer either.
    """
    hooks = {one.department: one for one in workspace.settings.webhooks}
    counts = {"sent": 0, "due": 0, "dead": 0}
    while True:
        with workspace.store.read() as connection:
            rows = outbox.due(connection, now, channels)
            waiting = [(row, _message(connection, row)) for row in rows]
        if not waiting:
            return Delivered(counts["sent"], counts["due"], counts["dead"])
        tried = [(row, _try(row, message, hooks, now)) for row, message in waiting]
        with workspace.store.write() as connection:
            for row, attempt in tried:
                columns = after_attempt(row.attempts, attempt, now)
                if outbox.note(connection, row.message_id, row.attempts, columns):
                    counts[str(columns["state"])] += 1


def _try(row: Any, message: Message, hooks: Mapping[str, Webhook], now: datetime) -> Attempt:
    if row.channel == "inbox":
        return Attempt()
    hook = hooks.get(row.department)
    if hook is None:
        # Nobody asked for a webhook: the message is done, and a hook set up later starts with what is new.
        return Attempt()
    return post(message, hook.url, hook.secret, now.replace(tzinfo=clock.BEIJING))


def _message(connection: Any, row: Any) -> Message:
    told: Any = alerts.get(connection, row.alert_id)
    parts = alerts.parts(connection, row.alert_id)
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
