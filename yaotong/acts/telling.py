"""What goes to a chat or a mailbox next: alone, together, or later; and the words it is told in."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from yaotong.alerts.escalate import STEP_OF
from yaotong.alerts.states import State
from yaotong.channels import Mailbox, Paced, Robot
from yaotong.codes import Level
from yaotong.delivery import Attempt, mail, mailing, robots, tell, wording
from yaotong.delivery.pacing import WINDOW, Waiting, plan
from yaotong.rules.book import book
from yaotong.store import Connection, alerts, outbox, registry, slots
from yaotong.store.outbox import Lane
from yaotong.store.schema import area
from yaotong.workspace import Workspace

# So many are looked at together; a digest stands for as many at most.
MANY = 500


def always(_: datetime) -> datetime | None:
    """Room at any time: a webhook counts nothing."""
    return None


@dataclass(frozen=True, slots=True)
class Parcel:
    """Rows of the outbox that go out as one message, and how to send it at an aware moment."""

    rows: tuple[Any, ...]
    send: Callable[[datetime], Attempt]
    digest_id: str | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """What to send, of how many rows that were looked at.

    `room` takes a slot of the minute, or tells from when there is one; `free_at` tells it beforehand.
    """

    parcels: tuple[Parcel, ...]
    looked: int
    room: Callable[[datetime], datetime | None] = always
    free_at: datetime | None = None


def paced_round(workspace: Workspace, lane: Lane, told: Paced, now: datetime) -> Round:
    """Decide over what is due by `now`; what has to wait is written down as held."""
    robot_sha = _sha(told.limited_as)
    with workspace.store.read() as connection:
        rows = {one.message_id: one for one in outbox.levelled(connection, lane, now, MANY)}
        used = slots.used(connection, robot_sha, now - WINDOW)
        waiting = [
            Waiting(one.message_id, Level(one.level), one.written_at, one.held_for is not None)
            for one in rows.values()
        ]
        planned = plan(waiting, told.pace, used, now)
        parcels = tuple(
            _parcel(workspace, connection, told, [rows[one] for one in ids]) for ids in planned.parcels
        )
    if planned.hold:
        with workspace.store.write() as connection:
            outbox.hold(connection, [(one.message_id, one.until, one.why) for one in planned.hold])

    def room(moment: datetime) -> datetime | None:
        with workspace.store.write() as connection:
            return slots.take(connection, robot_sha, moment, WINDOW, told.pace.per_minute)

    full = _free_from(workspace, robot_sha, told, now) if planned.left else None
    return Round(parcels, len(rows), room, full)


def notice_of(connection: Connection, row: Any) -> wording.Notice:
    """What may be told of a row of the outbox."""
    return _notices(connection, [row])[0]


def digest_id_of(message_ids: Iterable[str]) -> str:
    """The same for the same messages, in whatever order."""
    return "digest-" + _sha("\x1f".join(sorted(message_ids)))[:24]


def _parcel(workspace: Workspace, connection: Connection, told: Paced, rows: Sequence[Any]) -> Parcel:
    site = workspace.settings.site
    if len(rows) == 1:
        said = wording.alone(notice_of(connection, rows[0]), site)
        name, digest_id = str(rows[0].message_id), None
    else:
        counts = Counter(Level(one.level) for one in rows)
        levels = [(str(level), counts[level]) for level in Level if counts[level]]
        shown = _notices(connection, rows[: wording.LISTED])
        most = robots.MOST_BYTES.get(told.channel, mailing.MOST_BYTES)
        said = wording.digest(shown, levels, site, most)
        name = digest_id = digest_id_of(one.message_id for one in rows)
    return Parcel(tuple(rows), _sender(workspace, told, said, name), digest_id)


def _sender(
    workspace: Workspace, told: Robot | Mailbox, said: wording.Said, name: str
) -> Callable[[datetime], Attempt]:
    networks = workspace.settings.allowed_networks
    if isinstance(told, Mailbox):
        return lambda moment: mail(told, said, name, moment, allowed=networks)
    return lambda moment: tell(told, said, moment, allowed=networks)


def _notices(connection: Connection, rows: Sequence[Any]) -> list[wording.Notice]:
    found = [(one, alerts.get(connection, one.alert_id)) for one in rows]
    codes = {alert.area_code for _, alert in found if alert is not None and alert.area_code}
    towns = registry.called(connection, area, "area_code", "area_name", codes)
    return [_notice(connection, row, alert, towns) for row, alert in found]


def _notice(connection: Connection, row: Any, alert: Any, towns: dict[str, str]) -> wording.Notice:
    event = alerts.event(connection, row.alert_id, row.event_seq)
    step = STEP_OF.get(State(alert.state), "")
    return wording.Notice(
        alert_id=row.alert_id,
        level=alert.level,
        rule_id=alert.rule_id,
        rule_name=book()[alert.rule_id].name_zh,
        act=event.act,
        reason=event.reason or "",
        town=towns.get(alert.area_code or ""),
        step=step,
        due=getattr(alert, f"{step}_due") if step else None,
    )


def _free_from(workspace: Workspace, robot_sha: str, told: Paced, now: datetime) -> datetime | None:
    with workspace.store.read() as connection:
        return slots.freed(connection, robot_sha, now, WINDOW, told.pace.per_minute)


def _sha(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
