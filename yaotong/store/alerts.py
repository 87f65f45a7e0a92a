"""Alerts as rows. A transition is an event row; an update is compare-and-set on the revision.

What an alert said before an update is kept beside it, see `past`; every write here moves `past.count`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from yaotong.alerts.model import KnownAlert
from yaotong.alerts.states import Act, State
from yaotong.codes import Level
from yaotong.errors import Conflict
from yaotong.store import audit, auditchain, desklines, findings, past, receivers
from yaotong.store.schema import alert, alert_event, dispatch, finding, outbox
from yaotong.viewer import SYSTEM

_ID_CHARS = 40


def known(connection: Connection, rule_id: str, subjects: Sequence[str]) -> list[KnownAlert]:
    """The alerts of these subjects under one rule, with their findings."""
    rows: list[Row[Any]] = []
    for part in findings.chunks(subjects):
        query = select(alert).where(alert.c.rule_id == rule_id, alert.c.subject.in_(part))
        rows += connection.execute(query).fetchall()
    evidence = findings.of_alerts(connection, [row.alert_id for row in rows])
    return [
        KnownAlert(
            alert_id=row.alert_id,
            subject=row.subject,
            state=State(row.state),
            level=Level(row.level),
            first_day=row.first_day,
            last_day=row.last_day,
            condition_gone=row.condition_gone,
            findings=evidence[row.alert_id],
        )
        for row in rows
    ]


def get(connection: Connection, alert_id: str) -> Row[Any] | None:
    """One alert's row, or None."""
    return connection.execute(select(alert).where(alert.c.alert_id == alert_id)).first()


def areas_of(connection: Connection, alert_ids: Sequence[str]) -> dict[str, str | None]:
    """The area of each alert; a thousand are asked for at a time."""
    found: dict[str, str | None] = {}
    for start in range(0, len(alert_ids), 1000):
        some = alert.c.alert_id.in_(alert_ids[start : start + 1000])
        rows = connection.execute(select(alert.c.alert_id, alert.c.area_code).where(some))
        found |= {row.alert_id: row.area_code for row in rows}
    return found


def subjects_of(connection: Connection, finding_ids: Sequence[str]) -> set[str]:
    """The subjects of some findings."""
    found: set[str] = set()
    for part in findings.chunks(finding_ids):
        found |= set(
            connection.execute(select(finding.c.subject).where(finding.c.finding_id.in_(part))).scalars()
        )
    return found


def insert_alerts(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """New alerts at revision 1."""
    if rows:
        connection.execute(insert(alert), [{"revision": 1, "condition_gone": False, **row} for row in rows])
        past.moved(connection)


def change(
    connection: Connection, alert_id: str, revision: int, columns: dict[str, Any], *, at: datetime
) -> int:
    """Set columns if the alert still stands at `revision`; the new revision, or Conflict.

    What it said until then stays readable as of any moment before `at`.
    """
    past.keep(connection, alert_id, revision, at)
    result = connection.execute(
        update(alert)
        .where(alert.c.alert_id == alert_id, alert.c.revision == revision)
        .values(revision=revision + 1, since_at=past.not_before(alert, at), **columns)
    )
    if result.rowcount != 1:
        raise Conflict("这条预警刚刚被别人更新过。请刷新后再操作。")
    desklines.renew(connection, [alert_id])
    past.moved(connection)
    return revision + 1


def add_event(
    connection: Connection,
    alert_id: str,
    *,
    at: datetime,
    actor: str,
    department: str,
    act: Act,
    sources: tuple[State | None, State],
    reason: str,
    text: str = "",
    origin: str = "",
) -> int:
    """Append an event row; returns its sequence number. A person's move goes into the audit chain with it."""
    newest = select(func.coalesce(func.max(alert_event.c.seq), 0)).where(alert_event.c.alert_id == alert_id)
    seq = int(connection.execute(newest).scalar_one()) + 1
    said = event_row(alert_id, seq, at=at, act=act, sources=sources, reason=reason, text=text)
    said |= {"actor": actor, "department": department}
    connection.execute(insert(alert_event).values(**said))
    past.moved(connection)
    if actor != SYSTEM.username:
        entry = audit.Entry(
            at, actor, "alert_move", f"alert:{alert_id}", department, origin, f"{act} {reason}".strip(),
            {"event": seq, "sha256": auditchain.event_digest(said)},
        )  # fmt: skip
        audit.append(connection, entry)
    return seq


def event_row(
    alert_id: str,
    seq: int,
    *,
    at: datetime,
    act: Act,
    sources: tuple[State | None, State],
    reason: str,
    text: str,
) -> dict[str, Any]:
    """What an event row says, but for who did it."""
    before, after = sources
    return {
        "alert_id": alert_id,
        "seq": seq,
        "at": at,
        "act": str(act),
        "from_state": str(before) if before else "",
        "to_state": str(after),
        "reason": reason,
        "text": text,
    }


def add_events(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Append event rows of alerts that nobody else writes to, such as those opened in this transaction."""
    if rows:
        connection.execute(insert(alert_event), rows)
        past.moved(connection)


def listing(
    connection: Connection, *, rule_id: str | None = None, state: str | None = None
) -> list[dict[str, Any]]:
    """Alerts in their columns, gravest first, then the latest behaviour first."""
    query = select(alert)
    if rule_id is not None:
        query = query.where(alert.c.rule_id == rule_id)
    if state is not None:
        query = query.where(alert.c.state == state)
    rows = [dict(row._mapping) for row in connection.execute(query.order_by(alert.c.alert_id))]
    rows.sort(key=lambda row: row["last_day"], reverse=True)
    return sorted(rows, key=lambda row: Level(row["level"]).rank)


def events(connection: Connection, alert_id: str) -> list[Row[Any]]:
    """The event rows of an alert, oldest first."""
    query = select(alert_event).where(alert_event.c.alert_id == alert_id).order_by(alert_event.c.seq)
    return list(connection.execute(query).fetchall())


def event(connection: Connection, alert_id: str, seq: int) -> Row[Any]:
    """One event row."""
    return connection.execute(
        select(alert_event).where(alert_event.c.alert_id == alert_id, alert_event.c.seq == seq)
    ).one()


def parts(connection: Connection, alert_id: str) -> dict[str, str]:
    """Which departments were told of an alert, and in which part: {department: lead|assist}."""
    query = select(dispatch.c.department, dispatch.c.part).where(dispatch.c.alert_id == alert_id)
    return {row.department: row.part for row in connection.execute(query)}


def add_dispatches(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Tell departments of alerts: alert_id, department, part, office_code and sent_at of each."""
    if rows:
        connection.execute(insert(dispatch), rows)
        desklines.renew(connection, sorted({row["alert_id"] for row in rows}))
        past.moved(connection)


def set_part(connection: Connection, alert_id: str, department: str, part: str) -> None:
    """Let a department that was told of an alert have another part in it."""
    mark_dispatch(connection, alert_id, department, {"part": part})
    desklines.renew(connection, [alert_id])
    past.moved(connection)


def dispatch_to(
    connection: Connection, alert_id: str, department: str, part: str, office_code: str | None, at: datetime
) -> None:
    """Tell a department of an alert, or tell it anew that it has a part; what it signed before is undone."""
    told = {"part": part, "office_code": office_code, "sent_at": at}
    undone = {"accepted_at": None, "accepted_by": None}
    if department in parts(connection, alert_id):
        mark_dispatch(connection, alert_id, department, told | undone)
        desklines.renew(connection, [alert_id])
        past.moved(connection)
    else:
        add_dispatches(connection, [{"alert_id": alert_id, "department": department, **told}])


def closed_at(connection: Connection, alert_id: str) -> datetime | None:
    """When an alert was last closed; None when it never was."""
    moments = select(func.max(alert_event.c.at)).where(
        alert_event.c.alert_id == alert_id,
        alert_event.c.to_state == str(State.CLOSED),
        alert_event.c.from_state != str(State.CLOSED),
    )
    found: datetime | None = connection.execute(moments).scalar_one()
    return found


def mark_dispatch(connection: Connection, alert_id: str, department: str, columns: dict[str, Any]) -> None:
    """Note on a dispatch that it was accepted or answered."""
    connection.execute(
        update(dispatch)
        .where(dispatch.c.alert_id == alert_id, dispatch.c.department == department)
        .values(**columns)
    )


def queue(
    connection: Connection,
    alert_id: str,
    seq: int,
    department: str,
    channels: Sequence[str],
    at: datetime,
) -> None:
    """Put one message per channel into the outbox, in the transaction of the event it tells of."""
    queue_all(connection, messages(alert_id, seq, department, channels, at))


def queue_all(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Put `messages` into the outbox; a chat nobody has set up for the department is left out."""
    wanted = receivers.wanted(connection, rows)
    if wanted:
        connection.execute(insert(outbox), wanted)


def messages(
    alert_id: str, seq: int, department: str, channels: Sequence[str], at: datetime
) -> list[dict[str, Any]]:
    """One message per channel, for the outbox."""
    return [
        {
            "message_id": _message_id(f"{alert_id}-{seq}-{department}-{channel}"),
            "alert_id": alert_id,
            "event_seq": seq,
            "department": department,
            "channel": channel,
            "state": "due",
            "attempts": 0,
            "written_at": at,
            "next_at": at,
        }
        for channel in channels
    ]


def _message_id(whole: str) -> str:
    """The words themselves where they fit; channels of a department with a long name stay apart."""
    if len(whole) <= _ID_CHARS:
        return whole
    digest = hashlib.blake2b(whole.encode(), digest_size=8).hexdigest()
    return f"{whole[: _ID_CHARS - 17]}-{digest}"
