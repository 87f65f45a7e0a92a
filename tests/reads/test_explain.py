"""Explaining an alert: the same again, what a correction changed, and only what the reader may see."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acts.test_exempting import exempt, the_alert
from tests.acts.test_incremental import LATER, send
from tests.cities import city, copy_of
from yaotong import acts
from yaotong.reads.explain import explain
from yaotong.reads.explain_text import as_text, sections
from yaotong.reads.sight import sight_of
from yaotong.store import alerts, findings
from yaotong.workspace import Workspace

BUYER = "910000199001010012"


@pytest.fixture
def small(tmp_path: Path) -> Workspace:
    return copy_of(city("small"), tmp_path / "home")


def every_rule(workspace: Workspace) -> dict[str, str]:
    """One alert of each rule that has any."""
    with workspace.store.read() as connection:
        return {row["rule_id"]: row["alert_id"] for row in alerts.listing(connection)}


def sold(number: str, minute: int, packs: int, recorded: str) -> str:
    shop = "浙CA057310029"
    return f"{number},{shop},2026-05-20 15:{minute:02d}:00,YP0102A,{packs},{BUYER},{recorded}"


def opened(workspace: Workspace, tmp_path: Path) -> str:
    """An alert of R-M01 out of two lines of one visit: 2 and 3 packs."""
    send(
        workspace,
        tmp_path,
        "one",
        sold("X1", 0, 2, "2026-05-20 16:00:00"),
        sold("X2", 9, 3, "2026-05-20 16:00:00"),
    )
    assert sum(run.opened for run in acts.detect(workspace, rule_ids=["R-M01"], now=LATER)) == 1
    with workspace.store.read() as connection:
        rows = alerts.listing(connection, rule_id="R-M01")
        kept = findings.of_alerts(connection, [row["alert_id"] for row in rows])
    return next(
        name for name, found in kept.items() if any("/X1" in line for one in found for line in one.line_ids)
    )


def test_every_alert_comes_to_the_same_again(small: Workspace) -> None:
    for rule_id, alert_id in every_rule(small).items():
        told = explain(small, alert_id)
        assert told.same, (rule_id, [one.again for one in told.days])
        assert told.parameters or rule_id == "R-M15"
        for one in told.days:
            assert one.value is None or one.value == pytest.approx(one.measure)
            assert sum(step.amount for step in one.steps) == pytest.approx(one.value or 0.0)


def test_the_sum_is_written_line_by_line(small: Workspace, tmp_path: Path) -> None:
    told = explain(small, opened(small, tmp_path))
    (day,) = told.days
    assert [(step.amount, step.total) for step in day.steps] == [(2, 2), (3, 5)]
    text = as_text(told)
    assert "合计 5；数值 5 > 界限 2（盒）" in text
    assert "重算：结果一致。" in text
    assert "Total 5; measure 5 > limit 2" in as_text(told, "en")


def test_a_correction_is_told_exactly(small: Workspace, tmp_path: Path) -> None:
    alert_id = opened(small, tmp_path)
    send(
        small,
        tmp_path,
        "two",
        sold("X2", 9, 2, "2026-05-20 17:00:00"),
        sold("X3", 12, 1, "2026-05-20 17:00:00"),
    )
    told = explain(small, alert_id)
    (day,) = told.days
    assert told.same is False
    assert told.corrected_at_version is not None
    assert day.again is not None
    assert (day.measure, day.again.measure, day.again.lines_gone, day.again.lines_new) == (5, 5, 0, 1)
    send(
        small,
        tmp_path,
        "three",
        sold("X3", 12, -1, "2026-05-20 18:00:00"),
        sold("X1", 0, 1, "2026-05-20 18:00:00"),
    )
    gone = explain(small, alert_id).days[0].again
    assert gone is not None
    assert (gone.measure, gone.lines_gone) == (None, 2)
    text = as_text(explain(small, alert_id))
    assert "现在的数据里不再成立" in text
    assert "更正了证据行" in text


def test_lines_that_no_longer_make_the_measure_are_not_passed_off_as_its_sum(
    small: Workspace, tmp_path: Path
) -> None:
    alert_id = opened(small, tmp_path)
    send(small, tmp_path, "two", sold("X2", 9, 4, "2026-05-20 17:00:00"))
    (day,) = explain(small, alert_id, recompute=False).days
    assert (day.value, day.steps) == (None, ())


def test_the_reader_s_department_decides_what_is_written_out(small: Workspace, tmp_path: Path) -> None:
    alert_id = opened(small, tmp_path)
    (everything,) = explain(small, alert_id, recompute=False).days
    assert all(step.pharmacy and step.drug for step in everything.steps)
    (nothing,) = explain(small, alert_id, sight=sight_of("hc", "assist"), recompute=False).days
    assert (nothing.steps, nothing.steps_hidden, nothing.line_ids) == ((), 2, ())
    (settled,) = explain(small, alert_id, sight=sight_of("nhsa", "assist"), recompute=False).days
    assert (settled.steps, settled.steps_hidden, settled.line_ids) == ((), 2, ())
    told = explain(small, alert_id, sight=sight_of("nobody", "lead"))
    assert "X1" not in as_text(told)


def test_each_section_stands_once_and_days_come_gravest_first(small: Workspace) -> None:
    told = explain(small, every_rule(small)["R-P01"])
    keys = [one.key for one in sections(told)]
    assert [key for key in keys if key != "day"] == ["definition", "parameters", "law", "again"]
    assert keys.count("day") == len(told.days)


def test_what_turned_exempt_is_not_found_besides(small: Workspace) -> None:
    row = the_alert(small)
    exempt(small, row)
    told = explain(small, row["alert_id"])
    assert (told.days, told.found_since, told.same) == ((), (), True)
    assert "没有在案的发现" in as_text(told)
