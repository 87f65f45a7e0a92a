"""The proxy of base maps: who may ask, what is asked of the owner, what a failing owner is, and where things stand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import mapbox_vector_tile
import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from geo.crs import Crs, from_wgs84, to_wgs84
from geo.mercator import to_lonlat
from tests.cities import copy_of
from tests.tileserver import Owner, owner, png
from tests.webapp.conftest import SignIn
from webapp.app import create_app
from yaotong.errors import ConfigError
from yaotong.workspace import Workspace

KEY = "k3y-of-nobody"
TABLE = (
    '\n[[basemap]]\nid = "{id}"\ntitle = "图"\nkind = "xyz"\ncrs = "gcj02"\nattribution = "<i>院</i>"\nreview_no = "GS(2026)0001号"\n'
    'url = ["{at}/{way}/{{z}}/{{x}}/{{y}}.png?tk={{key}}"]\nkey_env = "YAOTONG_TEST_KEY"\nmin_zoom = 2\nmax_zoom = 16\nallow_private = true\n'
)


@pytest.fixture(scope="module")
def theirs() -> Iterator[Owner]:
    with owner() as running:
        yield running


@pytest.fixture
def app(small: Workspace, theirs: Owner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The app with a base map of each kind of owner."""
    theirs.paths.clear()
    monkeypatch.setenv("YAOTONG_TEST_KEY", KEY)
    copied = copy_of(small, tmp_path / "home")
    tables = "".join(
        TABLE.format(id=way.replace("none", "empty"), at=theirs.address, way=way)
        for way in ("good", "fail", "html", "none", "away")
    )
    with (copied.settings.home / "settings.toml").open("a", encoding="utf-8") as file:
        file.write(tables)
    yield create_app(copied.settings.home)
    copied.store.engine.dispose()


@pytest.fixture
def officer(signed: SignIn, app: Flask) -> FlaskClient:
    return signed("msa", app)


def test_a_tile_is_fetched_once_and_kept_for_everybody(app: Flask, signed: SignIn, theirs: Owner) -> None:
    for department in ("msa", "psb", "hc", "nhsa"):
        answer = signed(department, app).get("/basemap/good/3/6/3")
        assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/png", png())
    assert theirs.paths == [f"/good/3/6/3.png?tk={KEY}"]


def test_a_browser_keeps_a_tile_and_asks_by_its_tag(officer: FlaskClient) -> None:
    answer = officer.get("/basemap/good/3/6/3")
    assert "private" in answer.headers["Cache-Control"]
    assert "max-age=86400" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    again = officer.get("/basemap/good/3/6/3", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_nobody_gets_a_tile_without_signing_in(app: Flask, theirs: Owner) -> None:
    answer = app.test_client().get("/basemap/good/3/6/3")
    assert answer.status_code == 302
    assert "/login" in answer.headers["Location"]
    assert app.test_client().get("/map/data/moved.json?box=1,2,3,4").status_code == 302
    assert theirs.paths == []


@pytest.mark.parametrize(
    "path",
    [
        "other/3/6/3",
        "good/1/0/0",
        "good/17/0/0",
        "good/3/8/0",
        "good/3/0/8",
        "good/3/0/0?sheet=1",
        "good/3/0/0?sheet=-1",
        "good/3/0/0?sheet=²",
        "good/-1/0/0",
        "good/3/0/0.5",
    ],
)
def test_what_is_no_tile_asks_nobody(officer: FlaskClient, theirs: Owner, path: str) -> None:
    assert officer.get(f"/basemap/{path}").status_code == 404
    assert theirs.paths == []


@pytest.mark.parametrize("way", ["fail", "html", "away"])
def test_a_failing_owner_is_a_problem_without_address_or_key(
    officer: FlaskClient, theirs: Owner, way: str
) -> None:
    answer = officer.get(f"/basemap/{way}/3/6/3")
    assert answer.status_code == 502
    assert answer.mimetype == "application/problem+json"
    told = json.loads(answer.data)
    assert told["type"] == "urn:yaotong:problem:basemap-unavailable"
    assert KEY not in answer.text
    assert theirs.address.removeprefix("http://") not in answer.text
    assert "no-store" in answer.headers["Cache-Control"]


def test_no_picture_there_is_not_found(officer: FlaskClient) -> None:
    assert officer.get("/basemap/empty/3/6/3").status_code == 404


def test_the_page_is_told_of_the_maps_and_not_of_their_addresses(officer: FlaskClient, theirs: Owner) -> None:
    text = officer.get("/map").get_data(as_text=True)
    assert 'id="ym-base"' in text
    assert "GS(2026)0001号" in text
    assert "<i>院" not in text  # a script element in which no text is markup
    assert KEY not in text
    assert theirs.address.removeprefix("http://") not in text
    assert "YAOTONG_TEST_KEY" not in text


def test_a_page_without_base_maps_has_no_choice(signed: SignIn) -> None:
    assert 'id="ym-base"' not in signed("msa").get("/map").get_data(as_text=True)


def test_the_site_does_not_start_without_its_key(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from webapp.context import WORKSPACE_KEY

    home = app.config[WORKSPACE_KEY].settings.home
    monkeypatch.delenv("YAOTONG_TEST_KEY")
    with pytest.raises(ConfigError, match="YAOTONG_TEST_KEY"):
        create_app(home)


def _shops(client: FlaskClient, query: str) -> dict[str, tuple[float, float]]:
    """(lon, lat) of the shops of one fine tile."""
    z, x, y = 13, *_tile_of_pinghu(13)
    found = {}
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            answer = client.get(f"/tiles/outlets/{z}/{x + dx}/{y + dy}.mvt{query}")
            assert answer.status_code == 200
            for layer in mapbox_vector_tile.decode(
                answer.data, default_options={"y_coord_down": True}
            ).values():
                for one in layer["features"]:
                    if "id" in one["properties"]:
                        across, down = one["geometry"]["coordinates"]
                        lon, lat = to_lonlat(
                            (x + dx + across / 4096) / (1 << z), (y + dy + down / 4096) / (1 << z)
                        )
                        found[one["properties"]["id"]] = (float(lon), float(lat))
    return found


def _tile_of_pinghu(z: int) -> tuple[int, int]:
    from geo.mercator import to_world

    x, y = to_world(121.02, 30.69)
    return int(float(x) * (1 << z)), int(float(y) * (1 << z))


@pytest.mark.parametrize("crs", ["gcj02", "bd09"])
def test_tiles_stand_where_the_base_map_has_them(signed: SignIn, crs: str) -> None:
    client = signed("msa")
    plain, moved = _shops(client, ""), _shops(client, f"?crs={crs}")
    both = sorted(plain.keys() & moved.keys())
    assert len(both) > 5
    there = np.array([moved[one] for one in both])
    expected = np.column_stack(from_wgs84(*np.array([plain[one] for one in both]).T, Crs(crs)))
    assert np.abs(there - expected).max() < 2.2e-5  # two steps of a tile at zoom 13
    assert np.abs(there - np.array([plain[one] for one in both])).max() > 2e-3


def test_cgcs2000_moves_nothing_and_an_unknown_system_is_refused(signed: SignIn) -> None:
    client = signed("msa")
    z, x, y = 11, *_tile_of_pinghu(11)
    plain, same = (client.get(f"/tiles/outlets/{z}/{x}/{y}.mvt{query}") for query in ("", "?crs=cgcs2000"))
    assert plain.data == same.data
    assert plain.headers["ETag"] == same.headers["ETag"]
    assert client.get(f"/tiles/outlets/{z}/{x}/{y}.mvt?crs=mars").status_code == 400


def test_a_panel_stands_there_too_and_tells_the_same(signed: SignIn) -> None:
    client = signed("msa")
    shop = next(iter(_shops(client, ""))).partition(":")[2]
    plain, moved = (
        client.get(f"/map/data/panel/shop/{shop}.json{query}").get_json() for query in ("", "?crs=gcj02")
    )
    lat, lon = plain["place"]
    assert moved["place"] == pytest.approx(list(reversed(from_wgs84(lon, lat, Crs.GCJ02))), abs=1e-9)
    first, other = plain["shape"]["coordinates"][0][0], moved["shape"]["coordinates"][0][0]
    assert other == pytest.approx(list(from_wgs84(*first, Crs.GCJ02)), abs=1e-9)
    assert {one: plain[one] for one in plain if one not in ("place", "shape")} == {
        one: moved[one] for one in moved if one not in ("place", "shape")
    }


def test_a_table_is_in_wgs84_whatever_it_is_seen_over(signed: SignIn) -> None:
    client = signed("msa")
    assert (
        client.get("/map/data/table/outlets.csv?crs=gcj02").data
        == client.get("/map/data/table/outlets.csv").data
    )


def test_a_box_goes_there_and_back(signed: SignIn) -> None:
    client = signed("msa")
    there = client.get("/map/data/moved.json?box=121,30.6,121.2,30.8&from=wgs84&crs=bd09").get_json()["box"]
    assert there[:2] == pytest.approx(list(from_wgs84(121.0, 30.6, Crs.BD09)))
    assert to_wgs84(there[2], there[3], Crs.BD09) == pytest.approx((121.2, 30.8))
    back = client.get(f"/map/data/moved.json?box={','.join(map(str, there))}&from=bd09").get_json()["box"]
    assert back == pytest.approx([121, 30.6, 121.2, 30.8], abs=1e-9)
    for query in ("", "?box=1,2,3", "?box=1,2,3,4&from=mars"):
        assert client.get(f"/map/data/moved.json{query}").status_code == 400
