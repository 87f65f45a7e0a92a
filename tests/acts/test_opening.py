"""Alerts are opened many at a time: the rows are those of one at a time, in far fewer statements."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, func, select

from yaotong.acts import opening
from yaotong.acts.opening import open_alerts
from yaotong.alerts.decide import plan
from yaotong.alerts.model import Change, Finding
from yaotong.alerts.people import Office
from yaotong.codes import Level
from yaotong.rules.book import book
from yaotong.store import Connection
from yaotong.store.schema import alert, alert_event, dispatch, evidence_line, finding, outbox
from yaotong.workspace import Workspace, init_workspace

NOW = datetime(2026, 3, 9, 8)
TABLES = (alert, alert_event, dispatch, evidence_line, finding, outbox)


@pytest.fixture
def small(tmp_path: Path) -> Workspace:
    return init_workspace(tmp_path / "home", synthetic=True, region=(120.9, 30.55, 121.32, 30.9))


def changes(count: int, name: str = "nobody") -> tuple[Change, ...]:
    """So many alerts of two findings each, of subjects no city has."""
    found = [
        Finding(
            "R-M01", 1, f"{name}-{one}", day, at, at + timedelta(minutes=5), "two_packs", 3.0, 2.0,
            Level.ORANGE, "330482001", (f"{name}-{one}",), (f"{name}-{one}/{day}/1", f"{name}-{one}/{day}/2"),
        )
        for one in range(count)
        for day in (date(2026, 3, 2), date(2026, 3, 3))
        for at in [datetime(day.year, day.month, day.day, 9)]
    ]  # fmt: skip
    return plan(found, (), (), 7).changes


def opened_in(small: Workspace, some: tuple[Change, ...]) -> tuple[list[int], int]:
    """How many rows each table gained, and in how many statements."""
    statements: list[str] = []

    def count(connection: Connection) -> list[int]:
        return [connection.execute(select(func.count()).select_from(one)).scalar_one() for one in TABLES]

    def heard(_one: object, _two: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    with small.store.write() as connection:
        before = count(connection)
        event.listen(connection, "before_cursor_execute", heard)
        open_alerts(connection, book()["R-M01"], some, [Office("msa-1", "msa", "330482")], NOW)
        event.remove(connection, "before_cursor_execute", heard)
        after = count(connection)
    return [new - old for new, old in zip(after, before, strict=True)], len(statements)


def test_statements_do_not_grow_with_the_alerts(small: Workspace) -> None:
    few, many = changes(3), changes(300, "others")
    gained, statements = opened_in(small, few)
    assert (gained[0], gained[1], gained[3], gained[4]) == (3, 3, 12, 6)
    more, still = opened_in(small, many)
    assert more == [one * 100 for one in gained]
    assert still == statements


def test_alerts_are_opened_in_parts_and_none_is_left_out(
    small: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_PART", 4)
    gained, _ = opened_in(small, changes(10))
    assert (gained[0], gained[1], gained[3], gained[4]) == (10, 10, 40, 20)
    assert gained[2] >= 10
    assert gained[5] >= 10
