"""What is done in a joint case, as rows: tasks, visits, evidence files, letters and their receipts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, func, insert, select, update

from yaotong.errors import Conflict
from yaotong.store.joint_tables import joint_letter, joint_paper, joint_task, joint_visit


def add_task(connection: Connection, values: Mapping[str, Any]) -> int:
    """A new task; its number."""
    return _insert(connection, joint_task, values)


def task(connection: Connection, case_no: str, task_id: int) -> Row[Any] | None:
    """One task of a case, or None."""
    query = select(joint_task).where(joint_task.c.case_no == case_no, joint_task.c.task_id == task_id)
    return connection.execute(query).first()


def finish_task(connection: Connection, task_id: int, by: str, text: str, at: datetime) -> None:
    """Note that a task is done; Conflict when it was before."""
    mine = update(joint_task).where(joint_task.c.task_id == task_id, joint_task.c.done_at.is_(None))
    if connection.execute(mine.values(done_at=at, done_by=by, done_text=text)).rowcount != 1:
        raise Conflict("这项任务已经办结。请刷新后再看。")


def tasks(connection: Connection, case_no: str | None = None) -> list[Row[Any]]:
    """The tasks of a case, or of all, what is due first before the rest."""
    query = select(joint_task).order_by(joint_task.c.due, joint_task.c.task_id)
    return list(connection.execute(_of(query, joint_task, case_no)))


def sent_visit(connection: Connection, sent_by: str, key: str) -> Row[Any] | None:
    """The visit that a sender's key stands for, or None."""
    query = select(joint_visit).where(joint_visit.c.sent_by == sent_by, joint_visit.c.key == key)
    return connection.execute(query).first()


def add_visit(connection: Connection, values: Mapping[str, Any]) -> int:
    """A filled form; its number."""
    return _insert(connection, joint_visit, values)


def visits(connection: Connection, case_no: str) -> list[Row[Any]]:
    """The visits of a case, the latest first."""
    query = select(joint_visit).where(joint_visit.c.case_no == case_no)
    latest = (joint_visit.c.visited_at.desc(), joint_visit.c.visit_id.desc())
    return list(connection.execute(query.order_by(*latest)))


def add_paper(connection: Connection, values: Mapping[str, Any]) -> int:
    """An evidence file; its number, or that of the same file in the same case."""
    same = select(joint_paper.c.paper_id).where(
        joint_paper.c.case_no == values["case_no"], joint_paper.c.sha256 == values["sha256"]
    )
    there = connection.execute(same).scalar()
    return int(there) if there is not None else _insert(connection, joint_paper, values)


def papers(connection: Connection, case_no: str) -> list[Row[Any]]:
    """The evidence files of a case in the order in which they came."""
    query = select(joint_paper).where(joint_paper.c.case_no == case_no)
    return list(connection.execute(query.order_by(joint_paper.c.paper_id)))


def paper_count(connection: Connection, case_no: str) -> int:
    """How many evidence files a case has."""
    query = select(func.count()).where(joint_paper.c.case_no == case_no)
    return int(connection.execute(query).scalar_one())


def next_letter(connection: Connection, department: str, county: str, year: int) -> int:
    """The serial of a department's next letter in a year; writers queue, so it is given once."""
    newest = select(func.coalesce(func.max(joint_letter.c.serial), 0)).where(
        joint_letter.c.department == department, joint_letter.c.county == county, joint_letter.c.year == year
    )
    return int(connection.execute(newest).scalar_one()) + 1


def add_letter(connection: Connection, values: Mapping[str, Any]) -> int:
    """A letter as it was issued; its number among all."""
    return _insert(connection, joint_letter, values)


def letters(connection: Connection, case_no: str | None = None) -> list[Row[Any]]:
    """The letters of a case, or of all, in the order in which they were issued."""
    query = select(joint_letter).order_by(joint_letter.c.letter_id)
    return list(connection.execute(_of(query, joint_letter, case_no)))


def note_receipt(
    connection: Connection, letter_id: int, *, no: str, on: date, giver: str, by: str, at: datetime
) -> None:
    """Record the receipt of a letter; Conflict when there is one already."""
    mine = update(joint_letter).where(
        joint_letter.c.letter_id == letter_id, joint_letter.c.receipt_at.is_(None)
    )
    told = {"receipt_no": no, "receipt_on": on, "receipt_from": giver, "receipt_by": by, "receipt_at": at}
    if connection.execute(mine.values(**told)).rowcount != 1:
        raise Conflict("这份移送函已登记回执。请刷新后再看。")


def _insert(connection: Connection, table: Table, values: Mapping[str, Any]) -> int:
    result = connection.execute(insert(table).values(**values))
    (number,) = result.inserted_primary_key or (0,)
    return int(number)


def _of(query: Any, table: Table, case_no: str | None) -> Any:
    return query if case_no is None else query.where(table.c.case_no == case_no)
