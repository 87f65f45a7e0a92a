"""Signals: which shop, town or city sells more of a group than its past and its like explain. signals.md.

Counts in, signals out; one event is told at the level that explains it best.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yaotong.detection import calibration
from yaotong.detection.detector import ALPHA
from yaotong.detection.signals.counted import Sold
from yaotong.detection.signals.levels import Begun, Level, begun_of, of_areas, of_shops
from yaotong.detection.tails import nb_upper

PHARMACY, TOWN, CITY = "pharmacy", "town", "city"
COLUMNS = (
    "level", "key", "group", "day", "span_days", "lasting", "observed", "expected", "upper", "excess", "p",
    "q", "best",
)  # fmt: skip
# A rise as sure as this explains those beneath it.
SURE = 0.01
# Of a rise of many, so much by one of them makes it that one's.
_ONES = 0.6


@dataclass(frozen=True)
class Levels:
    """The three levels, judged; `cities` is the city of each shop, "" for none."""

    sold: Sold
    cities: NDArray[np.object_]
    shops: Level
    towns: Level
    city: Level

    def of(self, level: str) -> Level:
        """The arrays of a level by its name."""
        return {PHARMACY: self.shops, TOWN: self.towns, CITY: self.city}[level]


def judge_levels(sold: Sold, city_of: Mapping[str, str]) -> Levels:
    """Every level of the grid; `city_of` tells the city of each town."""
    begun = begun_of(sold.packs)
    cities = np.array([city_of.get(town, "") for town in sold.towns], object)
    areas = [_areas(sold, begun, names) for names in (sold.towns, cities)]
    return Levels(sold, cities, of_shops(sold, begun), *areas)


def _areas(sold: Sold, begun: Begun, names: NDArray[np.object_]) -> Level:
    """The level whose series are the shops' areas, by name; shops in none count nowhere."""
    keys = tuple(sorted(set(names) - {""}))
    member = np.array([names == one for one in keys], np.bool_).reshape(len(keys), len(sold.shops))
    return of_areas(sold, begun, member, keys)


def signals_of(levels: Levels) -> pd.DataFrame:
    """COLUMNS: every series and day with p at most ALPHA. `best` is false where another level explains it."""
    city, towns, shops = (_hits(levels, name) for name in (CITY, TOWN, PHARMACY))
    in_city, in_town = _members(levels.city, levels.cities), _members(levels.towns, levels.sold.towns)
    towns_in = [{levels.sold.towns[shop] for shop in np.flatnonzero(mine)} for mine in in_city]
    city_towns = [np.isin(np.array(levels.towns.keys, object), list(names)) for names in towns_in]
    city["best"] = [
        not (_by_one(levels.towns, one, city_towns[one.at]) or _by_one(levels.shops, one, in_city[one.at]))
        for one in _rows(city)
    ]
    sure_city = _sure(city, levels.city)
    town_city = _place_of(city_towns, len(levels.towns.keys))
    towns["best"] = [not _by_one(levels.shops, one, in_town[one.at]) for one in _rows(towns)]
    towns["best"] &= ~_explained(towns, levels.towns, levels.city, sure_city, town_city, alone=True)
    shop_town, shop_city = (_place_of(mine, len(levels.sold.shops)) for mine in (in_town, in_city))
    sure_towns = _sure(towns, levels.towns)
    shops["best"] = ~_explained(shops, levels.shops, levels.towns, sure_towns, shop_town)
    shops["best"] &= ~_explained(shops, levels.shops, levels.city, sure_city, shop_city, alone=True)
    every = pd.concat([shops, towns, city], ignore_index=True)
    days = np.datetime64(levels.sold.first) + every["on"].to_numpy().astype("timedelta64[D]")
    every["day"] = pd.Series(days.astype("datetime64[s]"), dtype="datetime64[s]").dt.date
    return every[list(COLUMNS)]


def _members(level: Level, names: NDArray[np.object_]) -> list[NDArray[np.bool_]]:
    """Which shops lie in each area of a level."""
    return [names == key for key in level.keys]


def _place_of(members: list[NDArray[np.bool_]], count: int) -> NDArray[np.int64]:
    """The area of each member, -1 for none."""
    place = np.full(count, -1)
    for number, mine in enumerate(members):
        place[mine] = number
    return place


def _hits(levels: Levels, name: str) -> pd.DataFrame:
    """The places (g, at, on) of a level's low p, with what is told of them."""
    level = levels.of(name)
    g, at, on = np.nonzero(level.p <= ALPHA)
    cell = g, at, on
    due = level.due[cell].astype(float)
    # What was sold; the score itself caps single days within a longer span.
    run = np.pad(np.cumsum(np.nan_to_num(level.counts), axis=2, dtype=np.float64), ((0, 0), (0, 0), (1, 0)))
    sold = run[g, at, on + 1] - run[g, at, np.maximum(on + 1 - level.span[cell], 0)]
    return pd.DataFrame(
        {
            "level": name,
            "key": np.array(level.keys, object)[at] if len(at) else np.array([], object),
            "group": np.array(levels.sold.groups, object)[g] if len(g) else np.array([], object),
            "span_days": level.span[cell].astype(np.int64),
            "lasting": level.lasting[cell],
            "observed": sold,
            "expected": np.round(due, 3),
            "upper": level.upper[cell].astype(float),
            "excess": np.round(sold - due, 3),
            "p": level.p[cell].astype(float),
            "q": level.q[cell].astype(float),
            "best": np.zeros(len(at), np.bool_),
            "g": g,
            "at": at,
            "on": on,
        }
    )


def _rows(hits: pd.DataFrame) -> Any:
    return hits.itertuples(index=False)


def _by_one(level: Level, hit: Any, members: NDArray[np.bool_]) -> bool:
    """Whether the member that rose most makes up most of a rise, or without it there is none."""
    days = slice(max(hit.on - hit.span_days + 1, 0), hit.on + 1)
    counts, usual = level.counts[hit.g, members, days], level.usual[hit.g, members, days]
    if not len(counts):
        return False
    most = np.nansum(counts - usual, axis=1).max()
    return bool(most >= _ONES * hit.excess or hit.observed - max(most, 0.0) <= hit.upper)


def _sure(hits: pd.DataFrame, level: Level) -> NDArray[np.bool_]:
    """(groups, series, days): where a level tells of a rise that explains those beneath it."""
    told = np.zeros(level.counts.shape, np.bool_)
    some = hits[hits["best"] & (hits["q"] <= SURE)]
    told[some["g"], some["at"], some["on"]] = True
    return told


def _explained(
    hits: pd.DataFrame,
    level: Level,
    above: Level,
    sure: NDArray[np.bool_],
    whose: NDArray[np.int64],
    *,
    alone: bool = False,
) -> NDArray[np.bool_]:
    """Which hits are no more than what all of the area above them rose by, in the same days.

    `alone`: only where a series was judged by itself; beside its group, what moved the group is off already.
    """
    g, at, on = (hits[name].to_numpy() for name in ("g", "at", "on"))
    area, began = whose[at], np.maximum(on + 1 - hits["span_days"].to_numpy(), 0)
    known = ~np.isnan(above.counts) & ~np.isnan(above.usual)

    def total(cells: NDArray[Any]) -> NDArray[np.float64]:
        run = np.pad(np.cumsum(cells, axis=2, dtype=np.float64), ((0, 0), (0, 0), (1, 0)))
        summed: NDArray[np.float64] = run[g, area, on + 1] - run[g, area, began]
        return summed

    if not len(above.keys) or not len(hits):
        return np.zeros(len(hits), np.bool_)
    usual = total(np.where(known, above.usual, 0.0))
    times = np.maximum(total(np.where(known, above.counts, 0.0)) / np.maximum(usual, 1e-6), 1.0)
    due, wide = hits["expected"].to_numpy() * times, level.wide[g, at, on] * times * times
    bound = nb_upper(due, wide, calibration.score_at(ALPHA, calibration.DAILY))
    told: NDArray[np.bool_] = (area >= 0) & (total(sure) > 0) & (hits["observed"].to_numpy() <= bound)
    return told & ~level.beside[g, at, on] if alone else told
