"""The dual map of the monthly report: every town of the reader's area, with the numbers of the table beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from tests.cities import city, copy_of
from yaotong.basemaps.model import Basemap
from yaotong.reads.report_map import map_section
from yaotong.reads.report_material import gather
from yaotong.reads.reports import report
from yaotong.reports.model import DualMap, Report
from yaotong.reports.periods import period_asked
from yaotong.store import registry
from yaotong.store.schema import pharmacy, placement
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

NOW = datetime(2026, 7, 6, 10)
JUNE = period_asked("monthly", date(2026, 6, 15), NOW.date())
MSA = Viewer("msa", "药监演示员", "msa", "330482", "leader")
HC = Viewer("hc", "卫健演示员", "hc", "330482", "leader")
TOWN = Viewer("msa-danghu", "当湖市监所演示员", "msa", "330482001", "officer")


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return copy_of(city("small"), tmp_path_factory.mktemp("city") / "home")


def the_map(told: Report) -> DualMap:
    (found,) = [one for part in told.sections for one in part.charts if isinstance(one, DualMap)]
    return found


def by_town(told: DualMap, side: int) -> dict[str, float | None]:
    return dict(zip([one.name for one in told.grounds], told.sides[side][2], strict=True))


def test_each_town_is_drawn_with_its_shops_and_alerts(ws: Workspace) -> None:
    told = report(ws, MSA, JUNE, now=NOW)
    drawn = the_map(told)
    with ws.store.read() as connection:
        placed = registry.read(connection, placement, None, ("license_no", "area_code"))
        shops = registry.read(connection, pharmacy, None, ("license_no", "status"))
    active = shops[shops["status"].fillna("active") == "active"].merge(placed, on="license_no")
    assert sum(one or 0 for one in by_town(drawn, 0).values()) == len(active.dropna(subset=["area_code"])) > 0
    # The table of the towns counts the same alerts.
    (table,) = [table for part in told.sections for table in part.tables if table.title == "各镇街"]
    counted = {str(row[0]): row[1] for row in table.rows[:-1]}
    assert {name: count for name, count in by_town(drawn, 1).items() if count} == {
        name: count for name, count in counted.items() if count and name in by_town(drawn, 1)
    }
    assert any(by_town(drawn, 1).values())
    for ground in drawn.grounds:
        assert ground.rings
        assert all(0 <= x <= 1 and 0 <= y <= 1 for ring in ground.rings for x, y in ring)


def test_an_officer_of_a_town_sees_that_town_only(ws: Workspace) -> None:
    (ground,) = the_map(report(ws, TOWN, JUNE, now=NOW)).grounds
    assert ground.name == "当湖街道"


def test_counts_that_are_too_small_are_on_no_map_of_health(ws: Workspace) -> None:
    whole, veiled = (the_map(report(ws, viewer, JUNE, now=NOW)) for viewer in (MSA, HC))
    values = [value for _, _, side in veiled.sides for value in side if value]
    assert all(value >= 5 for value in values)
    assert any(0 < (value or 0) < 5 for _, _, side in whole.sides for value in side)


def test_the_review_number_is_told_where_there_is_one(ws: Workspace) -> None:
    plain = map_section(gather(ws, MSA, JUNE, now=NOW))
    assert "须依法送审" in plain.notes[0]
    reviewed = Basemap("own", "本市边界", "areas", review_no="浙S(2026)1号")
    known = replace(ws, settings=replace(ws.settings, basemaps=(reviewed,)))
    assert map_section(gather(known, MSA, JUNE, now=NOW)).notes == ("审图号：浙S(2026)1号",)


def test_an_area_without_outlines_is_told(tmp_path: Path) -> None:
    empty = Viewer("x", "某员", "msa", "119999", "leader")
    told = map_section(gather(copy_of(city("small"), tmp_path / "home"), empty, JUNE, now=NOW))
    assert told.charts == ()
    assert "没有边界数据" in told.notes[0]
