"""The delivery log: what was told to whom, how often it was tried, what came back, and what is dead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from yaotong.departments import CHANNELS, departments
from yaotong.errors import Forbidden, UsageError
from yaotong.pace import Pace
from yaotong.rules.book import book
from yaotong.store import Connection, outbox, receivers
from yaotong.store import deliveries as table
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

STATES = ("due", "sent", "dead")
PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the log is asked for; empty: all of it. `page` counts from 1."""

    state: str = ""
    channel: str = ""
    department: str = ""
    page: int = 1

    def __post_init__(self) -> None:
        for name, given, known in (
            ("state", self.state, STATES),
            ("channel", self.channel, CHANNELS),
            ("department", self.department, tuple(departments())),
        ):
            if given and given not in known:
                raise UsageError(f"{name} 应为 {'、'.join(known)} 之一。")


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One message. `host` is the receiver's name where it has one, never its whole address."""

    message_id: str
    alert_id: str
    rule_id: str
    rule_zh: str
    rule_en: str
    level: str
    act: str
    department: str
    channel: str
    host: str
    state: str
    attempts: int
    written_at: datetime
    tried_at: datetime | None
    next_at: datetime | None
    delivered_at: datetime | None
    answer: str
    resent: tuple[str, ...]
    held_for: str = ""
    digest_id: str = ""


@dataclass(frozen=True, slots=True)
class HeldRow:
    """How many messages a receiver's hours hold back: why, and until when the first of them."""

    why: str
    number: int
    until: datetime


@dataclass(frozen=True, slots=True)
class ReceiverRow:
    """One receiver and how it stands: well, resting, full for this minute, gone, or refused its settings.

    `pace` is None for a webhook, which takes what comes.
    """

    channel: str
    department: str
    host: str
    standing: str
    failures: int
    since: datetime | None
    pace: Pace | None = None
    held: tuple[HeldRow, ...] = ()


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A page of the log, newest first; counts by state of all that the viewer may see."""

    rows: tuple[DeliveryRow, ...]
    total: int
    pages: int
    counts: dict[str, int]
    receivers: tuple[ReceiverRow, ...]
    departments: tuple[str, ...]


def deliveries(workspace: Workspace, viewer: Viewer, wanted: Wanted, *, now: datetime) -> DeliveryView:
    """The log as a leader sees it of the own department and area, an administrator of all departments."""
    mine = departments_of(viewer)
    if wanted.department and wanted.department not in mine:
        raise Forbidden("这里只有本部门的通知。")
    filters = table.Filters(
        (wanted.department,) if wanted.department else mine,
        viewer.area_code,
        viewer.covers(None),
        wanted.state,
        wanted.channel,
    )
    hosts = {("webhook", one.department): one.host for one in workspace.settings.webhooks}
    paces = {(one.channel, one.department): one.pace for one in workspace.settings.paced}
    hosts |= {(one.channel, one.department): one.host for one in workspace.settings.paced}
    with workspace.store.read() as connection:
        total = table.count(connection, filters)
        rows = table.listing(connection, filters, (wanted.page - 1) * PAGE_ROWS, PAGE_ROWS)
        counts = table.by_state(connection, filters)
        known = [one for one in receivers.everyone(connection) if (one.channel, one.department) in hosts]
        found = _rows(connection, rows, hosts)
        held = _held(connection, now)
    standing = tuple(
        replace(
            _receiver(one, hosts, now),
            pace=paces.get((one.channel, one.department)),
            held=held.get((one.channel, one.department), ()),
        )
        for one in known
        if one.department in mine
    )
    return DeliveryView(found, total, max(-(-total // PAGE_ROWS), 1), counts, standing, mine)


def departments_of(viewer: Viewer) -> tuple[str, ...]:
    """Whose deliveries a person may see and send again; Forbidden for officers."""
    if viewer.role == "admin":
        return tuple(departments())
    if viewer.role != "leader":
        raise Forbidden("通知的发送记录由部门负责人和管理员查看。")
    return (viewer.department,)


def _rows(
    connection: Connection, rows: Sequence[Any], hosts: dict[tuple[str, str], str]
) -> tuple[DeliveryRow, ...]:
    again: dict[str, list[str]] = {}
    for one in receivers.acts_on(connection, [row.message_id for row in rows]):
        again.setdefault(one.message_id, []).append(f"{one.actor} {one.at:%m-%d %H:%M}")
    rules = book()
    return tuple(
        DeliveryRow(
            message_id=row.message_id,
            alert_id=row.alert_id,
            rule_id=row.rule_id,
            rule_zh=rules[row.rule_id].name_zh,
            rule_en=rules[row.rule_id].name_en,
            level=row.level,
            act=row.act,
            department=row.department,
            channel=row.channel,
            host=hosts.get((row.channel, row.department), ""),
            state=row.state,
            attempts=row.attempts,
            written_at=row.written_at,
            tried_at=row.tried_at,
            next_at=row.next_at if row.state == "due" else None,
            delivered_at=row.delivered_at,
            answer=row.last_error or "",
            resent=tuple(again.get(row.message_id, ())),
            held_for=(row.held_for or "") if row.state == "due" else "",
            digest_id=row.digest_id or "",
        )
        for row in rows
    )


def _receiver(row: Any, hosts: dict[tuple[str, str], str], now: datetime) -> ReceiverRow:
    resting = row.resting_until is not None and row.resting_until > now
    stopped = "gone" if row.channel == "webhook" else "refused"
    waits = "resting" if row.failures or row.channel == "webhook" else "limited"
    standing = stopped if row.gone_at else waits if resting else "well"
    since = row.gone_at or (row.resting_until if resting else None)
    host = hosts[(row.channel, row.department)]
    return ReceiverRow(row.channel, row.department, host, standing, row.failures, since)


def _held(connection: Connection, now: datetime) -> dict[tuple[str, str], tuple[HeldRow, ...]]:
    found: dict[tuple[str, str], tuple[HeldRow, ...]] = {}
    for row in outbox.held(connection, now):
        lane = (row.channel, row.department)
        found[lane] = (*found.get(lane, ()), HeldRow(row.held_for, row.number, row.until))
    return found
