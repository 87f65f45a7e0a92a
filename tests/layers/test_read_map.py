"""What the map's read says of a region known by heart."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from tests.layers import region
from tests.layers.conftest import viewer
from yaotong.errors import NotFound
from yaotong.reads.map import MapData, map_stamp, read_map
from yaotong.workspace import Workspace


def _area(data: MapData, area_code: str) -> dict:
    return data.areas.set_index("area_code").loc[area_code].to_dict()


def _packs(data: MapData) -> dict[tuple[str, str], float]:
    return data.packs.set_index(["license_no", "category"])["packs"].to_dict()


def test_the_day_is_the_last_one_with_sales_and_the_window_ends_with_it(data: MapData) -> None:
    assert (data.since, data.as_of) == (date(2026, 3, 2), region.AS_OF)


def test_packs_count_the_window_only_and_each_category_apart(data: MapData) -> None:
    expected = {
        ("W1", "EPH"): 60.0,
        ("W1", "PSY2"): 10.0,
        ("W1", "SPECIAL"): 70.0,
        ("W2", "EPH"): 5.0,
        ("W2", "SPECIAL"): 5.0,
    }
    assert _packs(data) == expected


def test_a_window_that_reaches_one_day_further_back_holds_the_older_sale(ws: Workspace) -> None:
    earlier = read_map(ws, viewer("msa"), as_of=date(2026, 3, 30))
    assert _packs(earlier)[("W1", "EPH")] == 29 * 2 + 500


def test_a_shop_is_silent_after_seven_days_and_not_before(ws: Workspace) -> None:
    states = {day: dict(_states(ws, day)) for day in (date(2026, 3, 26), date(2026, 3, 27))}
    assert states[date(2026, 3, 26)]["W2"] == "current"
    assert states[date(2026, 3, 27)]["W2"] == "silent"
    assert states[date(2026, 3, 27)]["N1"] == "never"


def _states(ws: Workspace, as_of: date) -> list[tuple[str, str]]:
    shops = read_map(ws, viewer("msa"), as_of=as_of).shops
    return list(zip(shops["license_no"], shops["reporting"], strict=True))


def test_only_the_smallest_areas_bear_figures(data: MapData) -> None:
    assert set(data.leaves["area_code"]) == {region.WEST, region.EAST, region.NORTH}
    assert [_area(data, one)["shops_reporting"] for one in (region.WEST, region.EAST, region.NORTH)] == [
        2,
        1,
        0,
    ]


def test_a_department_reads_its_own_alerts_and_only_counts_the_others(ws: Workspace) -> None:
    seen = {name: read_map(ws, viewer(name)) for name in ("msa", "psb", "nhsa", "hc")}
    own = {name: list(one.alerts.own["alert_id"]) for name, one in seen.items()}
    assert own == {"msa": ["a-red"], "psb": ["a-red"], "nhsa": ["a-yellow"], "hc": []}
    assert seen["nhsa"].alerts.others(region.WEST) == {"red": 1}
    assert seen["msa"].alerts.others(region.WEST) == {}
    assert seen["hc"].alerts.worst_of_shop() == {}
    for one in seen.values():  # the counts of an area are the same for everybody
        assert (_area(one, region.WEST)["red"], _area(one, region.EAST)["yellow"]) == (1, 1)


def test_a_shop_bears_the_level_of_its_own_departments_alert(data: MapData) -> None:
    worst = dict(zip(data.shops["license_no"], data.shops["worst"], strict=True))
    assert worst["W1"] == "red"
    assert worst["E1"] != "yellow"


def test_an_officer_of_a_town_sees_that_town_alone(ws: Workspace) -> None:
    seen = read_map(ws, viewer("nhsa", region.WEST))
    assert set(seen.areas["area_code"]) == {region.WEST}
    assert set(seen.shops["license_no"]) == {"W1", "W2"}
    assert seen.alerts.own.empty
    assert set(seen.packs["license_no"]) == {"W1", "W2"}


@pytest.mark.parametrize("area_code", ["330482009", region.EAST])
def test_an_area_that_is_unknown_or_not_the_viewers_is_not_found(ws: Workspace, area_code: str) -> None:
    with pytest.raises(NotFound):
        read_map(ws, viewer("msa", region.WEST), area_code=area_code)


def test_one_area_can_be_asked_for(ws: Workspace) -> None:
    assert set(read_map(ws, viewer("msa"), area_code=region.EAST).shops["license_no"]) == {"E1"}


def test_an_alert_counts_until_the_day_it_is_closed(tmp_path: Path) -> None:
    ws = region.build(tmp_path / "home")
    with ws.store.write() as connection:
        region.add_alert(
            connection,
            "a-done",
            "R-M14",
            "orange",
            ["W1", "E1"],
            None,
            {"msa": "lead"},
            datetime(2026, 3, 25, 16),
        )
    before = read_map(ws, viewer("msa"), as_of=date(2026, 3, 24))
    after = read_map(ws, viewer("msa"), as_of=date(2026, 3, 25))
    earliest = read_map(ws, viewer("msa"), as_of=date(2026, 3, 19))
    assert list(before.alerts.own["alert_id"]) == ["a-red", "a-done"]
    assert [_area(before, one)["orange"] for one in (region.WEST, region.EAST)] == [1, 1]
    assert list(after.alerts.own["alert_id"]) == ["a-red"]
    assert earliest.alerts.own.empty


def test_the_stamp_moves_with_every_move_of_an_alert(tmp_path: Path) -> None:
    ws = region.build(tmp_path / "home")
    first = map_stamp(ws)
    assert map_stamp(ws) == first
    with ws.store.write() as connection:
        region.add_alert(
            connection, "a-done", "R-M14", "orange", ["W1"], None, {"msa": "lead"}, datetime(2026, 3, 25, 16)
        )
    assert map_stamp(ws) != first


def test_an_alert_is_told_by_the_sentence_of_its_rule_and_without_one_when_the_rule_is_gone(
    tmp_path: Path,
) -> None:
    ws = region.build(tmp_path / "home")
    with ws.store.write() as connection:
        region.add_alert(connection, "a-old", "R-M99", "blue", ["W1"], None, {"msa": "lead"})
    own = read_map(ws, viewer("msa")).alerts.own.set_index("alert_id")
    assert own.loc["a-red", "reason_zh"] == "非处方一次售出含麻黄碱类复方制剂 4 盒，限 2 盒"
    assert "R-M01" not in own.loc["a-red", "rule_zh"]
    assert (own.loc["a-old", "rule_zh"], own.loc["a-old", "reason_zh"]) == ("R-M99", "")
