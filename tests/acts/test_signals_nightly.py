"""Nights judged one after another, late lines and registers end in the findings of one run over everything."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.acts.test_incremental import LATER, by_rule, in_force, send
from tests.cities import city, copy_of
from yaotong import acts
from yaotong.store import alerts, findings
from yaotong.workspace import Workspace

RULES = ["R-S01", "R-S02"]


@pytest.fixture
def small(tmp_path: Path) -> Workspace:
    return copy_of(city("small"), tmp_path / "home")


def told(workspace: Workspace) -> dict[str, dict[str, object]]:
    """The figures of every finding of a signal, by its id."""
    with workspace.store.read() as connection:
        rows = [row for one in RULES for row in alerts.listing(connection, rule_id=one)]
        kept = findings.of_alerts(connection, [row["alert_id"] for row in rows])
    return {one.finding_id: json.loads(one.figures) for some in kept.values() for one in some}


def test_a_finding_carries_what_the_detector_said(small: Workspace) -> None:
    figures = told(small)
    assert len(figures) > 10
    for one in figures.values():
        assert set(one) == {"span_days", "observed", "expected", "upper", "excess", "p", "q"}
        assert one["observed"] > one["upper"] > one["expected"] > 0  # type: ignore[operator]
        assert 0 < one["p"] <= one["q"] <= 0.01  # type: ignore[operator]


def test_a_late_line_is_judged_on_its_day_and_all_after_it(small: Workspace, tmp_path: Path) -> None:
    day = date(2026, 6, 10)
    shop = next(str(row["subject"]) for row in _of(small, "R-S01"))
    lines = [
        f"L{number},{shop},{day} 15:{number % 60:02d}:00,YP0131A,2,,{day} 16:00:00" for number in range(20)
    ]
    send(small, tmp_path, "late", *lines)
    runs = by_rule(acts.detect(small, rule_ids=RULES, now=LATER))
    assert runs["R-S01"].opened + runs["R-S01"].extended == 1
    assert runs["R-S01"].days == (date(2026, 6, 30) - day).days + 2  # the day before it too, as for any rule
    after, figures = in_force(small), told(small)
    again = acts.detect(small, rule_ids=RULES, whole=True, now=LATER)
    assert sum(run.opened + run.extended + run.worsened + run.vanished for run in again) == 0
    assert (in_force(small), told(small)) == (after, figures)


def _of(workspace: Workspace, rule_id: str) -> list[dict[str, object]]:
    with workspace.store.read() as connection:
        return [dict(row) for row in alerts.listing(connection, rule_id=rule_id)]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_night_after_night_ends_like_one_run(small: Workspace) -> None:
    from sqlalchemy import delete

    from yaotong.store.desk_tables import desk_line
    from yaotong.store.schema import alert, alert_event, dispatch, evidence_line, finding, judged, outbox

    expected = {name: rows for name, rows in in_force(small).items() if name in _ids(small)}
    with small.store.write() as connection:
        for table in (desk_line, outbox, dispatch, alert_event, evidence_line, finding, alert, judged):
            connection.execute(delete(table))
    for night in range(30):
        day = date(2026, 6, 1) + timedelta(days=night)
        acts.detect(small, rule_ids=RULES, since=day, until=day, now=LATER)
    found = in_force(small)
    assert found
    assert found == expected


def _ids(workspace: Workspace) -> set[str]:
    return {str(row["alert_id"]) for one in RULES for row in _of(workspace, one)}
