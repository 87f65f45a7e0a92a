"""The citizens' interface: its contract, its words, and that no row of risk can change a byte of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, insert, select, update

from tests.cities import copy_of
from webapp.app import create_app
from webapp.context import WORKSPACE_KEY
from yaotong.store.risk_tables import risk_override
from yaotong.store.schema import (
    account,
    alert,
    alert_event,
    corrected_line,
    dispatch,
    drug,
    fact_file,
    finding,
    notice,
    office,
    outbox,
    quality_finding,
    recall,
)
from yaotong.store.schema import pharmacy as pharmacy_table
from yaotong.workspace import Workspace

NEAREST = "/api/v1/public/pharmacies/nearest"
ANSWERS = (
    f"{NEAREST}?lon=121.02&lat=30.70&limit=100",
    f"{NEAREST}?lon=121.1&lat=30.6&crs=gcj02&open_at=2026-07-01T21:00&insurance=true&drug=RX",
    "/api/v1/public/pharmacies?area=330482",
    "/api/v1/public/pharmacies?bbox=121.0,30.6,121.1,30.8",
    "/",
    "/find?town=330482001",
    "/find?q=当湖&open=1&big=1",
    "/find?lon=121.02&lat=30.70&lang=en",
    "/tiles/public/pharmacies/9/428/210.mvt",
    "/tiles/public/pharmacies/11/1712/840.mvt",
)
# Everything but the registers that citizens read, and the dates they were taken in. The drug catalogue is
# read for a drug asked for by name only; whoever asks by category is answered without it.
OTHERS = (outbox, dispatch, alert_event, finding, alert, quality_finding, fact_file, corrected_line)
FURTHER = (drug, recall, notice, office, account)


def _bytes(app: Flask) -> dict[str, bytes]:
    """Every public answer, the nonce of its policy being the only thing that may differ."""
    client = app.test_client()
    answers = {path: client.get(path) for path in ANSWERS}
    assert all(one.status_code == 200 and len(one.data) > 1000 for one in answers.values())
    return {path: one.data for path, one in answers.items()}


@pytest.fixture
def before(shared_app: Flask) -> dict[str, bytes]:
    return _bytes(shared_app)


def test_no_row_of_risk_can_be_seen_from_outside(
    small: Workspace, before: dict[str, bytes], tmp_path: Any
) -> None:
    """Without any alert, finding, dispatch, sale, quality finding or account, every answer is the same."""
    copied = copy_of(small, tmp_path / "emptied")
    with copied.store.write() as connection:
        told = {*OTHERS, *FURTHER}
        # From the last that points to another to the first that is pointed to.
        for table in reversed(alert.metadata.sorted_tables):
            if table in told or any(key.column.table in told for key in table.foreign_keys):
                gone = connection.execute(delete(table)).rowcount
                assert gone > 0 or table not in told or table is corrected_line, table.name
    assert _bytes(create_app(copied.settings.home)) == before


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (
            alert,
            {
                "level": "red",
                "state": "closed",
                "revision": 99,
                "pharmacy_ids": "[]",
                "area_code": "330482001",
            },
        ),
        (finding, {"level": "blue", "measure": 1e6, "pharmacy_ids": "[]"}),
        (dispatch, {"office_code": "330482002-msa"}),
        (quality_finding, {"kind": "outside"}),
        (drug, {"categories": "|NARC|"}),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
def test_changing_risk_changes_no_byte(
    small: Workspace, before: dict[str, bytes], tmp_path: Any, table: Any, values: dict[str, Any]
) -> None:
    copied = copy_of(small, tmp_path / "changed")
    with copied.store.write() as connection:
        assert connection.execute(update(table).values(**values)).rowcount > 0
    assert _bytes(create_app(copied.settings.home)) == before


def test_an_override_of_a_risk_score_changes_no_byte(
    small: Workspace, before: dict[str, bytes], tmp_path: Any
) -> None:
    copied = copy_of(small, tmp_path / "graded")
    row = {"grade": "D", "reason": "other", "text": "x", "department": "msa", "author": "x"}
    days = {"created_at": datetime(2026, 6, 30), "valid_until": date(2026, 12, 31)}
    with copied.store.write() as connection:
        shops = list(connection.execute(select(pharmacy_table.c.license_no)).scalars())
        assert shops
        connection.execute(insert(risk_override), [{"license_no": one, **row, **days} for one in shops])
    assert _bytes(create_app(copied.settings.home)) == before


def test_the_comparison_can_fail(small: Workspace, before: dict[str, bytes], tmp_path: Any) -> None:
    """A changed register does change the answers: the test above is not blind."""
    from yaotong.store.schema import pharmacy

    copied = copy_of(small, tmp_path / "renamed")
    with copied.store.write() as connection:
        connection.execute(update(pharmacy).values(phone="0573-1", name="改过的名字"))
    after = _bytes(create_app(copied.settings.home))
    assert {path for path in ANSWERS if after[path] != before[path]} == set(ANSWERS) - {"/"}


def test_the_public_read_names_no_table_of_risk() -> None:
    from yaotong.reads import fitting, opening, public, public_tiles
    from yaotong.store import taken

    for module in (public, public_tiles, fitting, opening, taken):
        text = Path(str(module.__file__)).read_text("utf-8")
        imported = re.findall(r"from yaotong\.store\.schema import (.+)", text)
        assert set(", ".join(imported).split(", ")) <= {
            "",
            "pharmacy",
            "placement",
            "load",
            "drug as drug_table",
        }
        assert not re.search(r"import .*\brisk|yaotong\.(?:reads\.|store\.)?risk", text)


def test_no_word_of_risk_is_in_an_answer(before: dict[str, bytes]) -> None:
    for path, data in before.items():
        text = data.decode(errors="replace")
        if path.startswith(("/api/", "/tiles/")):
            assert not re.search(r"risk|alert|level|score|finding|\"scope\"|buyer", text), path
        assert "红色" not in text
        assert not re.search(r"/risk|风险分|数据不足|监管等级", text), path
        assert "发现" not in text


def test_nearest_keeps_its_contract(citizen: FlaskClient) -> None:
    answer = citizen.get(f"{NEAREST}?lon=121.02&lat=30.70")
    assert answer.content_type.startswith("application/geo+json")
    told = json.loads(answer.data)
    assert told["type"] == "FeatureCollection"
    assert len(told["features"]) == 10
    far = [one["properties"]["distance_m"] for one in told["features"]]
    assert far == sorted(far)
    for one in told["features"]:
        assert one["geometry"]["type"] == "Point"
        assert one["properties"]["open_state"] in ("open", "closed", "unknown")
        assert "next_change" in one["properties"]
    assert {one["name"] for one in told["sources"]} == {"药店名录", "行政区域"}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", one["updated_on"]) for one in told["sources"])
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "query",
    [
        "", "lon=121", "lon=x&lat=30", "lon=nan&lat=30", "lon=121&lat=inf", "lon=121&lat=95", "lon=121&lat=30&crs=mars", "lon=121&lat=30&limit=0",
        "lon=121&lat=30&limit=1.5", "lon=121&lat=30&limit=101", "lon=121&lat=30&insurance=maybe", "lon=121&lat=30&open_at=tonight",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_a_sentence(citizen: FlaskClient, query: str) -> None:
    answer = citizen.get(f"{NEAREST}?{query}")
    assert answer.status_code == 400
    assert answer.content_type.startswith("application/problem+json")
    assert len(answer.get_json(force=True)["detail"]) > 3


@pytest.mark.parametrize("query", ["bbox=1,2,3", "bbox=a,b,c,d", "bbox=121.1,30.6,121.0,30.8"])
def test_a_box_that_is_none_is_refused(citizen: FlaskClient, query: str) -> None:
    assert citizen.get(f"/api/v1/public/pharmacies?{query}").status_code == 400


@pytest.mark.parametrize(
    "moment",
    [
        "2026-07-01T13:00",
        "2026-07-01 13:00",
        "2026-07-01T13:00:00%2B08:00",
        "2026-07-01T05:00:00Z",
        "2026-07-01T05:00:00+00:00",
    ],
)
def test_moments_may_bear_an_offset(citizen: FlaskClient, moment: str) -> None:
    told = citizen.get(f"{NEAREST}?lon=121.02&lat=30.70&open_at={moment}").get_json(force=True)
    assert told["at"] == "2026-07-01T13:00:00+08:00"
    assert told["features"]
    assert {one["properties"]["open_state"] for one in told["features"]} == {"open"}


def test_a_position_is_in_no_log(own_app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        own_app.test_client().get(f"{NEAREST}?lon=121.023456&lat=30.701234")
    assert "121.023456" not in caplog.text
    home = own_app.config[WORKSPACE_KEY].settings.home
    assert not [path for path in home.rglob("*") if path.is_file() and b"121.023456" in path.read_bytes()]


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_openapi_describes_the_routes_that_exist(shared_app: Flask, citizen: FlaskClient) -> None:
    document = citizen.get("/api/v1/openapi.json").get_json()
    assert document["openapi"].startswith("3.1")
    described = {(re.sub(r"\{\w+\}", "*", path), method) for path, method, _ in _operations(document)}
    existing = {
        (re.sub(r"<[^>]+>", "*", rule.rule), method.lower())
        for rule in shared_app.url_map.iter_rules()
        if rule.rule.startswith(("/api/v1", "/tiles/"))
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == existing


def test_openapi_examples_run(citizen: FlaskClient) -> None:
    document = citizen.get("/api/v1/openapi.json").get_json()
    ran = 0
    for path, method, operation in _operations(document):
        if method == "get" and "security" not in operation:
            given = {
                (one["in"], one["name"]): one["example"]
                for one in operation["parameters"]
                if "example" in one
            }
            query = {name: example for (where, name), example in given.items() if where == "query"}
            asked = re.sub(r"\{(\w+)\}", lambda one: str(given["path", one[1]]), path)  # noqa: B023
            assert citizen.get(asked, query_string=query).status_code == 200
            ran += 1
    assert ran == 4


def test_a_public_tile_holds_registry_facts_of_licensed_shops(citizen: FlaskClient) -> None:
    answer = citizen.get("/tiles/public/pharmacies/11/1712/840.mvt")
    assert answer.content_type == "application/vnd.mapbox-vector-tile"
    layer = mapbox_vector_tile.decode(answer.data)["pharmacies"]
    listed = citizen.get("/api/v1/public/pharmacies?area=330482").get_json()["features"]
    names = {one["id"]: one["properties"]["name"] for one in listed}
    singles = [one["properties"] for one in layer["features"] if "id" in one["properties"]]
    assert len(singles) > 20
    assert all(names[one["id"]] == one["name"] for one in singles)
    assert {key for one in layer["features"] for key in one["properties"]} <= {
        "id",
        "name",
        "insured",
        "dual",
        "n",
    }


def test_a_public_tile_already_had_is_not_sent_again(citizen: FlaskClient) -> None:
    url = "/tiles/public/pharmacies/11/1712/840.mvt"
    tag = citizen.get(url).headers["ETag"]
    again = citizen.get(url, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    ("place", "status"), [("0/0/0", 200), ("22/0/0", 200), ("23/0/0", 400), ("1/2/0", 400), ("1/0/2", 400)]
)
def test_a_tile_that_is_none_is_refused(citizen: FlaskClient, place: str, status: int) -> None:
    assert citizen.get(f"/tiles/public/pharmacies/{place}.mvt").status_code == status
