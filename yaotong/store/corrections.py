"""Rows of what citizens reported as wrong: filed once, answered once, and what stands against a source."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from yaotong.store.correction_tables import correction, correction_field
from yaotong.store.grants import READABLE
from yaotong.store.registry import in_force
from yaotong.store.schema import load, pharmacy, placement

_OPEN = "open"


@dataclass(frozen=True, slots=True)
class Held:
    """A corrected column of a shop: the value its source had, and the one that stands instead."""

    ticket: str
    license_no: str
    name: str
    wrong: Any
    right: Any


def add(
    connection: Connection, *, ticket: str, license_no: str, kind: str, said: str, filed_at: datetime
) -> None:
    """Keep a report, with the area its shop lies in."""
    place = select(placement.c.area_code).where(
        placement.c.license_no == license_no, in_force(placement, None)
    )
    connection.execute(
        insert(correction).values(
            ticket=ticket,
            license_no=license_no,
            area_code=connection.execute(place).scalar(),
            kind=kind,
            said=said,
            filed_at=filed_at,
            state=_OPEN,
        )
    )


def get(connection: Connection, ticket: str) -> Row[Any] | None:
    """One report, or None."""
    return connection.execute(select(correction).where(correction.c.ticket == ticket)).first()


def shown(connection: Connection, ticket: str) -> Row[Any] | None:
    """What anyone who holds its number may see of a report, or None."""
    some = [correction.c[name] for name in READABLE["correction"]]
    return connection.execute(select(*some).where(correction.c.ticket == ticket)).first()


def crowd(connection: Connection, license_no: str, since: datetime) -> tuple[int, int]:
    """How many reports of a shop are open, and how many were filed of all since a moment."""
    own = select(func.count()).where(correction.c.license_no == license_no, correction.c.state == _OPEN)
    recent = select(func.count()).where(correction.c.filed_at >= since)
    return int(connection.execute(own).scalar_one()), int(connection.execute(recent).scalar_one())


def listing(
    connection: Connection, area: str, *, is_open: bool, limit: int, offset: int = 0
) -> list[Row[Any]]:
    """Reports of an area and below: the open ones, oldest first, or those answered, the last first."""
    query = _of_area(select(correction, pharmacy.c.name), area, is_open)
    query = query.join(
        pharmacy,
        (pharmacy.c.license_no == correction.c.license_no) & in_force(pharmacy, None),
        isouter=True,
    )
    order = [correction.c.filed_at] if is_open else [correction.c.answered_at.desc()]
    return list(connection.execute(query.order_by(*order, correction.c.ticket).offset(offset).limit(limit)))


def count_open(connection: Connection, area: str) -> int:
    """How many reports wait in an area and below."""
    query = _of_area(select(func.count()).select_from(correction), area, True)
    return int(connection.execute(query).scalar_one())


def open_alike(connection: Connection, license_no: str, kind: str) -> list[str]:
    """The open reports that say the same of one shop."""
    query = select(correction.c.ticket).where(
        correction.c.license_no == license_no, correction.c.kind == kind, correction.c.state == _OPEN
    )
    return list(connection.execute(query.order_by(correction.c.filed_at)).scalars())


def answer(
    connection: Connection,
    tickets: Sequence[str],
    *,
    state: str,
    text: str,
    by: str,
    at: datetime,
    version: int | None,
) -> int:
    """Answer reports that are still open; how many were."""
    values = {
        "state": state, "answer": text, "answered_by": by, "answered_at": at, "data_version": version
    }  # fmt: skip
    asked = update(correction).where(correction.c.ticket.in_(tickets), correction.c.state == _OPEN)
    return int(connection.execute(asked.values(**values)).rowcount)


def hold(connection: Connection, held: Iterable[Held], version: int) -> None:
    """Let corrected values stand against their source, in the place of earlier corrections of them."""
    for one in held:
        end(connection, [(one.license_no, one.name)], version)
        connection.execute(
            insert(correction_field).values(
                ticket=one.ticket,
                license_no=one.license_no,
                name=one.name,
                wrong=json.dumps(one.wrong, ensure_ascii=False),
                right=json.dumps(one.right, ensure_ascii=False),
            )
        )


def standing(connection: Connection) -> list[Held]:
    """All corrections that stand."""
    field = correction_field.c
    query = select(field.ticket, field.license_no, field.name, field.wrong, field.right)
    rows = connection.execute(query.where(field.until_version.is_(None)))
    return [
        Held(row.ticket, row.license_no, row.name, json.loads(row.wrong), json.loads(row.right))
        for row in rows
    ]


def fields_of(connection: Connection, ticket: str) -> list[Held]:
    """What one report led to, standing or not."""
    rows = connection.execute(select(correction_field).where(correction_field.c.ticket == ticket))
    return [
        Held(row.ticket, row.license_no, row.name, json.loads(row.wrong), json.loads(row.right))
        for row in rows
    ]


def end(connection: Connection, fields: Iterable[tuple[str, str]], version: int) -> None:
    """Let corrections of some (shop, column) no longer stand."""
    for license_no, name in fields:
        connection.execute(
            update(correction_field)
            .where(
                correction_field.c.license_no == license_no,
                correction_field.c.name == name,
                correction_field.c.until_version.is_(None),
            )
            .values(until_version=version)
        )


def shop(connection: Connection, license_no: str) -> Mapping[str, Any] | None:
    """What the register says of a shop now, or None."""
    query = select(pharmacy).where(pharmacy.c.license_no == license_no, in_force(pharmacy, None))
    row = connection.execute(query).first()
    return None if row is None else dict(row._mapping)


def shop_history(connection: Connection, license_no: str) -> list[Row[Any]]:
    """All that the register ever said of a shop, oldest first, with the load that brought it."""
    query = select(pharmacy, load.c.arrived_at, load.c.file, load.c.sent_by)
    query = query.join(load, load.c.data_version == pharmacy.c.since_version, isouter=True)
    found = query.where(pharmacy.c.license_no == license_no).order_by(pharmacy.c.since_version)
    return list(connection.execute(found))


def _of_area(query: Select[Any], area: str, is_open: bool) -> Select[Any]:
    state = correction.c.state == _OPEN if is_open else correction.c.state != _OPEN
    query = query.where(state)
    return query.where(correction.c.area_code.startswith(area, autoescape=True)) if len(area) > 6 else query
