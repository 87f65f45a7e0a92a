"""Routing: exactly one lead, wishes with limits, the office on the spot, and the clocks."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.alerts.test_decide import found
from yaotong.alerts.people import Office
from yaotong.alerts.route import Sending, due, route
from yaotong.codes import Level
from yaotong.departments import departments, lead_of, read_department
from yaotong.errors import ConfigError
from yaotong.rules.model import Assist

OFFICES = (
    Office("msa-330482", "msa", "330482"),
    Office("msa-danghu", "msa", "330482001"),
    Office("psb-330482", "psb", "330482"),
)


def test_one_lead_first_then_the_assists_by_name() -> None:
    sendings = route(found(0), (Assist("psb"), Assist("hc")), departments(), OFFICES)
    assert [(one.department, one.part) for one in sendings] == [
        ("msa", "lead"),
        ("hc", "assist"),
        ("psb", "assist"),
    ]


def test_the_office_with_the_smallest_area_that_holds_the_place() -> None:
    assert route(found(0), (), departments(), OFFICES) == (Sending("msa", "lead", "msa-danghu"),)


@pytest.mark.parametrize(("measure", "told"), [(4.0, False), (5.0, True)])
def test_a_wish_with_a_least_measure_holds_on_both_sides(measure: float, told: bool) -> None:
    sendings = route(found(0, measure=measure), (Assist("psb", min_measure=5),), departments(), OFFICES)
    assert ("psb" in {one.department for one in sendings}) is told


@pytest.mark.parametrize(("level", "told"), [(Level.YELLOW, False), (Level.ORANGE, True), (Level.RED, True)])
def test_a_wish_with_a_least_level_holds_on_both_sides(level: Level, told: bool) -> None:
    sendings = route(found(0, level=level), (Assist("psb", at_least=Level.ORANGE),), departments(), OFFICES)
    assert ("psb" in {one.department for one in sendings}) is told


@pytest.mark.parametrize(
    ("rule_id", "lead"), [("R-M01", "msa"), ("R-P01", "psb"), ("R-N01", "nhsa"), ("R-H01", "hc")]
)
def test_the_table_of_leads(rule_id: str, lead: str) -> None:
    assert lead_of(rule_id, departments()).department_id == lead


def test_a_rule_that_nobody_or_two_lead_is_refused() -> None:
    with pytest.raises(ConfigError, match="无"):
        lead_of("R-X01", departments())
    both = {name: departments()["msa"] for name in ("one", "two")}
    with pytest.raises(ConfigError, match="msa、msa"):
        lead_of("R-M01", both)


def test_deadlines_count_minutes_to_accept_and_working_days_for_the_rest() -> None:
    # 2026-02-13 is the Friday before the Spring Festival week; Saturday the 14th is a 调休 working day.
    limits = due(found(0, level=Level.RED), departments()["msa"], datetime(2026, 2, 13, 10))
    # Half an hour in office hours, two hours out of them.
    assert limits.accept == datetime(2026, 2, 13, 10, 30)
    late = due(found(0, level=Level.RED), departments()["msa"], datetime(2026, 2, 13, 17, 30))
    assert late.accept == datetime(2026, 2, 13, 19, 30)
    assert limits.check == datetime(2026, 2, 14, 10)
    assert limits.dispose == datetime(2026, 2, 25, 10)


def test_a_department_with_a_strange_setting_is_refused_by_name(tmp_path: object) -> None:
    from pathlib import Path

    source = Path("yaotong/departments/hc.toml").read_text("utf-8")
    path = Path(str(tmp_path)) / "hc.toml"
    path.write_text(source.replace("short_zh", "shrt_zh"), "utf-8")
    with pytest.raises(ConfigError, match=r"hc\.toml"):
        read_department(path)
