"""特药热点：where many or few special drugs per shop lie together, tested and not only drawn."""

from __future__ import annotations

import numpy as np

from geo.hexgrid import Ints, neighbours
from geo.hotspot import false_discovery, gi_star, shuffled_p
from layers.cells import Floats, ShopCells, cell_features, no_cells, shop_cells
from layers.colours import HATCH, HOT_COLD, NOTHING, Mark
from layers.contract import About
from layers.drawn import Drawn
from layers.elements import Paint
from layers.features import shop_packs
from yaotong.reads.map import WINDOW_DAYS, MapData

ABOUT = About("特药热点与冷点", ("right",), "ground", 36)
# Below these a test says nothing: cells with data in all, and a cell and its neighbours together.
LEAST_CELLS = 30
LEAST_TOGETHER = 3
# Of the cells taken for hot or cold, this share is expected to be so by chance.
STRICT, PLAIN = 0.01, 0.05
_MARKS = (
    Mark("hot99", "热点（99%）", HOT_COLD[0], "zone", 0.0),
    Mark("hot95", "热点（95%）", HOT_COLD[1], "zone", 0.0),
    Mark("cold95", "冷点（95%）", HOT_COLD[2], "zone", 0.0),
    Mark("cold99", "冷点（99%）", HOT_COLD[3], "zone", 0.0),
    Mark("none", "不显著", NOTHING, "zone", 0.0),
    Mark("unknown", "数据不足（未知）", HATCH, "hatch", 0.0),
)


def features(data: MapData, category: str) -> Drawn:
    """`class`: hot or cold with its confidence, none, or unknown where too little came in to test."""
    found = shop_cells(data)
    if found is None:
        return no_cells({"class": []})
    rates = _packs_per_shop(data, category, found)
    known = np.flatnonzero(~np.isnan(rates))
    classes = np.full(len(rates), "unknown", dtype=object)
    classes[known] = classes_of(rates[known], found.cells[known])
    fine = f"{len(known)} 格有数据；不足 {LEAST_CELLS} 格时不检验" if len(known) < LEAST_CELLS else ""
    return cell_features(found.grid, found.cells, found.names(data), {"class": classes}, fine_zh=fine)


def draw() -> Paint:
    """Red where much lies together, blue where little does."""
    return Paint(
        "zone", f"近 {WINDOW_DAYS} 天每家特药盒数的热点", classes=_MARKS, by_category=True,
        note_zh="Getis-Ord Gi*：本格与相邻六格合计，随机置换求 p 值，按 Benjamini–Hochberg 校正；"
        "只计正常上报的药店",
    )  # fmt: skip


def classes_of(rates: Floats, cells: Ints) -> np.ndarray:
    """The class of each of some cells by its rate and those of the neighbours among them."""
    beside = neighbours(cells)
    enough = (1 + (beside >= 0).sum(axis=1) >= LEAST_TOGETHER) & (len(cells) >= LEAST_CELLS)
    q = np.ones(len(cells))
    q[enough] = false_discovery(shuffled_p(rates, beside)[enough])
    hot = gi_star(rates, beside) > 0
    chosen = [~enough, hot & (q <= STRICT), hot & (q <= PLAIN), ~hot & (q <= STRICT), ~hot & (q <= PLAIN)]
    return np.select(chosen, ["unknown", "hot99", "hot95", "cold99", "cold95"], default="none")


def _packs_per_shop(data: MapData, category: str, found: ShopCells) -> Floats:
    """Packs per shop of each cell; NaN where no shop reports now: one that fell silent may well sell."""
    current = data.shops["reporting"].eq("current").to_numpy()
    packs = found.sums(np.where(current, np.nan_to_num(shop_packs(data, category)), 0.0))
    shops = found.sums(current)
    return np.where(shops > 0, packs / np.where(shops > 0, shops, 1.0), np.nan)
