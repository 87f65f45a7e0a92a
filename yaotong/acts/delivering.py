"""Deliver what is due in the outbox, each message on its channel, and write down what became of it."""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from yaotong.acts.lanes import Tally, hooks_of, know_receivers, run_lane, ticking
from yaotong.departments import CHANNELS, departments
from yaotong.store import outbox
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
    to the inbox alone, so that it never holds the officer either. A receiver that fails three times in
    a row is left alone for a while, and what is due to it waits.
    """
    tally = Tally()
    settle_silent(workspace, now, channels, tally)
    lanes = [lane for lane in hooks_of(workspace) if lane[0] in channels]
    if lanes:
        know_receivers(workspace)
        with workspace.store.read() as connection:
            lanes = outbox.lanes(connection, now, lanes)
    for lane in lanes:
        run_lane(workspace, lane, who=name(), tick=ticking(now), until=now, tally=tally)
    return Delivered(tally.counts["sent"], tally.counts["due"], tally.counts["dead"])


def settle_silent(workspace: Workspace, now: datetime, channels: Sequence[str], tally: Tally) -> None:
    """Mark as sent what needs no sending: the inbox, and channels on which nobody asked for anything.

    A hook set up later starts with what is new.
    """
    hooks = hooks_of(workspace)
    silent = [(one, each) for one in channels for each in departments() if (one, each) not in hooks]
    while True:
        with workspace.store.read() as connection:
            rows = outbox.due_in(connection, silent, now)
        if not rows:
            return
        done = {"state": "sent", "delivered_at": now, "tried_at": now, "last_error": None}
        with workspace.store.write() as connection:
            for row in rows:
                if outbox.note(connection, row.message_id, row.attempts, done):
                    tally.counts["sent"] += 1


def name() -> str:
    """Who holds a receiver's turn: this machine, process and thread."""
    return f"{platform.node()[:32]}-{os.getpid()}-{threading.get_ident() % 10**9}"
