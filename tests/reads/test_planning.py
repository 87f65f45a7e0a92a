"""Coverage, gaps and the best site beside a plain twin; searches that did not help, counted by town and hour."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from sqlalchemy import select

from geo.distance import haversine_m
from yaotong.acts.intake import take_in
from yaotong.acts.unmet import Tally
from yaotong.errors import Forbidden
from yaotong.reads.fitting import Wanted, fitting
from yaotong.reads.planning import REACHES_M, read_plan, residents_of
from yaotong.reads.register import register
from yaotong.store.unmet_tables import unmet
from yaotong.unmet import NEAR_M, Reason, unmet_reason
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace, init_workspace

NOW, DAY = datetime(2026, 7, 1, 2, 30), date(2026, 7, 1)
PLANNER = Viewer("p", "规划", "hc", "330482")


def _box(west: float) -> shapely.Polygon:
    return shapely.box(west, 30.6, west + 0.1, 30.7)


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    home = tmp_path_factory.mktemp("plan")
    made = init_workspace(home / "home")
    areas = gpd.GeoDataFrame(
        {
            "area_code": ["330482001", "330482002", "330482003"],
            "area_name": ["东", "西", "无人数"],
            "population": [90_000, 30_000, None],
            "level": ["town"] * 3,
        },
        geometry=[_box(121.1), _box(121.0), _box(121.2)],
        crs="EPSG:4326",
    )
    areas.to_file(home / "areas.geojson", driver="GeoJSON")
    rng = np.random.default_rng(3)
    rows = ["license_no,name,address,lon,lat,crs,opening_hours"]
    hours = ["24/7", *["Mo-Su 08:00-21:00"] * 7, ""]
    for number in range(36):
        lon, lat = 121.0 + rng.random() * 0.2, 30.6 + rng.random() * 0.1
        rows.append(f"S{number:02d},店{number},路,{lon:.6f},{lat:.6f},wgs84,{hours[number % 9]}")
    (home / "shops.csv").write_text("\n".join(rows), "utf-8")
    for name, feed in (("areas.geojson", "areas"), ("shops.csv", "pharmacies")):
        assert take_in(made, home / name, feed=feed, now=NOW).accepted
    return made


def test_hours_gaps_and_sites_are_those_of_the_plain_twin(ws: Workspace) -> None:
    plan, known = read_plan(ws, PLANNER, day=DAY, hour=2), register(ws)
    areas = gpd.GeoDataFrame(
        {
            "area_code": ["330482001", "330482002"],
            "area_name": ["东", "西"],
            "parent_code": [None, None],
            "population": [90_000, 30_000],
        },
        geometry=[_box(121.1), _box(121.0)],
    )
    people = residents_of(areas, "330482")
    assert people.people.sum() == pytest.approx(120_000)
    assert plan.residents == 120_000
    assert plan.uncounted == ("无人数",)
    lon, lat = (known.shops[one].to_numpy() for one in ("lon", "lat"))
    far = haversine_m(people.lon[:, None], people.lat[:, None], lon[None, :], lat[None, :])
    for one in plan.hours:
        is_open = fitting(known.shelf, Wanted(open_at=datetime(2026, 7, 1, one.hour)), DAY)
        nearest = far[:, is_open].min(axis=1)
        shares = [people.people[nearest <= reach].sum() / 120_000 for reach in REACHES_M]
        assert one.shares == pytest.approx(shares)
        assert one.open_shops == is_open.sum() == (32 if 8 <= one.hour < 21 else 4)
    at_night = fitting(known.shelf, Wanted(open_at=datetime(2026, 7, 1, 2)), DAY)
    lacking = far[:, at_night].min(axis=1) > REACHES_M[1]
    gains = {
        known.shops["license_no"].iloc[shop]: people.people[lacking & (far[:, shop] <= REACHES_M[1])].sum()
        for shop in np.flatnonzero(~at_night)
    }
    ranked = sorted(gains, key=lambda code: (-gains[code], code))[:5]
    assert [one.license_no for one in plan.sites] == [code for code in ranked if gains[code] > 0]
    assert [one.gained for one in plan.sites] == [round(gains[one.license_no]) for one in plan.sites]
    assert plan.sites
    assert plan.anywhere is not None
    assert plan.anywhere[2] >= plan.sites[0].gained * 0.9  # any point among them is as good as a shop nearby
    assert sum(one.beyond for one in plan.towns) == pytest.approx(people.people[lacking].sum(), abs=2)
    assert plan.unknown_hours == 4


def test_who_plans(ws: Workspace) -> None:
    for department in ("psb", "nhsa"):
        with pytest.raises(Forbidden):
            read_plan(ws, Viewer("x", "x", department, "330482"), day=DAY, hour=2)
    own = read_plan(ws, Viewer("x", "x", "msa", "330482002"), day=DAY, hour=2)
    assert [one.area_name for one in own.towns] == ["西"]


@pytest.mark.parametrize(
    ("found", "asked_open", "reason"),
    [
        ([], False, Reason.NONE), ([], True, Reason.CLOSED),
        ([(NEAR_M + 1, "open")], False, Reason.NONE), ([(NEAR_M + 1, "open")], True, Reason.CLOSED),
        ([(NEAR_M, "open")], True, None), ([(10, "closed"), (20, "open")], False, None),
        ([(10, "closed"), (20, "unknown")], False, None), ([(10, "closed"), (NEAR_M + 1, "open")], False, Reason.CLOSED),
    ],
)  # fmt: skip
def test_which_searches_did_not_help(
    found: list[tuple[float, str]], asked_open: bool, reason: Reason | None
) -> None:
    assert unmet_reason(found, asked_open=asked_open) == reason


def test_searches_are_counted_by_town_and_hour_and_nothing_else(ws: Workspace) -> None:
    counting = Tally(ws)
    for lon, lat, found in (
        (121.05, 30.65, []),
        (121.051, 30.66, []),
        (120.0, 30.0, []),
        (121.05, 30.65, [(5, "open")]),
    ):
        counting.note(found, asked_open=True, lon=lon, lat=lat, now=NOW)
    counting.write()
    counting.note([], asked_open=False, lon=121.05, lat=30.65, now=NOW)
    counting.write()
    counting.write()
    with ws.store.read() as connection:
        rows = set(connection.execute(select(unmet)).fetchall())
    day = NOW.date()
    assert rows == {
        (day, 2, "330482002", "closed", 2),
        (day, 2, "", "closed", 1),
        (day, 2, "330482002", "none", 1),
    }
    plan = read_plan(ws, PLANNER, day=DAY, hour=2)
    assert {one.area_name: (one.unmet_now, one.unmet_all) for one in plan.towns} == {
        "西": (3, 3),
        "东": (0, 0),
    }
    assert read_plan(ws, PLANNER, day=DAY, hour=3).towns[0].unmet_now == 0


def test_the_file_names_no_position(ws: Workspace) -> None:
    assert {one.name for one in unmet.c} == {"day", "hour", "area_code", "reason", "searches"}
    assert Path(str(ws.settings.home)).exists()
