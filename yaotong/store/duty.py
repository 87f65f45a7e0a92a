"""Duty rosters as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from yaotong.alerts.people import Shift
from yaotong.store.duty_tables import duty_shift


def replace(connection: Connection, shifts: Sequence[Shift]) -> None:
    """Take in a roster: it stands for its departments and areas from its first shift on."""
    firsts: dict[tuple[str, str], datetime] = {}
    for one in shifts:
        key = (one.department, one.area_code)
        firsts[key] = min(firsts.get(key, one.since), one.since)
    for (department, area_code), first in firsts.items():
        connection.execute(
            delete(duty_shift).where(
                duty_shift.c.department == department,
                duty_shift.c.area_code == area_code,
                duty_shift.c.since >= first,
            )
        )
    connection.execute(insert(duty_shift), [asdict(one) for one in shifts])


def at(connection: Connection, moment: datetime) -> list[Shift]:
    """The shifts that a moment lies in."""
    query = select(duty_shift).where(duty_shift.c.since <= moment, duty_shift.c.until > moment)
    names = ("department", "area_code", "since", "until", "username")
    rows = connection.execute(query.order_by(duty_shift.c.shift_id))
    return [Shift(**{name: row._mapping[name] for name in names}) for row in rows]
