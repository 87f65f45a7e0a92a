"""How near an open pharmacy is to residents, hour by hour; where it is far; where one more would help most.

Residents are taken to live evenly over their town: a town's population is spread over points inside its
outline. A town without a population, or an outline, is not counted and is named. Shops whose hours are not
registered count as open for nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.distance import MEAN_EARTH_RADIUS_M
from yaotong.departments import departments
from yaotong.errors import Forbidden
from yaotong.reads.fitting import Wanted, fitting
from yaotong.reads.register import Register, register
from yaotong.store import unmet
from yaotong.store.outlines import read_areas
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

REACHES_M = (1_000.0, 3_000.0)
UNMET_DAYS = 90
_POINTS = 400  # of a town, about
_SITES = 5
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hour:
    """At an hour: shops that are open, and the share of residents with one within each of `REACHES_M`."""

    hour: int
    open_shops: int
    shares: tuple[float, float]


@dataclass(frozen=True, slots=True)
class TownGap:
    """A town at the hour asked for: residents, how many of them are farther than 3 km, searches unmet."""

    area_code: str
    area_name: str
    residents: int
    beyond: int
    unmet_now: int
    unmet_all: int


@dataclass(frozen=True, slots=True)
class Site:
    """A shop that could open at the hour, and how many residents would then have one within 3 km."""

    license_no: str
    name: str
    area_name: str
    gained: int


@dataclass(frozen=True, slots=True)
class Plan:
    """All that the page shows."""

    hours: tuple[Hour, ...]
    towns: tuple[TownGap, ...]
    sites: tuple[Site, ...]
    anywhere: tuple[float, float, int] | None
    residents: int
    uncounted: tuple[str, ...]
    unknown_hours: int


@dataclass(frozen=True, slots=True, eq=False)
class Residents:
    """Points where residents are taken to live: WGS-84, how many at each, and the number of their town."""

    lon: Floats
    lat: Floats
    people: Floats
    town: NDArray[np.intp]
    codes: tuple[str, ...]
    names: tuple[str, ...]
    uncounted: tuple[str, ...]


def may_plan(viewer: Viewer) -> bool:
    """Whether the department plans where pharmacies are to be."""
    known = departments().get(viewer.department)
    return known is not None and known.plans and viewer.role != "auditor"


def read_plan(workspace: Workspace, viewer: Viewer, *, day: date, hour: int) -> Plan:
    """Coverage of a viewer's area on a day, gaps and sites at an hour; Forbidden to who does not plan."""
    if not may_plan(viewer):
        raise Forbidden("药店布局由卫生健康和药品监管部门查看。")
    known = register(workspace)
    people = _residents(workspace, known.version, viewer.area_code)
    searches = _searches(workspace, day)
    moment = datetime.combine(day, time(hour))
    open_now = fitting(known.shelf, Wanted(open_at=moment), day)
    far = _distances(known, people, open_now) > REACHES_M[1]
    sites, anywhere = best_sites(known, people, far, fitting(known.shelf, Wanted(), day) & ~open_now)
    return Plan(
        hours=tuple(_hour(known, people, day, one) for one in range(24)),
        towns=_towns(people, far, searches, hour),
        sites=sites,
        anywhere=anywhere,
        residents=round(float(people.people.sum())),
        uncounted=people.uncounted,
        unknown_hours=int((known.shelf.hours_number[fitting(known.shelf, Wanted(), day)] < 0).sum()),
    )


def residents_of(areas: Any, scope: str) -> Residents:
    """Points over the smallest areas in a scope, each town's population spread evenly over its own."""
    parents = set(areas["parent_code"].dropna())
    parts: list[tuple[Floats, Floats, Floats, NDArray[np.intp]]] = []
    codes: list[str] = []
    names: list[str] = []
    uncounted: list[str] = []
    for one in areas.sort_values("area_code").itertuples():
        if one.area_code in parents or not str(one.area_code).startswith(scope):
            continue
        points = _inside(one.geometry)
        if not (one.population and one.population == one.population) or not len(points):
            uncounted.append(str(one.area_name))
            continue
        share = np.full(len(points), float(one.population) / len(points))
        parts.append((points[:, 0], points[:, 1], share, np.full(len(points), len(codes), np.intp)))
        codes.append(str(one.area_code))
        names.append(str(one.area_name))
    none = (np.empty(0), np.empty(0), np.empty(0), np.empty(0, np.intp))
    lon, lat, people, town = (np.concatenate(column) for column in zip(*(parts or [none]), strict=True))
    return Residents(lon, lat, people, town, tuple(codes), tuple(names), tuple(uncounted))


def best_sites(
    known: Register, people: Residents, far: NDArray[np.bool_], closed: NDArray[np.bool_]
) -> tuple[tuple[Site, ...], tuple[float, float, int] | None]:
    """Of licensed shops that are closed, those that would bring most residents within 3 km; and of any place.

    One more shop alone: every candidate is tried, so the first is the best there is.
    """
    if not far.any():
        return (), None
    lon, lat = (known.shops[name].to_numpy() for name in ("lon", "lat"))
    numbers = np.flatnonzero(closed & np.isfinite(lon) & np.isfinite(lat))
    lacking, weights = _vectors(people.lon[far], people.lat[far]), people.people[far]
    gains = _gains(lacking, weights, _vectors(lon[numbers], lat[numbers]))
    order = sorted(range(len(numbers)), key=lambda one: (-gains[one], numbers[one]))
    rows = [(known.row(int(numbers[one])), round(gains[one])) for one in order[:_SITES]]
    sites = tuple(
        Site(str(row["license_no"]), str(row["name"]), str(row["area_name"] or ""), gained)
        for row, gained in rows
        if gained > 0
    )
    spots = _gains(lacking, weights, lacking)
    best = int(np.argmax(spots))
    place = float(people.lon[far][best]), float(people.lat[far][best])
    return sites, (*place, round(float(spots[best])))


def _gains(lacking: Floats, weights: Floats, sites: Floats) -> list[float]:
    """How many of those who lack a shop each site would reach."""
    if not len(sites):
        return []
    chord = 2.0 * np.sin(REACHES_M[1] / (2.0 * MEAN_EARTH_RADIUS_M))
    reached = cKDTree(lacking).query_ball_point(sites, chord)
    return [float(weights[one].sum()) for one in reached]


def _hour(known: Register, people: Residents, day: date, hour: int) -> Hour:
    open_then = fitting(known.shelf, Wanted(open_at=datetime.combine(day, time(hour))), day)
    distances, total = _distances(known, people, open_then), people.people.sum()
    within = [float(people.people[distances <= reach].sum() / total) if total else 0.0 for reach in REACHES_M]
    return Hour(hour, int(open_then.sum()), (within[0], within[1]))


def _distances(known: Register, people: Residents, keep: NDArray[np.bool_]) -> Floats:
    """Metres from each point to the nearest shop that is kept; inf where there is none."""
    if not len(people.lon) or not keep.any():
        return np.full(len(people.lon), np.inf)
    metres: Floats = known.index.query_many(people.lon, people.lat, 1, keep)[1][:, 0]
    return metres


def _towns(people: Residents, far: NDArray[np.bool_], searches: Any, hour: int) -> tuple[TownGap, ...]:
    """The town with most residents beyond reach first."""
    found = []
    for number, code in enumerate(people.codes):
        own = people.town == number
        told = searches[searches["area_code"] == code]
        found.append(
            TownGap(
                area_code=code,
                area_name=people.names[number],
                residents=round(float(people.people[own].sum())),
                beyond=round(float(people.people[own & far].sum())),
                unmet_now=int(told.loc[told["hour"] == hour, "searches"].sum()),
                unmet_all=int(told["searches"].sum()),
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.beyond, one.area_code)))


def _searches(workspace: Workspace, day: date) -> Any:
    with workspace.store.read() as connection:
        return unmet.by_town_and_hour(connection, day - timedelta(days=UNMET_DAYS - 1), day)


@lru_cache(maxsize=8)
def _residents(workspace: Workspace, _version: int, scope: str) -> Residents:
    with workspace.store.read() as connection:
        return residents_of(read_areas(connection), scope)


def _inside(shape: Any) -> Floats:
    """Points of an even grid inside an outline, about `_POINTS` of them; its own point where it is tiny."""
    if shape is None or shape.is_empty or not shape.area:
        return np.empty((0, 2))
    west, south, east, north = shape.bounds
    shrink = np.cos(np.radians((south + north) / 2))
    step = np.sqrt(shape.area * shrink / _POINTS)
    x, y = np.meshgrid(
        np.arange(west + step / shrink / 2, east, step / shrink), np.arange(south + step / 2, north, step)
    )
    points = np.stack([x.ravel(), y.ravel()], axis=1)
    points = points[shapely.contains_xy(shape, points[:, 0], points[:, 1])]
    middle = shape.representative_point()
    return points if len(points) else np.array([[middle.x, middle.y]])


def _vectors(lon: Floats, lat: Floats) -> Floats:
    x, y = np.radians(np.asarray(lon, dtype=float)), np.radians(np.asarray(lat, dtype=float))
    return np.stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)], axis=1)
