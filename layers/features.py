"""From the frames of a read to what is drawn: areas as shapes, shops as points, figures as aligned arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from layers.drawn import Drawn
from yaotong.reads.map import FEW, SPECIAL, MapData

Columns = Mapping[str, Any]
Floats = np.ndarray[Any, np.dtype[np.float64]]


def area_features(data: MapData, columns: Columns, *, leaves: bool = True, fine_zh: str = "") -> Drawn:
    """Areas with `columns`, each aligned to `data.leaves` (or to `data.areas` when not `leaves`)."""
    areas = data.leaves if leaves else data.areas
    frame = pd.DataFrame(
        {
            "id": "area:" + areas["area_code"].astype(str),
            "name": areas["area_name"].astype(str),
            **{name: np.asarray(values) for name, values in columns.items()},
        }
    ).reset_index(drop=True)
    return Drawn(frame, areas.geometry.to_numpy(), fine_zh)


def shop_features(
    data: MapData, columns: Columns, *, category: str = SPECIAL, only: Any = None, fine_zh: str = ""
) -> Drawn:
    """Shops that have a place, with `columns`, each aligned to `data.shops`; of `only` (a mask) when given.

    A shop that is known not to have sold the chosen category within the window is `faded`.
    """
    shops = data.shops
    frame = pd.DataFrame(
        {
            "id": "shop:" + shops["license_no"].astype(str),
            "name": shops["name"].astype(str),
            "lon": shops["lon"].astype(float),
            "lat": shops["lat"].astype(float),
            **{name: np.asarray(values) for name, values in columns.items()},
        }
    )
    if category != SPECIAL:
        frame["faded"] = ~_may_sell(data, category)
    keep = frame["lon"].notna() & frame["lat"].notna()
    if only is not None:
        keep &= np.asarray(only, dtype=bool)
    return Drawn(frame[keep].reset_index(drop=True), fine_zh=fine_zh)


def _may_sell(data: MapData, category: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Nobody knows what a shop sells that never reported: no filter may fade it as if it sold nothing."""
    packs = shop_packs(data, category)
    return np.isnan(packs) | (packs > 0)


def shop_packs(data: MapData, category: str) -> Floats:
    """Packs of a category within the window, net of returns, per shop; NaN for one that never reported."""
    mine = data.packs[data.packs["category"] == category].set_index("license_no")["packs"]
    packs = data.shops["license_no"].map(mine).fillna(0.0).to_numpy(dtype=float)
    return np.where(data.shops["reporting"].to_numpy() == "never", np.nan, packs)


def area_packs(data: MapData, category: str) -> Floats:
    """Packs per leaf area and category within the window; NaN where no shop reported."""
    packs = pd.Series(np.nan_to_num(shop_packs(data, category)))
    summed = packs.groupby(data.shops["area_code"].to_numpy()).sum()
    known = data.leaves["shops_reporting"].to_numpy() > 0
    counted = data.leaves["area_code"].map(summed).fillna(0.0).to_numpy(dtype=float)
    return np.where(known, counted, np.nan)


def per_residents(data: MapData, counts: Any, residents: float) -> Floats:
    """Counts per so many residents of each leaf area; NaN where nobody is known to live."""
    people = data.leaves["population"].to_numpy(dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        rates: Floats = residents * np.asarray(counts, dtype=float) / people
    return np.where(people > 0, rates, np.nan)


def each_once(texts: pd.Series, say: Callable[[str], Any], missing: Any) -> np.ndarray[Any, Any]:
    """What is said of each text, worked out once for each different one; `missing` where there is none."""
    numbers, known = pd.factorize(texts)
    said = np.array([*(say(str(one)) for one in known), missing], dtype=object)
    return said[numbers]


def few(counts: Any) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether figures rest on so few events that their rate is not stable; unknown ones are not few."""
    return np.asarray(counts, dtype=float) < FEW
