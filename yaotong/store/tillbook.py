"""Keep what tills asked, many questions in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
