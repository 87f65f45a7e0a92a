"""What citizens may read: the registers of pharmacies and areas, and nothing else.

No table of alerts, findings or sales is named here, so no answer can lean on one; a test changes all of
them and compares the answers byte by byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.crs import Crs, to_wgs84
from geo.nearest import NearestIndex
from yaotong.codes import CATEGORIES
from yaotong.errors import UsageError
from yaotong.reads.opening import Opening, opening
from yaotong.store import registry
from yaotong.store.outlines import read_areas
from yaotong.store.schema import pharmacy, placement
from yaotong.store.taken import taken_at, version_of
from yaotong.workspace import Workspace

MAX_NEAREST = 100
MAX_LISTED = 10_000
_FEEDS = {"pharmacies": "药店名录", "areas": "行政区域"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a citizen asks for; a side left None or empty stays open.

    `text` is looked for in names and addresses. `drug` is a category of the register's business scope:
    what is in stock is nobody's to know here.
    """

    open_at: datetime | None = None
    insurance: bool | None = None
    dual_channel: bool | None = None
    all_night: bool = False
    service: str = ""
    drug: str = ""
    area_code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Town:
    """An area a citizen may choose instead of telling where they are; a point inside it, WGS-84."""

    area_code: str
    area_name: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Register:
    """The pharmacies at one version of the registers, with their index."""

    shops: pd.DataFrame
    index: NearestIndex
    towns: tuple[Town, ...]
    sources: tuple[Mapping[str, str], ...]
    version: int


def register(ws: Workspace) -> Register:
    """The registers as they stand; read once per version."""
    with ws.store.read() as connection:
        version = version_of(connection, tuple(_FEEDS))
    return _register(ws, version)


def nearest(
    ws: Workspace,
    lon: float,
    lat: float,
    *,
    crs: str = "wgs84",
    limit: int = 10,
    at: datetime,
    wanted: Wanted,
) -> dict[str, Any]:
    """The nearest pharmacies that fit, as a GeoJSON FeatureCollection in great-circle order (contract §6).

    `at` is the moment that `open_state` and `next_change` speak of; `wanted.open_at` wins over it.
    UsageError for a position, a coordinate system or a limit that makes no sense.
    """
    if not 1 <= limit <= MAX_NEAREST:
        raise UsageError(f"limit 应在 1 到 {MAX_NEAREST} 之间。")
    here, moment = _position(lon, lat, crs), wanted.open_at or at
    known = register(ws)
    keep = fitting(known.shops, wanted, moment)
    numbers, distances = known.index.query(*here, limit, keep=keep)
    rows = known.shops.iloc[numbers].to_dict("records")
    features = [
        feature(row, wanted.drug, moment, float(far)) for row, far in zip(rows, distances, strict=True)
    ]
    return _collection(known, features, moment, wanted)


def pharmacies(
    ws: Workspace,
    *,
    at: datetime,
    bbox: tuple[float, float, float, float] | None = None,
    wanted: Wanted | None = None,
    limit: int = MAX_LISTED,
) -> dict[str, Any]:
    """The register as a FeatureCollection, by name: of a box (west, south, east, north), an area, or all."""
    known, asked = register(ws), wanted or Wanted()
    moment = asked.open_at or at
    keep = fitting(known.shops, asked, moment)
    if bbox is not None:
        west, south, east, north = bbox
        if west > east or south > north:
            raise UsageError("bbox 应为 west,south,east,north（度，WGS-84），西小于东，南小于北。")
        lon, lat = known.shops["lon"], known.shops["lat"]
        keep &= (lon.between(west, east) & lat.between(south, north)).to_numpy(dtype=bool)
    rows = known.shops[keep].sort_values(["name", "license_no"]).head(limit).to_dict("records")
    return _collection(known, [feature(row, asked.drug, moment, None) for row in rows], moment, asked)


def fitting(shops: pd.DataFrame, wanted: Wanted, moment: datetime) -> NDArray[np.bool_]:
    """Which shops fit: unknown never passes for a yes, save for a drug, where it is told as unknown."""
    keep = _licensed(shops, moment.date())
    for name in ("insurance_designated", "dual_channel"):
        asked = wanted.insurance if name == "insurance_designated" else wanted.dual_channel
        if asked is not None:
            keep &= (shops[name] == asked).fillna(False).to_numpy(dtype=bool)
    if wanted.all_night:
        keep &= (shops["opening_hours"] == "24/7").to_numpy(dtype=bool)
    if wanted.open_at is not None:
        known = shops["opening_hours"].dropna().unique()
        states = {text: opening(text, wanted.open_at).state for text in known}
        keep &= (shops["opening_hours"].map(states) == "open").to_numpy(dtype=bool)
    if wanted.service:
        keep &= np.array([wanted.service in one for one in shops["service_list"]], dtype=bool)
    if wanted.drug:
        keep &= np.array([in_scope(one, wanted.drug) != "no" for one in shops["scope"]], dtype=bool)
    if wanted.area_code:
        keep &= shops["area_code"].fillna("").str.startswith(wanted.area_code).to_numpy(dtype=bool)
    if wanted.text:
        said = shops["name"].fillna("") + " " + shops["address"].fillna("")
        keep &= said.str.contains(wanted.text, case=False, regex=False).to_numpy(dtype=bool)
    return keep


def in_scope(scope: object, drug: str) -> str:
    """Whether a scope ("|RX|OTC_A|") holds a category by code or Chinese name: yes, no or unknown."""
    code = next((one for one, name in CATEGORIES.items() if drug.strip() in (one, name)), None)
    if code is None or not isinstance(scope, str) or not scope.strip("|"):
        return "unknown"
    return "yes" if code in scope.split("|") else "no"


def feature(row: Mapping[Any, Any], drug: str, moment: datetime, distance_m: float | None) -> dict[str, Any]:
    """One pharmacy as a GeoJSON feature: registry facts and what its hours say."""
    hours: Opening = opening(_text(row["opening_hours"]), moment)
    located = not (pd.isna(row["lon"]) or pd.isna(row["lat"]))
    properties = {
        "license_no": row["license_no"],
        "name": row["name"],
        "address": _text(row["address"]),
        "area_code": _text(row["area_code"]),
        "area_name": _text(row["area_name"]),
        "phone": _text(row["phone"]),
        "opening_hours": _text(row["opening_hours"]),
        "open_state": hours.state,
        "next_change": f"{hours.next_change.isoformat()}+08:00" if hours.next_change else None,
        "insurance_designated": _flag(row["insurance_designated"]),
        "dual_channel": _flag(row["dual_channel"]),
        "services": list(row["service_list"]),
        "licence_valid_to": None if pd.isna(row["valid_to"]) else row["valid_to"].isoformat(),
    }
    if distance_m is not None:
        properties["distance_m"] = round(distance_m, 1)
    if drug:
        properties["drug_in_scope"] = in_scope(row["scope"], drug)
    point = {"type": "Point", "coordinates": [row["lon"], row["lat"]]} if located else None
    return {"type": "Feature", "id": row["license_no"], "geometry": point, "properties": properties}


def _collection(known: Register, features: list[Any], moment: datetime, wanted: Wanted) -> dict[str, Any]:
    notes = ["营业状态由登记的营业时间推算，前往前请先电话询问。"]
    if wanted.drug:
        notes.append("drug_in_scope 只说明许可的经营范围，不表示有货。")
    return {
        "type": "FeatureCollection",
        "features": features,
        "at": f"{moment.isoformat()}+08:00",
        "sources": [dict(one) for one in known.sources],
        "notes": notes,
    }


def _position(lon: float, lat: float, crs: str) -> tuple[float, float]:
    try:
        system = Crs.parse(crs)
    except ValueError as error:
        raise UsageError("crs 应为 wgs84、cgcs2000、gcj02 或 bd09。") from error
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise UsageError("lon 应在 -180 到 180 之间，lat 应在 -90 到 90 之间。")
    here = to_wgs84(float(lon), float(lat), system)
    return float(here[0]), float(here[1])


def _licensed(shops: pd.DataFrame, day: date) -> NDArray[np.bool_]:
    """Neither suspended nor closed, and inside the licence's days where the register gives them."""
    active = shops["status"].fillna("active") == "active"
    since = pd.to_datetime(shops["valid_from"]).le(pd.Timestamp(day)) | shops["valid_from"].isna()
    until = pd.to_datetime(shops["valid_to"]).ge(pd.Timestamp(day)) | shops["valid_to"].isna()
    licensed: NDArray[np.bool_] = (active & since & until).to_numpy(dtype=bool, copy=True)
    return licensed


@lru_cache(maxsize=4)
def _register(ws: Workspace, version: int) -> Register:
    with ws.store.read() as connection:
        shops = registry.read(connection, pharmacy)
        placed = registry.read(connection, placement)[["license_no", "area_code"]]
        areas = read_areas(connection)
        dates = {feed: taken_at(connection, feed) for feed in _FEEDS}
    names = dict(zip(areas["area_code"], areas["area_name"], strict=True))
    shops = shops.merge(placed, on="license_no", how="left")
    shops["area_name"] = shops["area_code"].map(names)
    shops["service_list"] = [_services(one) for one in shops["services"]]
    points = shops[["lon", "lat"]].astype(float)
    leaves = areas[~areas["area_code"].isin(set(areas["parent_code"].dropna()))].sort_values("area_code")
    middles = leaves.geometry.representative_point()
    towns = zip(leaves["area_code"], leaves["area_name"], middles.x, middles.y, strict=True)
    return Register(
        shops=shops,
        index=NearestIndex(points["lon"], points["lat"]),
        towns=tuple(Town(code, name, float(lon), float(lat)) for code, name, lon, lat in towns),
        sources=tuple(
            {"name": title, "updated_on": f"{taken:%Y-%m-%d}"}
            for feed, title in _FEEDS.items()
            if (taken := dates[feed]) is not None
        ),
        version=version,
    )


def _services(text: object) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split("|") if one.strip()) if isinstance(text, str) else ()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _flag(value: Any) -> bool | None:
    return None if value is None or pd.isna(value) else bool(value)
