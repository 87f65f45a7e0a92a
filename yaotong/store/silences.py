"""Silences as rows, and which alerts call nobody."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from yaotong.alerts.silence import Face, Mute, Silence, SilenceReason
from yaotong.codes import Level
from yaotong.store import desklines
from yaotong.store.desk_tables import desk_line
from yaotong.store.findings import chunks
from yaotong.store.schema import alert
from yaotong.store.silence_tables import alert_mute, silence


def add(connection: Connection, one: Silence) -> int:
    """A new silence; its number."""
    kept = {name: value for name, value in asdict(one).items() if name != "silence_id"}
    told = {**kept, "reason": str(one.reason), "level": str(one.level)}
    (number,) = connection.execute(insert(silence).values(**told)).inserted_primary_key or (0,)
    return int(number)


def end(connection: Connection, silence_id: int, ended_from: date, at: datetime, by: str) -> None:
    """Note that a silence mutes no behaviour from a day on."""
    statement = update(silence).where(silence.c.silence_id == silence_id)
    connection.execute(statement.values(ended_from=ended_from, ended_at=at, ended_by=by))


def get(connection: Connection, silence_id: int) -> Silence | None:
    """One silence, or None."""
    row = connection.execute(select(silence).where(silence.c.silence_id == silence_id)).first()
    return None if row is None else _silence(row)


def every(connection: Connection) -> list[Silence]:
    """All silences in the order they were made."""
    return [_silence(row) for row in connection.execute(select(silence).order_by(silence.c.silence_id))]


def ending(connection: Connection, first: date, last: date) -> list[Silence]:
    """Silences that end by themselves in a span of days and whose department was not told so yet."""
    wanted = silence.c.until.between(first, last)
    query = select(silence).where(wanted, silence.c.reminded_at.is_(None), silence.c.ended_at.is_(None))
    return [_silence(row) for row in connection.execute(query.order_by(silence.c.silence_id))]


def reminded(connection: Connection, silence_id: int, at: datetime) -> bool:
    """Note that a silence's department was told of its end; False when it had been."""
    mine = (silence.c.silence_id == silence_id) & silence.c.reminded_at.is_(None)
    return connection.execute(update(silence).where(mine).values(reminded_at=at)).rowcount == 1


def faces(connection: Connection, rule_ids: Collection[str], subject: str | None = None) -> list[Face]:
    """The alerts of some rules, or of one subject under them, as silence sees them."""
    query = select(
        *(alert.c[name] for name in ("alert_id", "rule_id", "subject_kind", "subject", "area_code", "lead")),
        *(alert.c[name] for name in ("level", "first_day", "last_day", "state", "outcome", "condition_gone")),
    ).where(alert.c.rule_id.in_(sorted(rule_ids)))
    if subject is not None:
        query = query.where(alert.c.subject == subject)
    return [_face(row) for row in connection.execute(query.order_by(alert.c.alert_id))]


def mutes(connection: Connection) -> dict[str, Mute | None]:
    """Why each alert that calls nobody does not; None for one whose run has not ended."""
    return {row.alert_id: _mute(row) for row in connection.execute(select(alert_mute))}


def mutes_of(connection: Connection, alert_ids: Collection[str]) -> dict[str, Mute]:
    """Why some alerts call nobody, of those that do not."""
    found: dict[str, Mute] = {}
    for part in chunks(sorted(alert_ids)):
        query = select(alert_mute).where(alert_mute.c.alert_id.in_(part), alert_mute.c.until.is_not(None))
        found |= {
            row.alert_id: Mute(row.until, row.silence_id, row.source_id) for row in connection.execute(query)
        }
    return found


def mute_counts(connection: Connection) -> dict[int, int]:
    """How many alerts each silence mutes."""
    query = select(alert_mute.c.silence_id, func.count()).where(alert_mute.c.silence_id.is_not(None))
    return {row[0]: row[1] for row in connection.execute(query.group_by(alert_mute.c.silence_id))}


def outcomes(connection: Connection, alert_ids: Collection[str]) -> dict[str, str | None]:
    """What checking some alerts found."""
    found: dict[str, str | None] = {}
    for part in chunks(sorted(alert_ids)):
        query = select(alert.c.alert_id, alert.c.outcome).where(alert.c.alert_id.in_(part))
        found |= {row.alert_id: row.outcome for row in connection.execute(query)}
    return found


def muted_alerts() -> Select[Any]:
    """The ids of alerts that call nobody or wait to be judged, for use in other queries."""
    return select(alert_mute.c.alert_id)


def silenced_alerts() -> Select[Any]:
    """The ids of alerts that a silence or another alert mutes, for use in other queries."""
    return muted_alerts().where(alert_mute.c.until.is_not(None))


def told_of(
    connection: Connection, department: str, alert_ids: Collection[str]
) -> dict[str, tuple[str, str | None]]:
    """Rule and area of those of some alerts that a department was told of."""
    found: dict[str, tuple[str, str | None]] = {}
    for part in chunks(sorted(alert_ids)):
        query = select(desk_line.c.alert_id, desk_line.c.rule_id, desk_line.c.area_code).where(
            desk_line.c.department == department, desk_line.c.alert_id.in_(part), desk_line.c.arrived
        )
        found |= {row.alert_id: (row.rule_id, row.area_code) for row in connection.execute(query)}
    return found


def hold(connection: Connection, alert_ids: Collection[str]) -> None:
    """Let the notices of alerts wait until they are judged, unless they wait already."""
    for part in chunks(sorted(alert_ids)):
        query = select(alert_mute.c.alert_id).where(alert_mute.c.alert_id.in_(part))
        known = set(connection.execute(query).scalars())
        fresh = [{"alert_id": one} for one in part if one not in known]
        if fresh:
            connection.execute(insert(alert_mute), fresh)


def put_mutes(
    connection: Connection, before: Mapping[str, Mute | None], after: Mapping[str, Mute | None]
) -> None:
    """Write the difference of two states of what is muted."""
    gone = sorted(one for one in before if one not in after or after[one] != before[one])
    for part in chunks(gone):
        connection.execute(delete(alert_mute).where(alert_mute.c.alert_id.in_(part)))
    fresh = [
        {"alert_id": one, "silence_id": None, "source_id": None, "until": None} | _columns(mute)
        for one, mute in sorted(after.items())
        if one not in before or before[one] != mute
    ]
    if fresh:
        connection.execute(insert(alert_mute), fresh)
    if gone or fresh:
        desklines.changed(connection)


def _columns(mute: Mute | None) -> dict[str, Any]:
    return {} if mute is None else asdict(mute)


def _mute(row: Row[Any]) -> Mute | None:
    return None if row.until is None else Mute(row.until, row.silence_id, row.source_id)


def _face(row: Row[Any]) -> Face:
    told = dict(row._mapping)
    false_alarm = (told.pop("state"), told.pop("outcome")) == ("closed", "false_alarm")
    stands = not told.pop("condition_gone") and not false_alarm
    return Face(**{**told, "level": Level(row.level), "stands": stands})


def _silence(row: Row[Any]) -> Silence:
    told = {"reason": SilenceReason(row.reason), "level": Level(row.level)}
    return Silence(**{**row._mapping, **told})
