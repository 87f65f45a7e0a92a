"""What citizens may read: the registers of pharmacies, areas and drug names, and nothing else.

No table of alerts, findings or sales is named here, so no answer can lean on one; a test changes all of
them and compares the answers byte by byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pandas as pd

from geo.crs import Crs, to_wgs84
from yaotong.errors import UsageError
from yaotong.reads.fitting import Wanted as Wanted
from yaotong.reads.fitting import categories_of, fitting, in_scope
from yaotong.reads.opening import Opening, opening
from yaotong.reads.register import Register
from yaotong.reads.register import Town as Town
from yaotong.reads.register import register as register
from yaotong.workspace import Workspace

MAX_NEAREST = 100
MAX_LISTED = 10_000
_ALREADY = (Crs.WGS84, Crs.CGCS2000)
_HOURS_NOTE = "营业状态由登记的营业时间推算，前往前请先电话询问。"
_SCOPE_NOTE = "drug_in_scope 只说明许可的经营范围，不表示有货。"
_NO_DRUG_NOTE = "药品目录里没有这个药，不能按经营范围判断。"


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
    here, moment = asked_from(lon, lat, crs, limit), wanted.open_at or at
    known = register(ws)
    chosen = known.chosen(replace(wanted, open_at=whole_minute(wanted.open_at)), moment.date())
    numbers, distances = known.index.query(*here, limit, keep=chosen)
    meant = categories_of(wanted.drug, known.shelf.drugs) if wanted.drug else None
    features = [
        feature(known.row(number), moment, meant=meant, distance_m=far)
        for number, far in zip(numbers.tolist(), distances.tolist(), strict=True)
    ]
    return _collection(known, features, moment, wanted)


def pharmacies(
    ws: Workspace,
    *,
    at: datetime,
    bbox: tuple[float, float, float, float] | None = None,
    wanted: Wanted | None = None,
    limit: int = MAX_LISTED,
    states: bool = True,
) -> dict[str, Any]:
    """The register as a FeatureCollection, by name: of a box (west, south, east, north), an area, or all.

    Without `states` the answer holds registry facts only, the same all day at one version of the register.
    """
    known, asked = register(ws), wanted or Wanted()
    moment = asked.open_at or at
    keep = fitting(known.shelf, asked, moment.date())
    if bbox is not None:
        west, south, east, north = bbox
        if west > east or south > north:
            raise UsageError("bbox 应为 west,south,east,north（度，WGS-84），西小于东，南小于北。")
        lon, lat = known.shops["lon"], known.shops["lat"]
        keep &= (lon.between(west, east) & lat.between(south, north)).to_numpy(dtype=bool)
    rows = known.shops[keep].sort_values(["name", "license_no"]).head(limit).to_dict("records")
    meant = categories_of(asked.drug, known.shelf.drugs) if asked.drug else None
    spoken = moment if states else None
    return _collection(known, [feature(row, spoken, meant=meant) for row in rows], spoken, asked)


def shop_named(ws: Workspace, license_no: str) -> dict[str, Any] | None:
    """What the register tells of one pharmacy, licensed or not; None when it knows none of that number."""
    known = register(ws)
    number = known.number_of(license_no)
    return None if number is None else feature(known.row(number), None)["properties"]


def feature(
    row: Mapping[Any, Any],
    moment: datetime | None,
    *,
    meant: frozenset[str] | None = None,
    distance_m: float | None = None,
) -> dict[str, Any]:
    """One pharmacy as a GeoJSON feature: registry facts and, at a moment, what its hours say.

    `meant`: the categories of the drug asked for. `distance_m` is rounded to a metre.
    """
    located = not (pd.isna(row["lon"]) or pd.isna(row["lat"]))
    properties = {
        "license_no": row["license_no"],
        "name": row["name"],
        "address": _text(row["address"]),
        "area_code": _text(row["area_code"]),
        "area_name": _text(row["area_name"]),
        "phone": _text(row["phone"]),
        "opening_hours": _text(row["opening_hours"]),
        "insurance_designated": _flag(row["insurance_designated"]),
        "dual_channel": _flag(row["dual_channel"]),
        "services": list(row["service_list"]),
        "licence_valid_to": None if pd.isna(row["valid_to"]) else row["valid_to"].isoformat(),
        "sources": _origin(row),
    }
    if moment is not None:
        properties |= _state(_text(row["opening_hours"]), moment)
    if distance_m is not None:
        properties["distance_m"] = round(distance_m)
    if meant is not None:
        properties["drug_in_scope"] = in_scope(row["scope"], meant)
    point = {"type": "Point", "coordinates": [row["lon"], row["lat"]]} if located else None
    return {"type": "Feature", "id": row["license_no"], "geometry": point, "properties": properties}


def _state(text: str | None, moment: datetime) -> dict[str, str | None]:
    hours: Opening = opening(text, moment)
    change = f"{hours.next_change.isoformat()}+08:00" if hours.next_change else None
    return {"open_state": hours.state, "next_change": change}


def asked_from(lon: float, lat: float, crs: str, limit: int) -> tuple[float, float]:
    """A position in WGS-84; UsageError when it, its system or the limit makes no sense."""
    if not 1 <= limit <= MAX_NEAREST:
        raise UsageError(f"limit 应在 1 到 {MAX_NEAREST} 之间。")
    return _position(lon, lat, crs)


def whole_minute(moment: datetime | None) -> datetime | None:
    """Hours change on whole minutes only: everybody who asks in one minute shares a filter."""
    return None if moment is None else moment.replace(second=0, microsecond=0)


def _origin(row: Mapping[Any, Any]) -> list[dict[str, str]]:
    """Where this shop's facts come from, and since when they stand."""
    arrived = _text(row["arrived_at"])
    if arrived is None:
        return []
    return [{"feed": "pharmacies", "arrived_at": arrived, "note": "本店登记信息最近一次变动到达的时间"}]


def notes_of(known: Register, moment: datetime | None, wanted: Wanted) -> list[str]:
    """What has to be said beside an answer."""
    notes = [] if moment is None else [_HOURS_NOTE]
    if wanted.drug:
        notes.append(_SCOPE_NOTE if categories_of(wanted.drug, known.shelf.drugs) else _NO_DRUG_NOTE)
    return notes


def _collection(
    known: Register, features: list[Any], moment: datetime | None, wanted: Wanted
) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": features,
        **({} if moment is None else {"at": f"{moment.isoformat()}+08:00"}),
        "sources": [dict(one) for one in known.sources],
        "notes": notes_of(known, moment, wanted),
    }


def _position(lon: float, lat: float, crs: str) -> tuple[float, float]:
    try:
        system = Crs.parse(crs)
    except ValueError as error:
        raise UsageError("crs 应为 wgs84、cgcs2000、gcj02 或 bd09。") from error
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise UsageError("lon 应在 -180 到 180 之间，lat 应在 -90 到 90 之间。")
    if system in _ALREADY:
        return float(lon), float(lat)
    here = to_wgs84(float(lon), float(lat), system)
    return float(here[0]), float(here[1])


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _flag(value: Any) -> bool | None:
    return None if value is None or pd.isna(value) else bool(value)
