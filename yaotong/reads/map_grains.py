"""Coarser pictures of the same days: parts taken together as the areas they are parts of.

At a zoom where a town is a dot, a map shows counties. What it says of one is counted anew from shops and
alerts, not added up from towns: an alert that reaches into two towns of a county is one alert there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yaotong.reads.map import MapDays
from yaotong.reads.map_registers import Seen

_Rows = NDArray[np.intp]


def coarser(days: MapDays) -> MapDays | None:
    """The days with each area whose parts have no parts themselves in their place; None where there is none.

    An area whose parts are only partly divided stays as it is until they are taken together themselves, and
    so does one without an outline: no shop is counted twice, and none is lost.
    """
    areas = days.seen.areas
    into = _into(areas)
    kept = into == np.arange(len(areas))
    if kept.all():
        return None
    rows = (np.cumsum(kept) - 1)[into]
    seen = _seen(days.seen, _areas(areas, into, kept), rows)
    return replace(days, seen=seen, alerts=days.alerts.regrouped(seen, rows))


def _into(areas: gpd.GeoDataFrame) -> _Rows:
    """The row that each area is taken together into: that of its parent, or its own."""
    own = np.arange(len(areas))
    parent = pd.Index(areas["area_code"]).get_indexer(pd.Index(areas["parent_code"]))
    leaf = areas["is_leaf"].to_numpy(dtype=bool)
    has = parent >= 0
    parts = np.bincount(parent[has], minlength=len(areas))
    leaves = np.bincount(parent[has & leaf], minlength=len(areas))
    outlined = areas.geometry.notna() & ~areas.geometry.is_empty
    whole = (parts > 0) & (parts == leaves) & outlined.to_numpy()
    return np.where(has & leaf & whole[parent], parent, own)


def _areas(areas: gpd.GeoDataFrame, into: _Rows, kept: NDArray[np.bool_]) -> gpd.GeoDataFrame:
    """The areas that remain, with the people of their parts; as registered where a part's are not known."""
    moved = np.flatnonzero(~kept)
    people = pd.Series(areas["population"].to_numpy(dtype=float)[moved]).groupby(into[moved])
    summed = people.sum(min_count=1).where(people.count() == people.size())
    population = areas["population"].astype(float).to_numpy(copy=True)
    known = summed.dropna()
    population[known.index.to_numpy(dtype=np.intp)] = known.to_numpy()
    leaf = areas["is_leaf"].to_numpy(dtype=bool, copy=True)
    leaf[into[moved]] = True
    return areas.assign(population=population, is_leaf=leaf)[kept].reset_index(drop=True)


def _seen(seen: Seen, areas: gpd.GeoDataFrame, rows: _Rows) -> Seen:
    place = np.where(seen.place >= 0, rows[seen.place], -1)
    named = {one: _of_place(areas[one], place) for one in ("area_code", "area_name")}
    return replace(seen, areas=areas, shops=seen.shops.assign(**named), place=place)


def _of_place(values: pd.Series, place: _Rows) -> Any:
    """Each shop's area, missing for one outside all."""
    return values.take(place).where(place >= 0).set_axis(range(len(place)))
