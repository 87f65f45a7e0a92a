"""The benchmark of the map runs, its country is sound, and PostGIS draws what we draw."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import shapely

from bench import bench_map
from bench.map_city import TOTALS, ZOOMS, areas, asked, shops
from bench.map_postgis import AREAS, SINGLE, TOGETHER, NoPostgis, load, server, tile
from geo.tiles import MAX_TILE_BYTES, PointTiles, ShapeTiles
from tests.geo.tile_reading import features, points


def test_prints_how_fast_each_is_and_its_longest_tile(capsys: pytest.CaptureFixture[str]) -> None:
    bench_map.main(30_000, 25, 1, with_postgis=False)
    said = capsys.readouterr().out
    assert "30,000 家药店：准备" in said
    assert "25 个区域" in said
    assert said.count("我们，无缓存") == 3
    assert said.count("我们，有缓存") == 3
    assert "PostGIS" not in said


def test_without_the_server_the_remedy_is_said_and_ours_is_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("YAOTONG_PG_BIN", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("tests.postgres.cluster.Path.glob", lambda *_: iter(()))
    bench_map.main(30_000, 9, 1, with_postgis=True)
    said = capsys.readouterr().out
    assert "apt-get install postgresql" in said.splitlines()[0]
    assert said.count("我们，无缓存") == 3


def test_viewers_ask_for_every_zoom_alike_and_for_tiles_that_are_there() -> None:
    lon, lat, _ = shops(1000)
    requests = asked(lon, lat, 5)
    assert len(requests) == 5 * 12 * len(ZOOMS)
    assert requests == asked(lon, lat, 5) != asked(lon, lat, 5, seed=3)
    ours = PointTiles(lon, lat, {}, {})
    inner = [at for at in requests if at[0] == 12]
    assert sum(bool(ours.tile(*at)) for at in inner) >= 5


def test_the_areas_are_a_sound_map_of_the_country() -> None:
    laid, columns = areas(25)
    assert len(laid) == 25 == len(columns["area_code"])
    assert shapely.coverage_is_valid(laid)


@pytest.fixture(scope="module")
def postgis() -> Iterator[Any]:
    pytest.importorskip("psycopg")
    try:
        with server() as connection:
            yield connection
    except NoPostgis as missing:
        pytest.skip(str(missing))


def test_postgis_draws_what_we_draw(postgis: Any) -> None:
    lon, lat, columns = shops(20_000)
    ours = PointTiles(lon, lat, columns, TOTALS)
    load(postgis, "shops", shapely.points(lon, lat), columns)
    tiles = [at for at in dict.fromkeys(asked(lon, lat, 4)) if at[0] >= ours.single_from]
    assert len(tiles) > 50
    differ = 0
    for at in tiles:
        mine, theirs = (
            {one["id"]: one for one in features(drawn)}
            for drawn in (ours.tile(*at), tile(postgis, SINGLE, at))
        )
        differ += len(mine.keys() ^ theirs.keys())  # on the very edge of the buffer they take in both sides
        for row in mine.keys() & theirs.keys():
            assert mine[row]["properties"] == theirs[row]["properties"]
            apart = np.subtract(mine[row]["geometry"]["coordinates"], theirs[row]["geometry"]["coordinates"])
            assert np.abs(apart).max() <= 1
    assert differ <= 4


def test_postgis_counts_what_we_count(postgis: Any) -> None:
    lon, lat, columns = shops(20_000, seed=9)
    postgis.execute("drop table if exists shops")
    load(postgis, "shops", shapely.points(lon, lat), columns)
    ours = PointTiles(lon, lat, columns, TOTALS)
    assert ours.single_from > 6
    mine, theirs = (
        [said for _, _, said in points(drawn)]
        for drawn in (ours.tile(3, 6, 3), tile(postgis, TOGETHER, (3, 6, 3)))
    )
    assert len(mine) <= 324
    assert len(ours.tile(3, 6, 3)) <= MAX_TILE_BYTES
    for name in ("alerts", "packs"):
        totals = [sum(said[name] for said in read) for read in (mine, theirs)]
        # Their cells are set off by half a cell, so what the buffer sees differs there.
        assert totals[0] == pytest.approx(totals[1], rel=0.05)


def test_postgis_draws_the_areas_that_we_draw(postgis: Any) -> None:
    laid, columns = areas(400)
    load(postgis, "areas", laid, columns)
    ours = ShapeTiles(laid, columns)
    for at in ((6, 52, 26), (8, 208, 104), (11, 1668, 834)):
        mine, theirs = (features(drawn) for drawn in (ours.tile(*at), tile(postgis, AREAS, at)))
        assert {one["id"] for one in mine} == {one["id"] for one in theirs}
        areas_of = [
            sum(shapely.geometry.shape(one["geometry"]).area for one in read) for read in (mine, theirs)
        ]
        assert areas_of[0] == pytest.approx(areas_of[1], rel=0.002)
