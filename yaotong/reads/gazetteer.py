"""Names of places a citizen may start from: areas, the places feed, and streets read out of addresses.

Nothing here comes from outside the feeds. A street is the middle of the shops that stand in it, so it is
known only where a shop is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import pandas as pd

from yaotong.reads.spelling import HOLDS, Spelt, alike, likeness, plain, spelt

KINDS = ("town", "village", "street", "landmark", "bus_stop")
_MOST_COMPARED = 5_000
_HAN = r"\u3400-\u9fff"
_PREFIX = re.compile(
    r"^(?:[^省区]{2,8}(?:省|自治区))?(?:[^市县區区縣镇鎮乡鄉街]{2,8}[市州盟])?(?:[^市县區区縣镇鎮乡鄉街]{2,8}[市县區区縣])?"
    r"(?:[^镇鎮乡鄉街路]{1,8}(?:街道|镇|鎮|乡|鄉)(?![路街道]))?"
)
_ROAD = rf"([{_HAN}]{{1,12}}?(?:大道|大街|公路|新村|社区|小区|路|街|巷|弄|村))"
_DOOR = r"(?=[\d一二三四五六七八九十東西南北中甲乙丙]|[A-Za-z]|$|[（(、，,与和])"
_STREET = re.compile(_ROAD + _DOOR)


@dataclass(frozen=True, slots=True)
class Spot:
    """A place with a name; `within` is the name of its area, WGS-84. `shops`: how many a street has."""

    key: str
    name: str
    kind: str
    within: str
    lon: float
    lat: float
    shops: int = 0
    other_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sought:
    """What a text may mean, the best first; `sure` when it is in a name, else they only look like it."""

    spots: tuple[Spot, ...] = ()
    sure: bool = False


@dataclass(frozen=True, eq=False)
class Gazetteer:
    """Places by their names; compared and hashed as the one object it is."""

    spots: tuple[Spot, ...]
    spellings: tuple[tuple[Spelt, ...], ...]
    by_key: dict[str, Spot]

    def search(self, text: str, limit: int = 6) -> Sought:
        """The places whose names hold a text (characters, pinyin, initials), else those that look like it."""
        asked = plain(text)
        if not asked:
            return Sought()
        ranked = [
            (rank, KINDS.index(spot.kind), -spot.shops, spot.key, spot)
            for spot, names in zip(self.spots, self.spellings, strict=True)
            if (rank := likeness(asked, names)) is not None
        ]
        if ranked:
            return Sought(_best(ranked, limit), True)
        some = self.spellings[:_MOST_COMPARED]
        near = alike(asked, [names[0] for names in some], limit)
        return Sought(tuple(self.spots[one] for one in near), False)


def _best(ranked: list[tuple[int, int, int, str, Spot]], limit: int) -> tuple[Spot, ...]:
    """The best first. Of names that a long text holds, the longest says most."""
    if min(ranked)[0] == HOLDS:
        ranked.sort(key=lambda one: (-len(one[4].name), *one[1:4]))
    else:
        ranked.sort(key=lambda one: one[:4])
    return tuple(one[4] for one in ranked[:limit])


@lru_cache(maxsize=2)
def gazetteer(spots: tuple[Spot, ...]) -> Gazetteer:
    """The places made ready to be looked up."""
    spellings = tuple(tuple(spelt(name) for name in (one.name, *one.other_names)) for one in spots)
    return Gazetteer(spots, spellings, {one.key: one for one in spots})


def spots_of(shops: pd.DataFrame, areas: Any, named: pd.DataFrame, today: date) -> tuple[Spot, ...]:
    """Every place that the registers name.

    `shops` with area_code, area_name, address, lon, lat; `areas` a GeoDataFrame; `named` the places feed, of
    which those in force today count.
    """
    names = dict(zip(areas["area_code"], areas["area_name"], strict=True))
    return (*_areas(areas, names), *_named(named, names, today), *_streets(shops))


def _areas(areas: Any, names: dict[str, str]) -> Iterable[Spot]:
    drawn = areas[~areas.geometry.isna()]
    middles = drawn.geometry.representative_point()
    parents = drawn["parent_code"].map(names).fillna("")
    for code, name, parent, lon, lat in zip(
        drawn["area_code"], drawn["area_name"], parents, middles.x, middles.y, strict=True
    ):
        yield Spot(f"area:{code}", name, "town", parent, float(lon), float(lat))


def _named(named: pd.DataFrame, names: dict[str, str], today: date) -> Iterable[Spot]:
    for one in named.astype(object).where(named.notna(), None).to_dict("records"):
        since, until = one["valid_from"], one["valid_to"]
        if (since and since > today) or (until and until < today) or one["lon"] is None:
            continue
        others = tuple(
            part.strip() for part in re.split(r"[|;；、]", one["other_names"] or "") if part.strip()
        )
        within = names.get(one["town_code"], "")
        lon, lat = float(one["lon"]), float(one["lat"])
        yield Spot(f"place:{one['place_id']}", one["name"], one["kind"], within, lon, lat, 0, others)


def street_of(address: str) -> str | None:
    """The street, lane or village of an address without its towns; None when none is told."""
    found = _STREET.search(_PREFIX.sub("", address, count=1))
    return found[1] if found is not None and len(found[1]) > 1 else None


def _streets(shops: pd.DataFrame) -> Iterable[Spot]:
    located = shops[shops["lon"].notna() & shops["address"].notna()]
    streets = pd.DataFrame(
        {
            "street": [street_of(one) for one in located["address"]],
            "code": located["area_code"].fillna("").to_numpy(),
            "within": located["area_name"].fillna("").to_numpy(),
            "lon": located["lon"].astype(float).to_numpy(),
            "lat": located["lat"].astype(float).to_numpy(),
        }
    ).dropna(subset=["street"])
    if streets.empty:
        return
    grouped = streets.groupby(["code", "within", "street"], sort=True)
    for (code, within, street), lon, lat, count in grouped.agg(
        lon=("lon", "median"), lat=("lat", "median"), count=("lon", "size")
    ).itertuples():
        yield Spot(f"street:{code}:{street}", street, "street", within, float(lon), float(lat), int(count))
