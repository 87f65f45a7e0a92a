"""串联：lines between shops that one alert about a trace code or about a buyer names together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from layers.colours import Mark
from layers.contract import About
from layers.drawn import Drawn
from layers.elements import Paint
from layers.geojson import GRID_DEG
from yaotong.codes import SubjectKind
from yaotong.reads.map import MapData

ABOUT = About("串联的药店", ("right",), "overlay", 60)
# Alerts of more shops are drawn as one chain from west to east: all pairs would cover the map.
MOST_SHOPS = 10
_KINDS = {str(SubjectKind.TRACE_CODE): "trace", str(SubjectKind.BUYER): "buyer"}
_NAMES = {"trace": "追溯码", "buyer": "购药人"}
_MARKS = (
    Mark("trace", "同一追溯码在两处", "#8e1b14", "line", 2.0),
    Mark("buyer", "同一购药人到两处", "#3a76b8", "line", 1.5),
)
_COLUMNS = ["class", "first", "second"]


def features(data: MapData, category: str) -> Drawn:
    """`class`: trace or buyer; `weight`: how many of the viewer's open alerts name both shops."""
    pairs = _pairs(_named(data))
    counted = pairs.groupby(_COLUMNS).size().rename("weight").reset_index()
    ends = data.shops[["lon", "lat"]].to_numpy(dtype=float)[counted[["first", "second"]].to_numpy()]
    apart = (np.abs(ends[:, 0] - ends[:, 1]) > 2 * GRID_DEG).any(axis=1)
    lines = np.asarray(shapely.linestrings(ends[apart]), dtype=object)
    return Drawn(_said(data, counted[apart]), lines, _fine(data, int((~apart).sum())))


def draw() -> Paint:
    """Lines by kind, wider where more alerts say the same."""
    return Paint(
        "line", "同一追溯码或购药人的药店", classes=_MARKS,
        note_zh=f"未结预警点名的药店两两相连；一条预警超过 {MOST_SHOPS} 家的，自西向东连成一串",
    )  # fmt: skip


def _named(data: MapData) -> pd.DataFrame:
    """Each located shop of each alert that links: alert, class, row (of the map's shops), west to east."""
    own = data.alerts.own
    told = own[own["subject_kind"].isin(list(_KINDS)) & (not data.alerts.levels_only)]
    named = told[["subject_kind", "shops"]].explode("shops").dropna(subset="shops")
    places = data.shops[["license_no", "lon", "lat"]].dropna().assign(row=lambda one: one.index)
    found = named.rename_axis("alert").reset_index().merge(places, left_on="shops", right_on="license_no")
    found = found.assign(**{"class": found["subject_kind"].map(_KINDS).astype("str")})
    return found.drop_duplicates(["alert", "row"]).sort_values(["alert", "lon", "lat", "row"])


def _pairs(named: pd.DataFrame) -> pd.DataFrame:
    """One row per alert and pair of its shops: class, and both rows, the smaller first."""
    shops = named[["alert", "class", "row"]].reset_index(drop=True)
    many = shops.groupby("alert")["row"].transform("size") > MOST_SHOPS
    few = shops[~many].reset_index()
    every = few.merge(few, on=["alert", "class"], suffixes=("", "_b"))
    every = every[every["index"] < every["index_b"]]
    chain = shops[many].assign(row_b=shops[many].groupby("alert")["row"].shift(-1)).dropna(subset="row_b")
    both = pd.concat([one[["class", "row", "row_b"]] for one in (every, chain)], ignore_index=True)
    rows = np.sort(both[["row", "row_b"]].to_numpy(dtype=float), axis=1).astype(np.intp)
    return pd.DataFrame({"class": both["class"], "first": rows[:, 0], "second": rows[:, 1]})


def _said(data: MapData, pairs: pd.DataFrame) -> pd.DataFrame:
    """Shops by name; never the code or the buyer that joins them."""
    numbers, names = (data.shops[one].astype("str").to_numpy() for one in ("license_no", "name"))
    kinds = pairs["class"].tolist()
    first, second = pairs["first"].tolist(), pairs["second"].tolist()
    rows = list(zip(kinds, first, second, strict=True))
    return pd.DataFrame(
        {
            "id": [f"link:{kind}:{numbers[a]}:{numbers[b]}" for kind, a, b in rows],
            "name": [f"{_NAMES[kind]}两处：{names[a]} — {names[b]}" for kind, a, b in rows],
            "class": kinds,
            "weight": pairs["weight"].to_numpy(dtype=float),
        }
    )


def _fine(data: MapData, together: int) -> str:
    if data.alerts.levels_only:
        return "各部门合计的地图不示串联"
    more = f"；{together} 对在同一处，画不出" if together else ""
    return f"只含派发给本部门的预警{more}"
