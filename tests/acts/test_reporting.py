"""Reports of a real store: whose scope they have, what they say of outcomes, and the log of their files."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cities import city, copy_of
from yaotong import acts
from yaotong.acts.reporting import FORMATS, export_report
from yaotong.alerts.states import Act, Outcome, Said
from yaotong.errors import ConfigError, UsageError
from yaotong.reads.exports import exports
from yaotong.reads.kpis import period_kpis, stories
from yaotong.reads.report_desk import low_rules, low_section, outcomes_of
from yaotong.reads.report_material import gather
from yaotong.reads.reports import alerts_behind, preview, report
from yaotong.reports.model import Report
from yaotong.reports.periods import KINDS, Period, period_asked, period_of
from yaotong.store import alerts
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

# A Monday at ten; the week before it is the one reported.
NOW = datetime(2026, 7, 6, 10)
WEEK = period_of("weekly", date(2026, 7, 1))
MSA = Viewer("msa", "药监演示员", "msa", "330482", "leader")
PSB = Viewer("psb", "公安演示员", "psb", "330482", "leader")
HC = Viewer("hc", "卫健演示员", "hc", "330482", "leader")
TOWN = Viewer("msa-danghu", "当湖市监所演示员", "msa", "330482001", "officer")


@pytest.fixture
def small(tmp_path: Path) -> Workspace:
    return copy_of(city("small"), tmp_path / "home")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A city that no test changes."""
    return copy_of(city("small"), tmp_path_factory.mktemp("city") / "home")


def led(ws: Workspace, rule_id: str = "") -> list[dict[str, Any]]:
    with ws.store.read() as connection:
        rows = alerts.listing(connection)
    return [one for one in rows if one["lead"] == "msa" and (not rule_id or one["rule_id"] == rule_id)]


def test_a_period_after_the_data_says_where_they_end(whole: Workspace) -> None:
    later = NOW + timedelta(days=60)
    past, june = (period_asked("monthly", day, later.date()) for day in (date(2026, 8, 1), date(2026, 6, 1)))
    assert preview(whole, MSA, past, now=later).newest == date(2026, 6, 30)
    assert preview(whole, MSA, june, now=later).newest is None


def judge(ws: Workspace, alert_id: str, outcome: Outcome, at: datetime) -> None:
    """Accept, check, dispose and close."""
    for act, said in (
        (Act.ACCEPT, Said()),
        (Act.CHECK, Said()),
        (Act.DISPOSE, Said("已核", outcome)),
        (Act.CLOSE, Said("同意")),
    ):
        acts.move_alert(ws, alert_id, act, actor=MSA, said=said, if_match=None, now=at)


def cells(made: Report) -> set[object]:
    return {cell for part in made.sections for table in part.tables for row in table.rows for cell in row}


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_moment_gives_the_same_report(whole: Workspace, kind: str) -> None:
    period = period_asked(kind, None, NOW.date())
    first = report(whole, MSA, period, now=NOW)
    assert first == report(whole, MSA, period, now=NOW)
    assert first.digest == report(whole, MSA, period, now=NOW).digest
    assert [one.title for one in first.sections]


def test_a_leader_of_a_town_sees_that_town_only(whole: Workspace) -> None:
    period = period_of("monthly", date(2026, 6, 1))
    county, town = (gather(whole, one, period, now=NOW) for one in (MSA, TOWN))
    assert 0 < len(town.own_shops) < len(county.own_shops)
    assert {one.area_code for one in town.told} == {"330482001"} < {one.area_code for one in county.told}
    others = {row["name"] for row in county.own_shops.to_dict("records")} - set(town.own_shops["name"])
    for kind in KINDS:
        said = cells(report(whole, TOWN, period_of(kind, date(2026, 6, 30)), now=NOW))
        assert not others & said
    hers = {one.code: one for one in period_kpis(whole, TOWN, period, now=NOW)}
    theirs = {one.code: one for one in period_kpis(whole, MSA, period, now=NOW)}
    assert hers["connected"].den < theirs["connected"].den


def test_a_department_is_told_only_of_its_own_alerts(whole: Workspace) -> None:
    with whole.store.read() as connection:
        parts = {
            one["alert_id"]: alerts.parts(connection, one["alert_id"]) for one in alerts.listing(connection)
        }
    for viewer in (MSA, PSB, HC):
        told = {one.alert_id for one in stories(whole, viewer, NOW, now=NOW)}
        assert told == {name for name, who in parts.items() if viewer.department in who}


def test_health_is_given_no_identity_and_no_small_count(whole: Workspace) -> None:
    with whole.store.read() as connection:
        ids = {one["alert_id"] for one in alerts.listing(connection)}
    names = set(gather(whole, MSA, WEEK, now=NOW).own_shops["name"])
    for kind in KINDS:
        made = report(whole, HC, period_of(kind, date(2026, 6, 30)), now=NOW)
        said = cells(made)
        assert not said & (names | ids)
        for part in made.sections:
            for table in part.tables:
                counted = [
                    cell
                    for row in table.rows
                    for place, cell in enumerate(row)
                    if place and place not in table.shares and isinstance(cell, int | float)
                ]
                assert [cell for cell in counted if 0 < abs(cell) < 5] == []
    assert names & cells(report(whole, MSA, period_of("monthly", date(2026, 6, 1)), now=NOW))
    tiles = preview(whole, HC, period_of("daily", date(2026, 6, 30)), now=NOW).tiles
    assert {"少于 5"} <= {one.value for one in tiles}
    assert [one for one in tiles if one.value == "少于 5" and (one.made_of or one.sides)] == []


def test_what_each_department_found_is_counted_for_it(small: Workspace) -> None:
    with small.store.read() as connection:
        shared = next(
            one["alert_id"]
            for one in alerts.listing(connection)
            if alerts.parts(connection, one["alert_id"]) == {"msa": "lead", "psb": "assist"}
        )
    at = datetime(2026, 7, 2, 10)
    said = Said("本局另查", Outcome.FALSE_ALARM)
    acts.move_alert(small, shared, Act.ANSWER, actor=PSB, said=said, if_match=None, now=at)
    judge(small, shared, Outcome.CONFIRMED, at)
    one = gather(small, MSA, WEEK, now=NOW)
    assert outcomes_of(one.ended, "msa", one) == {"confirmed": 1}
    assert outcomes_of(one.ended, "psb", one) == {"false_alarm": 1}
    later = gather(small, MSA, period_of("weekly", date(2026, 7, 8)), now=NOW + timedelta(days=3))
    assert outcomes_of(later.ended, "msa", later) == outcomes_of(later.ended, "psb", later) == {}


def test_a_figure_leads_to_exactly_its_alerts(small: Workspace) -> None:
    mine = [one["alert_id"] for one in led(small)][:3]
    for name, outcome in zip(mine, (Outcome.CONFIRMED, Outcome.CONFIRMED, Outcome.FALSE_ALARM), strict=True):
        judge(small, name, outcome, datetime(2026, 7, 2, 10))
    sides = {}
    for code in ("precision_model", "precision_statutory"):
        for side in ("hits", "rest", "base"):
            _, found = alerts_behind(small, MSA, WEEK, code, side, now=NOW)
            sides[side] = sides.get(side, frozenset()) | found
    assert sides == {"hits": set(mine[:2]), "rest": {mine[2]}, "base": set(mine)}
    with pytest.raises(UsageError, match="没有指标"):
        alerts_behind(small, MSA, WEEK, "nothing", "base", now=NOW)
    with pytest.raises(UsageError, match="没有指标"):
        alerts_behind(small, MSA, WEEK, "closing", "left", now=NOW)


def test_a_report_of_last_week_does_not_change_with_what_comes_later(small: Workspace) -> None:
    before = {one.code: one for one in period_kpis(small, MSA, WEEK, now=NOW)}
    judge(small, led(small)[0]["alert_id"], Outcome.CONFIRMED, NOW + timedelta(hours=1))
    after = {one.code: one for one in period_kpis(small, MSA, WEEK, now=NOW + timedelta(days=1))}
    assert after == before


def test_a_rule_under_its_floor_is_in_the_weekly_digest_and_one_on_it_is_not(small: Workspace) -> None:
    ids = [one["alert_id"] for one in led(small, "R-M20")]
    outcomes = (Outcome.CONFIRMED, Outcome.FALSE_ALARM)
    for name, outcome in zip(ids, outcomes, strict=False):
        judge(small, name, outcome, datetime(2026, 7, 2, 10))
    found = []
    for floor in (0.5, 0.51):
        settings = replace(small.settings, precision_floor={"model": floor, "statutory": floor})
        one = gather(Workspace(settings, small.store), MSA, WEEK, now=NOW)
        found.append([(some.rule_id, some.confirmed, some.judged) for some in low_rules(one)])
        rows = low_section(one).tables[0].rows
        assert len(rows) == len(found[-1])
        assert all(row[-1] == "样本少" for row in rows)
    assert found == [[], [("R-M20", 1, 2)]]


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_file_is_numbered_logged_and_bears_its_reader(small: Workspace, fmt: str) -> None:
    made = [export_report(small, MSA, WEEK, fmt, now=NOW) for _ in range(2)]
    assert [one.number for one in made] == ["YT-BG-msa-2026-0001", "YT-BG-msa-2026-0002"]
    assert made[0].report.digest == made[1].report.digest
    log = exports(small, MSA)
    assert [one.number for one in log] == [made[1].number, made[0].number]
    newest = log[0]
    assert (newest.sha256, newest.size) == (made[1].sha256, len(made[1].content))
    assert (newest.kind, newest.format, newest.area_code, newest.made_at) == ("weekly", fmt, "330482", NOW)
    assert newest.content_sha256 == made[1].report.digest
    assert newest.reader == "药监演示员"


def test_the_log_is_read_by_who_may(small: Workspace) -> None:
    export_report(small, MSA, WEEK, "csv", now=NOW)
    mine = export_report(small, TOWN, WEEK, "csv", now=NOW)
    export_report(small, PSB, WEEK, "csv", now=NOW)
    assert len(exports(small, MSA)) == 2
    assert [one.number for one in exports(small, TOWN)] == [mine.number]
    assert [one.number for one in exports(small, PSB)] == ["YT-BG-psb-2026-0001"]
    leader_of_a_town = replace(TOWN, username="head", role="leader")
    assert [one.number for one in exports(small, leader_of_a_town)] == [mine.number]


def test_a_file_that_fails_keeps_its_number_and_is_never_called_handed_out(
    small: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bytes:
        raise RuntimeError("no")

    with monkeypatch.context() as patched:
        patched.setattr("yaotong.acts.reporting.as_csv", broken)
        with pytest.raises(RuntimeError):
            export_report(small, MSA, WEEK, "csv", now=NOW)
    assert export_report(small, MSA, WEEK, "csv", now=NOW).number.endswith("0002")
    assert [one.sha256 is None for one in exports(small, MSA)] == [False, True]


def test_what_cannot_be_made_is_refused_with_the_remedy(
    small: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="没有格式"):
        export_report(small, MSA, WEEK, "odt", now=NOW)
    with pytest.raises(ConfigError, match="部门“fire”不存在"):
        export_report(small, replace(MSA, department="fire"), WEEK, "csv", now=NOW)
    monkeypatch.setattr("yaotong.acts.reporting.find_font", lambda _: None)
    with pytest.raises(ConfigError, match="fonts-noto-cjk"):
        export_report(small, MSA, WEEK, "pdf", now=NOW)
    assert exports(small, MSA) == ()
    assert export_report(small, MSA, WEEK, "docx", now=NOW).content


def test_a_csv_holds_what_the_report_says(small: Workspace) -> None:
    made = export_report(small, MSA, period_of("daily", date(2026, 6, 30)), "csv", now=NOW)
    rows = list(csv.reader(io.StringIO(made.content.decode("utf-8-sig"))))
    assert ["编号", made.number] in rows
    connected = next(row for row in rows if row and row[0] == "接入率")
    assert (connected[2], connected[3]) == ("58", "59")
    _check_scope(rows, made.report.period)


def _check_scope(rows: list[list[str]], period: Period) -> None:
    assert ["期间", period.title] in rows
    assert ["范围", "市场监督管理局（药监） · 平湖市（330482）"] in rows
