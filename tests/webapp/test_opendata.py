"""Open data: the whole register in three forms, page by page through another's client, and its changes."""

from __future__ import annotations

import csv
import io
import json
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from owslib.ogcapi.features import Features
from werkzeug.serving import make_server

from tests.webapp.conftest import MORNING
from yaotong.acts.intake import take_in
from yaotong.errors import ConfigError
from yaotong.publication import read_publication
from yaotong.workspace import init_workspace

ITEMS = "/ogc/collections/pharmacies/items"


@pytest.fixture(scope="module")
def client_of_others(shared_app: Flask) -> Iterator[Features]:
    server = make_server("127.0.0.1", 0, shared_app, threaded=True)
    running = threading.Thread(target=server.serve_forever, daemon=True)
    running.start()
    yield Features(f"http://127.0.0.1:{server.server_port}/ogc")
    server.shutdown()
    running.join()


def _all(client: FlaskClient) -> dict[str, Any]:
    told = client.get("/api/v1/public/pharmacies").get_json(force=True)["features"]
    return {one["id"]: one for one in told}


def test_owslib_walks_the_whole_collection(client_of_others: Features, citizen: FlaskClient) -> None:
    assert any(
        one.endswith("ogcapi-features-1/1.0/conf/core")
        for one in client_of_others.conformance()["conformsTo"]
    )
    assert client_of_others.api()["openapi"] == "3.0.3"
    assert client_of_others.feature_collections() == ["pharmacies"]
    told = client_of_others.collection("pharmacies")
    assert told["license"] == "CC0-1.0"
    assert "license_no" in client_of_others.collection_queryables("pharmacies")["properties"]
    found: dict[str, Any] = {}
    offset = 0
    while True:
        page = client_of_others.collection_items("pharmacies", limit=17, offset=offset)
        assert page["numberReturned"] == len(page["features"]) <= 17
        found |= {one["id"]: one for one in page["features"]}
        offset += 17
        if not any(one["rel"] == "next" for one in page["links"]):
            break
    assert len(found) == page["numberMatched"]
    everything = _all(citizen)
    assert found.keys() == everything.keys()
    one = next(iter(found.values()))
    assert client_of_others.collection_item("pharmacies", one["id"])["geometry"] == one["geometry"]
    west, south, east, north = told["extent"]["spatial"]["bbox"][0]
    inside = client_of_others.collection_items(
        "pharmacies", bbox=[west, south, (west + east) / 2, north], limit=1000
    )
    twin = {
        name for name, one in everything.items() if one["geometry"]["coordinates"][0] <= (west + east) / 2
    }
    assert {one["id"] for one in inside["features"]} == twin
    assert 0 < len(twin) < len(everything)


def test_links_lead_on_and_back(citizen: FlaskClient) -> None:
    page = citizen.get(f"{ITEMS}?limit=5&offset=5").get_json(force=True)
    links = {one["rel"]: one["href"] for one in page["links"]}
    assert {"self", "next", "prev", "collection", "license"} <= links.keys()
    after = citizen.get(links["next"]).get_json(force=True)["features"]
    before = citizen.get(links["prev"]).get_json(force=True)["features"]
    ids = [one["id"] for one in (*before, *page["features"], *after)]
    assert len(set(ids)) == 15
    assert ids == sorted(ids)
    landing = citizen.get("/ogc/").get_json(force=True)
    for link in landing["links"]:
        assert citizen.get(link["href"]).status_code == 200, link


@pytest.mark.parametrize(
    "query",
    [
        "bbox=1,2,3", "bbox=a,b,c,d", "bbox=120,31,121,30", "limit=0", "limit=x", "offset=-1", "offset=1e300", "limits=5", "f=xml",
        "datetime=yesterday", "bbox=nan,0,1,1", "bbox=-500,0,1,1",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_a_problem_document(citizen: FlaskClient, query: str) -> None:
    answer = citizen.get(f"{ITEMS}?{query}")
    assert answer.status_code == 400
    assert answer.content_type.startswith("application/problem+json")


@pytest.mark.parametrize(
    "query",
    [
        "datetime=2026-01-01T00:00:00Z/..",
        "datetime=2026-01-01",
        "bbox=120,30,0,122,31,99",
        "bbox=179,30,-179,31",
        "limit=99999",
    ],
)
def test_what_the_standard_allows_is_answered(citizen: FlaskClient, query: str) -> None:
    assert citizen.get(f"{ITEMS}?{query}").status_code == 200


@pytest.mark.parametrize(
    "path", ["/ogc/collections/alerts", "/ogc/collections/alerts/items", f"{ITEMS}/none"]
)
def test_what_there_is_not(citizen: FlaskClient, path: str) -> None:
    assert citizen.get(path).status_code == 404


def test_the_whole_register_as_csv_and_geojson_says_the_same(citizen: FlaskClient) -> None:
    taken = citizen.get("/opendata/pharmacies.geojson")
    told = json.loads(taken.data)
    everything = _all(citizen)
    assert {one["id"] for one in told["features"]} == everything.keys()
    assert (told["license"], told["updated"]) == (
        "CC0-1.0",
        citizen.get("/ogc/collections/pharmacies").get_json()["updated"],
    )
    text = citizen.get("/opendata/pharmacies.csv").data.decode("utf-8-sig")
    rows = {one["license_no"]: one for one in csv.DictReader(io.StringIO(text))}
    assert rows.keys() == everything.keys()
    for one in told["features"]:
        lon, lat = one["geometry"]["coordinates"]
        row = rows[one["id"]]
        assert (float(row["lon"]), float(row["lat"]), row["name"]) == (lon, lat, one["properties"]["name"])
        assert set(one["properties"]) == set(everything[one["id"]]["properties"]) - {
            "open_state",
            "next_change",
        }
    page = citizen.get("/opendata").get_data(as_text=True)
    assert "CC0-1.0" in page


HEAD = "license_no,name,address,lon,lat,crs,status\n"


def test_the_feed_tells_what_came_changed_and_went(tmp_path: Path) -> None:
    from webapp.app import create_app

    ws = init_workspace(tmp_path / "home")
    for number, rows in enumerate(
        (
            "A,甲,路,121,30,wgs84,\nB,乙,路,121,30,wgs84,\n",
            "A,甲二,路,121,30,wgs84,\n",
            "B,乙,路,121,30,wgs84,closed\n",
            "B,乙,路,121,30,wgs84,\n",
        )
    ):
        path = tmp_path / f"{number}.csv"
        path.write_text(HEAD + rows, "utf-8")
        assert take_in(ws, path, feed="pharmacies", now=MORNING).accepted
    client = create_app(tmp_path / "home").test_client()
    asked, told = 0, []
    while True:
        part = client.get(f"/opendata/changes.json?since={asked}&limit=1").get_json()
        told += [(one["version"], one["license_no"], one["change"]) for one in part["changes"]]
        asked = part["next_since"]
        if not part["more"]:
            break
    whole = [
        (1, "A", "added"),
        (1, "B", "added"),
        (2, "A", "changed"),
        (3, "B", "removed"),
        (4, "B", "added"),
    ]
    assert told == whole
    assert client.get("/opendata/changes.json").get_json()["next_since"] == 4
    assert client.get("/opendata/changes.json?since=4").get_json()["changes"] == []
    assert client.get("/opendata/changes.json?since=-1").status_code == 400
    entries = ET.fromstring(client.get("/opendata/changes.atom").data).findall(
        "{http://www.w3.org/2005/Atom}entry"
    )
    assert len(entries) == len(whole)
    page = client.get("/opendata").get_data(as_text=True)
    assert "还没有写明许可" in page


@pytest.mark.parametrize(
    ("table", "licence"),
    [
        ({}, ""), ({"licence": "CC-BY-4.0"}, "CC-BY-4.0"), ({"licence": 4}, None), ({"licence": "a\nb"}, None),
        ({"licence_url": "javascript:x"}, None), ({"licence_url": "https://e.org/l"}, ""), ({"publisher": "x" * 201}, None),
    ],
)  # fmt: skip
def test_terms_of_the_settings(table: dict[str, Any], licence: str | None) -> None:
    if licence is None:
        with pytest.raises(ConfigError):
            read_publication(table, Path("settings.toml"), synthetic=False)
    else:
        assert read_publication(table, Path("settings.toml"), synthetic=False).licence == licence
