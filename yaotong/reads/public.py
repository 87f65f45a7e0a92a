"""What citizens may read: the registers of pharmacies, areas and drug names, and nothing else.

No table of alerts, findings or sales is named here, so no answer can lean on one; a test changes all of
them and compares the answers byte by byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import pandas as pd

from geo.crs import Crs, to_wgs84
from geo.distance import geodesic_m
from yaotong.codes import CATEGORIES
from yaotong.errors import UsageError
from yaotong.reads.fitting import Wanted as Wanted
from yaotong.reads.fitting import categories_of, fitting, in_scope
from yaotong.reads.medicines import Meant, meant_by
from yaotong.reads.opening import Opening, opening
from yaotong.reads.register import Register
from yaotong.reads.register import Town as Town
from yaotong.reads.register import register as register
from yaotong.reads.shelf_stock import Stock, on_duty, stock_of
from yaotong.reads.shut import shut_until
from yaotong.reads.standing_facts import standing
from yaotong.workspace import Workspace

MAX_NEAREST = 100
MAX_LISTED = 10_000
_ALREADY = (Crs.WGS84, Crs.CGCS2000)
_HOURS_NOTE = "营业状态由登记的营业时间推算，前往前请先电话询问。"
_SCOPE_NOTE = "drug_in_scope 只说明许可的经营范围，不表示有货。"
_STOCK_NOTE = "库存只来自药店上报的盘点；没有上报或已过时的写作 unknown，前往前请先打电话。"
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
    ellipsoid: bool = False,
) -> dict[str, Any]:
    """The nearest pharmacies that fit, as a GeoJSON FeatureCollection in great-circle order (contract §6).

    `at` is the moment that `open_state` and `next_change` speak of; `wanted.open_at` wins over it. With
    `ellipsoid`, order and distances are those on the WGS-84 ellipsoid.
    UsageError for a position, a coordinate system or a limit that makes no sense.
    """
    here, moment = asked_from(lon, lat, crs, limit), wanted.open_at or at
    known = register(ws)
    shelf = _asked(ws, known, wanted, at)
    chosen = known.chosen(shelf.of(wanted), moment.date())
    numbers, distances = known.index.query(*here, limit, keep=chosen)
    if ellipsoid and len(numbers):
        numbers, distances = _on_ellipsoid(known, here, limit, chosen, float(distances[-1]))
    features = [
        _told(known, number, moment, shelf) | {"distance_m": round(far)}
        for number, far in zip(numbers.tolist(), distances.tolist(), strict=True)
    ]
    return _collection(known, [_feature(one) for one in features], moment, shelf)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a wish for a medicine or for a pharmacist comes to: its stock, and who is left by it."""

    meant: frozenset[str] | None = None
    stock: Mapping[str, Stock] | None = None
    among: frozenset[str] | None = None

    def of(self, wanted: Wanted) -> Wanted:
        """The wish as the shelf is asked for it."""
        return replace(
            wanted,
            open_at=whole_minute(wanted.open_at),
            drug="",
            meant=self.meant,
            among=self.among,
            on_duty=False,
            in_stock=False,
        )


def medicines(ws: Workspace, text: str, at: datetime) -> Meant:
    """What some words mean in the catalogue of a day."""
    return meant_by(text, register(ws).medicines(at.date()))


def _asked(ws: Workspace, known: Register, wanted: Wanted, at: datetime) -> _Asked:
    """`at` is the present: counts are as fresh as they are now."""
    among = on_duty(ws, wanted.open_at or at) if wanted.on_duty else None
    if not wanted.drug:
        return _Asked(None, None, among)
    meant = categories_of(wanted.drug, known.shelf.drugs)
    found = Meant() if wanted.drug in CATEGORIES else meant_by(wanted.drug, known.medicines(at.date()))
    if not found.found:
        return _Asked(meant, None, frozenset() if wanted.in_stock else among)
    stock = stock_of(ws, found.codes, at, timedelta(hours=known.stock_hours))
    if wanted.in_stock:
        there = frozenset(shop for shop, one in stock.items() if one.state == "yes")
        among = there if among is None else among & there
    return _Asked(meant | found.categories, stock, among)


# A distance on the sphere and one on the ellipsoid differ by less than this share.
_FLATTENING = 0.006


def _on_ellipsoid(
    known: Register, here: tuple[float, float], limit: int, chosen: Any, farthest_m: float
) -> tuple[Any, Any]:
    """The nearest by geodesics: whoever may be among them by the sphere is measured, then all are sorted."""
    reach = farthest_m * (1 + _FLATTENING) / (1 - _FLATTENING) + 1.0
    many = limit
    while True:
        many = min(max(2 * many, limit + 16), len(known.index))
        numbers, _ = known.index.query(*here, many, keep=chosen, max_m=reach)
        if len(numbers) < many or many == len(known.index):
            break
    lon, lat = (known.shops[one].to_numpy(dtype=float)[numbers] for one in ("lon", "lat"))
    metres = geodesic_m(here[0], here[1], lon, lat)
    order = np.lexsort((numbers, metres))[:limit]
    return numbers[order], metres[order]


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
    shelf = _asked(ws, known, asked, at)
    keep = fitting(known.shelf, shelf.of(asked), moment.date())
    if bbox is not None:
        west, south, east, north = bbox
        if west > east or south > north:
            raise UsageError("bbox 应为 west,south,east,north（度，WGS-84），西小于东，南小于北。")
        lon, lat = known.shops["lon"], known.shops["lat"]
        keep &= (lon.between(west, east) & lat.between(south, north)).to_numpy(dtype=bool)
    numbers = known.shops[keep].sort_values(["name", "license_no"]).head(limit).index.tolist()
    spoken = moment if states else None
    features = [_feature(_told(known, number, spoken, shelf)) for number in numbers]
    return _collection(known, features, spoken, shelf)


def one(ws: Workspace, license_no: str, *, at: datetime) -> dict[str, Any] | None:
    """One licensed pharmacy as a feature, or None where there is none of that number."""
    known = register(ws)
    number = known.number_of(license_no)
    if number is None or not fitting(known.shelf, Wanted(), at.date())[number]:
        return None
    return _feature(_told(known, number, at, _Asked()))


def shop_named(ws: Workspace, license_no: str) -> dict[str, Any] | None:
    """What the register tells of one pharmacy, licensed or not; None when it knows none of that number."""
    known = register(ws)
    number = known.number_of(license_no)
    return None if number is None else facts_of(known.row(number), None)


def _told(known: Register, number: int, moment: datetime | None, shelf: _Asked) -> dict[str, Any]:
    """Everything said of the shop at a place of the register."""
    row = known.row(number)
    shut = (
        shut_until(known.shelf.closures, number, moment.date()) if moment and known.shelf.closures else None
    )
    told = facts_of(row, moment, meant=shelf.meant, shut=shut)
    if moment is not None:
        told["facts"] = standing(row, row["checked"], moment, known.stale_days)
    if shelf.stock is not None:
        told["stock"] = _stock(shelf.stock.get(row["license_no"]))
    return told | {"_at": (row["lon"], row["lat"])}


def _stock(stock: Stock | None) -> dict[str, Any]:
    if stock is None:
        return {"state": "unknown", "packs": None, "counted_at": None}
    return {
        "state": stock.state,
        "packs": stock.packs,
        "counted_at": f"{stock.counted_at.isoformat()}+08:00",
    }


def _feature(told: dict[str, Any]) -> dict[str, Any]:
    """What is told of a pharmacy as a GeoJSON feature."""
    lon, lat = told.pop("_at")
    located = not (pd.isna(lon) or pd.isna(lat))
    point = {"type": "Point", "coordinates": [lon, lat]} if located else None
    return {"type": "Feature", "id": told["license_no"], "geometry": point, "properties": told}


def feature(row: Mapping[Any, Any], moment: datetime | None) -> dict[str, Any]:
    """One row of the register as a GeoJSON feature: registry facts and, at a moment, what its hours say."""
    return _feature(facts_of(row, moment) | {"_at": (row["lon"], row["lat"])})


def facts_of(
    row: Mapping[Any, Any],
    moment: datetime | None,
    *,
    meant: frozenset[str] | None = None,
    shut: date | None = None,
) -> dict[str, Any]:
    """What the register says of one pharmacy.

    `meant`: the categories of the drug asked for. `shut`: the last day of a closure that was announced.
    """
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
        properties |= state_of_hours(_text(row["opening_hours"]), moment, shut)
    if meant is not None:
        properties["drug_in_scope"] = in_scope(row["scope"], meant)
    return properties


def state_of_hours(text: str | None, moment: datetime, shut: date | None) -> dict[str, str | None]:
    """Whether it is open, and when that changes; a closure that was announced goes before its hours."""
    if shut is None:
        hours: Opening = opening(text, moment)
        return {"open_state": hours.state, "next_change": _moment(hours.next_change)}
    over = datetime.combine(shut + timedelta(days=1), time())
    after = opening(text, over)
    again = over if after.state == "open" else after.next_change
    return {"open_state": "closed", "next_change": _moment(again), "shut_until": shut.isoformat()}


def _moment(change: datetime | None) -> str | None:
    return f"{change.isoformat()}+08:00" if change else None


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


def notes_of(moment: datetime | None) -> list[str]:
    """What has to be said beside an answer that is about no medicine."""
    return [] if moment is None else [_HOURS_NOTE]


def _collection(
    known: Register, features: list[Any], moment: datetime | None, shelf: _Asked
) -> dict[str, Any]:
    notes = notes_of(moment)
    if shelf.meant is not None:
        notes.append(_SCOPE_NOTE if shelf.meant else _NO_DRUG_NOTE)
    if shelf.stock is not None:
        notes.append(_STOCK_NOTE)
    return {
        "type": "FeatureCollection",
        "features": features,
        **({} if moment is None else {"at": f"{moment.isoformat()}+08:00"}),
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
    if system in _ALREADY:
        return float(lon), float(lat)
    here = to_wgs84(float(lon), float(lat), system)
    return float(here[0]), float(here[1])


def in_wgs84(lon: float, lat: float, crs: str) -> tuple[float, float]:
    """A position in WGS-84 degrees; UsageError for one that makes no sense."""
    return _position(lon, lat, crs)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _flag(value: Any) -> bool | None:
    return None if value is None or pd.isna(value) else bool(value)
