"""The public register to take away: pages of features, one feature, rows, and what changed since a version.

As everything of `public`, registry facts alone; the order is by licence number, so that pages fit together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yaotong.errors import NotFound, UsageError
from yaotong.reads.fitting import Wanted, fitting
from yaotong.reads.public import feature
from yaotong.reads.register import Register, register
from yaotong.store import registerchanges
from yaotong.store.publicly import public_read
from yaotong.workspace import Workspace

Box = tuple[float, float, float, float]
MOST_ITEMS, MOST_CHANGES = 10_000, 1_000
COLUMNS = (
    "license_no", "name", "address", "area_code", "area_name", "phone", "opening_hours",
    "insurance_designated", "dual_channel", "services", "licence_valid_to", "lon", "lat", "updated_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    """Some features of those that match, and how many match."""

    features: tuple[dict[str, Any], ...]
    matched: int
    updated_on: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """One entry that came (`added`), says something else (`changed`) or is no longer there (`removed`)."""

    version: int
    at: datetime | None
    license_no: str
    change: str


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes after a version, oldest first; `next_since` asks for what follows, and again later."""

    changes: tuple[Change, ...]
    next_since: int
    more: bool


def page_of(ws: Workspace, *, today: date, bbox: Box | None = None, limit: int, offset: int = 0) -> Page:
    """Licensed pharmacies in a box (west, south, east, north; west may lie beyond the antimeridian).

    UsageError for a limit, an offset or a box that makes no sense.
    """
    if not 1 <= limit <= MOST_ITEMS:
        raise UsageError(f"limit 应在 1 到 {MOST_ITEMS} 之间。")
    if not 0 <= offset <= 10_000_000:
        raise UsageError("offset 应为不小于 0 的整数。")
    known = register(ws)
    numbers = np.flatnonzero(_matching(known, today, bbox))
    shown = tuple(feature(known.row(int(one)), None) for one in numbers[offset : offset + limit])
    return Page(shown, len(numbers), updated_on(ws))


def item_of(ws: Workspace, license_no: str, *, today: date) -> dict[str, Any]:
    """One licensed pharmacy as a feature; NotFound when there is none of that number."""
    known = register(ws)
    number = known.number_of(license_no)
    if number is None or not _matching(known, today, None)[number]:
        raise NotFound("没有这个许可证号的在营药店。")
    return feature(known.row(number), None)


def features_of(ws: Workspace, *, today: date) -> Iterator[dict[str, Any]]:
    """All licensed pharmacies of one version of the register, made one by one."""
    known = register(ws)
    for number in np.flatnonzero(_matching(known, today, None)):
        yield feature(known.row(int(number)), None)


def rows_of(ws: Workspace, *, today: date) -> Iterator[dict[str, Any]]:
    """The same as flat rows with `COLUMNS`."""
    for one in features_of(ws, today=today):
        told, point = one["properties"], one["geometry"]
        lon, lat = point["coordinates"] if point else (None, None)
        updated = told["sources"][0]["arrived_at"] if told["sources"] else None
        yield {
            **{name: told.get(name) for name in COLUMNS},
            "services": "|".join(told["services"]),
            "lon": lon,
            "lat": lat,
            "updated_at": updated,
        }


def extent(ws: Workspace) -> Box | None:
    """The box around all pharmacies that are located."""
    shops = register(ws).shops
    if not len(shops):
        return None
    lon, lat = (shops[name].to_numpy(dtype=float) for name in ("lon", "lat"))
    if np.isnan(lon).all():
        return None
    return float(np.nanmin(lon)), float(np.nanmin(lat)), float(np.nanmax(lon)), float(np.nanmax(lat))


def updated_on(ws: Workspace) -> str | None:
    """The day the register last changed."""
    return next((one["updated_on"] for one in register(ws).sources if one["name"] == "药店名录"), None)


def version(ws: Workspace) -> int:
    """The data version of the register."""
    return register(ws).version


def changes_since(ws: Workspace, since: int, *, limit: int = MOST_CHANGES) -> Changes:
    """What changed after a data version, a version never cut in two; UsageError for one that cannot be."""
    if not 0 <= since <= 2**31 - 1:
        raise UsageError("since 应为上次得到的 next_since，第一次为 0。")
    if not 1 <= limit <= MOST_CHANGES:
        raise UsageError(f"limit 应在 1 到 {MOST_CHANGES} 之间。")
    with public_read(ws.store) as connection:
        found, until, more = registerchanges.changes(connection, since, limit)
    return Changes(tuple(Change(*one) for one in found), until, more)


def newest_changes(ws: Workspace, limit: int = 100) -> tuple[Change, ...]:
    """The last changes, newest first."""
    with public_read(ws.store) as connection:
        return tuple(Change(*one) for one in registerchanges.newest(connection, limit))


def _matching(known: Register, today: date, bbox: Box | None) -> NDArray[np.bool_]:
    keep = fitting(known.shelf, Wanted(), today)
    if bbox is None:
        return keep
    west, south, east, north = bbox
    if south > north or not (-180 <= west <= 180 and -180 <= east <= 180 and south >= -90 and north <= 90):
        raise UsageError("bbox 应为 west,south,east,north（度，WGS-84），南小于北。")
    lon, lat = (known.shops[name].to_numpy(dtype=float) for name in ("lon", "lat"))
    across = (lon >= west) & (lon <= east) if west <= east else (lon >= west) | (lon <= east)
    inside: NDArray[np.bool_] = keep & across & (lat >= south) & (lat <= north)
    return inside
