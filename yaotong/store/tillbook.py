"""Keep what tills asked, many questions in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from yaotong.store.till_tables import till_question


def keep(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Note questions with their answers."""
    connection.execute(insert(till_question), [dict(one) for one in rows])


def counts(connection: Connection) -> dict[str, int]:
    """How many questions got each verdict."""
    query = select(till_question.c.verdict, func.count()).group_by(till_question.c.verdict)
    return {str(verdict): int(many) for verdict, many in connection.execute(query)}


def packs_asked(connection: Connection, since: datetime, until: datetime) -> list[Any]:
    """By pharmacy and verdict, the questions of a span and the packs that were asked for."""
    own = (till_question.c.pharmacy_id, till_question.c.verdict)
    counted = (func.count().label("questions"), func.sum(till_question.c.packs).label("packs"))
    span = (till_question.c.asked_at >= since, till_question.c.asked_at < until)
    return list(connection.execute(select(*own, *counted).where(*span).group_by(*own).order_by(*own)))
