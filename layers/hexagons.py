"""未结预警（六边形）：open alerts of the viewer's department by cells of one size, areas' outlines apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from layers.cells import Floats, ShopCells, cell_features, no_cells, shop_cells
from layers.colours import NOTHING, RISK
from layers.contract import About
from layers.drawn import Drawn
from layers.elements import Paint
from yaotong.codes import SubjectKind
from yaotong.reads.map import MapData

Bools = np.ndarray[Any, np.dtype[np.bool_]]

ABOUT = About("未结预警 · 六边形", ("right",), "ground", 35)
# Such alerts are about an area and have no shop to hide.
_OF_AREAS = (str(SubjectKind.AREA), str(SubjectKind.DRUG))


def features(data: MapData, category: str) -> Drawn:
    """`value`: alerts that name a shop of the cell, each once; unknown where no shop of it ever reported."""
    found = shop_cells(data)
    if found is None:
        return no_cells({"value": np.empty(0)})
    alerts = _alerts(data, found)
    silent = found.sums(data.shops["reporting"].ne("never")) == 0
    unseen = found.sums(_where_hidden(data)) > 0
    values = np.where((silent | unseen) & (alerts == 0), np.nan, alerts)
    return cell_features(found.grid, found.cells, found.names(data), {"value": values}, fine_zh=_fine(data))


def draw() -> Paint:
    """Amber to red; cells without a shop are not drawn."""
    return Paint(
        "fill", "每格未结预警", palette=RISK, nothing=NOTHING, unit="条", zero_zh="0",
        unknown_zh="无数据（未知，不等于低）",
        note_zh="一条涉及几格的，各格都计；没有药店的格不画；不分药品类别",
    )  # fmt: skip


def _alerts(data: MapData, found: ShopCells) -> Floats:
    """Alerts per cell: one that names several shops of a cell counts once there."""
    own = data.alerts.own["shops"].reset_index(drop=True).explode().dropna()
    row_of = {shop: row for row, shop in enumerate(data.shops["license_no"])}
    rows = own.map(row_of).to_numpy(dtype=np.intp)
    at = found.of_rows(len(data.shops))[rows]
    pairs = np.unique(np.stack([own.index.to_numpy()[at >= 0], at[at >= 0]], axis=1), axis=0)
    return np.bincount(pairs[:, 1], minlength=len(found.cells)).astype(float)


def _where_hidden(data: MapData) -> Bools:
    """Shops in areas of which an alert of ours may not be told by shop: what they have is not known."""
    own = data.alerts.own
    hidden = _nowhere(data) & ~own["subject_kind"].isin(_OF_AREAS).to_numpy(dtype=bool)
    return data.shops["area_code"].isin(set(own.loc[hidden, "areas"].explode().dropna())).to_numpy()


def _nowhere(data: MapData) -> Bools:
    """Alerts of ours that name no shop to the viewer."""
    return data.alerts.own["shops"].map(len).eq(0).to_numpy(dtype=bool)


def _fine(data: MapData) -> str:
    whose = "各部门合计" if data.alerts.levels_only else "只含派发给本部门的预警"
    nowhere = int(_nowhere(data).sum())
    return f"{whose}；另有 {nowhere} 条不示药店，未计入" if nowhere else whose
