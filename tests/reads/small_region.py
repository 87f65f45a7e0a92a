"""Two towns and four shops taken in from files, for tests that change them and look back."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from pandas.testing import assert_frame_equal

from yaotong.acts.intake import take_in
from yaotong.intake import Limits
from yaotong.reads.map import MapData
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace, init_workspace

MSA = Viewer("msa", "甲", "msa", "330482", "leader")
PSB = Viewer("psb", "乙", "psb", "330482", "leader")
TOWNS = {"330482001": (121.0, 121.1), "330482002": (121.1, 121.2)}
PLACES = {"west": 121.05, "east": 121.15, "nowhere": 122.5}
SHOPS = ("P0", "P1", "P2", "P3")
DRUGS = {"D1": "EPH|OTC_A", "D2": "PSY2|RX", "D3": "OTC_A"}
_SHOP = ("license_no", "name", "address", "lon", "lat", "crs", "status")
_SALE = ("sale_id", "pharmacy_id", "sold_at", "drug_code", "quantity", "recorded_at")


def build(folder: Path, now: datetime) -> Workspace:
    """The region in a new workspace: shops by turns in the west and the east, nothing sold."""
    workspace = init_workspace(folder / "home")
    areas = folder / "areas.geojson"
    areas.write_text(
        json.dumps({"type": "FeatureCollection", "features": [*map(_town, TOWNS), _county()]}), "utf-8"
    )
    taken(workspace, areas, "areas", now)
    places = dict(zip(SHOPS, ("west", "east", "west", "east"), strict=True))
    register(workspace, folder, places, now)
    drugs = folder / "drugs.csv"
    _write(drugs, ("drug_code", "drug_name", "category"), [(one, one, text) for one, text in DRUGS.items()])
    taken(workspace, drugs, "drugs", now)
    return workspace


def register(workspace: Workspace, folder: Path, places: dict[str, str], now: datetime) -> None:
    """Send the register: where each shop is, or "closed"."""
    rows = [
        (
            one,
            f"药店{one}",
            f"{one} 路",
            PLACES.get(place, 121.05),
            30.7,
            "wgs84",
            "closed" if place == "closed" else "active",
        )
        for one, place in places.items()
    ]
    path = folder / "pharmacies.csv"
    _write(path, _SHOP, rows)
    taken(workspace, path, "pharmacies", now)


def sell(workspace: Workspace, folder: Path, lines: Iterable[tuple[object, ...]], now: datetime) -> None:
    """Send sales lines in the columns of _SALE."""
    path = folder / "sales.csv"
    _write(path, _SALE, lines)
    taken(workspace, path, "sales", now)


def taken(workspace: Workspace, path: Path, feed: str, now: datetime) -> None:
    receipt = take_in(workspace, path, feed=feed, now=now, limits=Limits.off())
    assert not receipt.file_reason or receipt.file_reason == "duplicate_upload", receipt.message


def assert_same(one: MapData, other: MapData) -> None:
    """Two pictures are equal in all they show, frame for frame."""
    head = ("as_of", "since", "data_version", "title", "synthetic", "categories", "note")
    assert {name: getattr(one, name) for name in head} == {name: getattr(other, name) for name in head}
    for name in ("areas", "shops", "packs"):
        assert_frame_equal(getattr(one, name), getattr(other, name), obj=name)
    for name in ("own", "by_area"):
        assert_frame_equal(getattr(one.alerts, name), getattr(other.alerts, name), obj=name)
    assert one.alerts.unrecorded == other.alerts.unrecorded


def _write(path: Path, header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])


def _town(code: str) -> dict[str, object]:
    west, east = TOWNS[code]
    return _feature(code, f"镇{code[-1]}", "330482", "town", west, east)


def _county() -> dict[str, object]:
    return _feature("330482", "示例县", None, "county", 121.0, 121.2)


def _feature(
    code: str, name: str, parent: str | None, level: str, west: float, east: float
) -> dict[str, object]:
    ring = [[west, 30.6], [east, 30.6], [east, 30.8], [west, 30.8], [west, 30.6]]
    said = {"area_code": code, "area_name": name, "parent_code": parent, "level": level, "population": 1000}
    return {"type": "Feature", "properties": said, "geometry": {"type": "Polygon", "coordinates": [ring]}}
