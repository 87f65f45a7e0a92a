"""未结预警（按主办部门）：the viewer's own at their shops, all others as one symbol in each area."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import shapely

from layers.colours import Mark
from layers.contract import About
from layers.drawn import Drawn
from layers.elements import Paint
from yaotong.departments import departments
from yaotong.reads.map import MapData

ABOUT = About("未结预警 · 按主办部门", ("right",), "overlay", 52)
# In the order of the departments; those beyond the fourth share the last look.
_LOOKS = (
    ("#0f5f86", "circle"),
    ("#d9661f", "diamond"),
    ("#7a4b9a", "triangle"),
    ("#1f2933", "square"),
    ("#8a6d3b", "cross"),
)
SEVERAL = "several"
_SHOP_RADIUS, _AREA_RADIUS = 5.5, 11.0
_COLUMNS = ["id", "name", "class", "weight", "lon", "lat"]


def features(data: MapData, category: str) -> Drawn:
    """`class`: shop_ or area_ and who leads; `weight`: how many open alerts."""
    both = pd.concat([_shops(data), _areas(data)], ignore_index=True)
    fine = "各部门合计，按区域计数" if data.alerts.levels_only else ""
    return Drawn(both.astype({"weight": float, "lon": float, "lat": float}), fine_zh=fine)


def draw() -> Paint:
    """One shape and colour for each department; a ring where several lead."""
    note = "小：派发给本部门的，画在药店；大：其余的，按区域计数，画在区域内。一条涉及几处的，各处都计"
    marks = (*_marks("shop", "", _SHOP_RADIUS), *_marks("area", "（按区域）", _AREA_RADIUS))
    return Paint("class", "未结预警的主办部门", classes=marks, note_zh=note)


def _marks(kind: str, where: str, radius: float) -> Iterable[Mark]:
    for number, (one, department) in enumerate(departments().items()):
        colour, shape = _LOOKS[min(number, len(_LOOKS) - 1)]
        yield Mark(f"{kind}_{one}", f"{department.short_zh}主办{where}", colour, shape, radius)
    yield Mark(f"{kind}_{SEVERAL}", f"几个部门分别主办{where}", "#8e1b14", "ring", radius)


def _shops(data: MapData) -> pd.DataFrame:
    """Located shops that alerts of the viewer name, with who leads these."""
    own = data.alerts.own
    if data.alerts.levels_only or own.empty:
        return pd.DataFrame(columns=_COLUMNS)
    named = own[["lead", "shops"]].explode("shops").dropna(subset="shops")
    told = _told("shop", named.groupby(["shops", "lead"]).size())
    shops = data.shops.set_index("license_no")[["name", "lon", "lat"]].dropna()
    found = told.join(shops, how="inner")
    names = found["name"].astype(str) + "：" + found["said"]
    return found.assign(id="shop:" + found.index.astype(str), name=names)[_COLUMNS]


def _areas(data: MapData) -> pd.DataFrame:
    """Areas that other alerts reach into, or own ones that may not be told by shop, at a place inside."""
    others = data.alerts.by_area
    others = others[~others["is_own"].astype(bool)]
    own = data.alerts.own
    hidden = own.loc[own["shops"].map(len).eq(0).to_numpy(dtype=bool), ["lead", "areas"]]
    hidden = hidden.explode("areas").dropna().rename(columns={"areas": "area_code"}).assign(alerts=1)
    if data.alerts.levels_only:
        hidden = hidden.iloc[:0]
    all_of = pd.concat([others[["area_code", "lead", "alerts"]], hidden], ignore_index=True)
    told = _told("area", all_of.groupby(["area_code", "lead"])["alerts"].sum())
    areas = data.areas.set_index("area_code").loc[lambda one: ~one.geometry.is_empty & one.geometry.notna()]
    found = told.join(areas[["area_name", "geometry"]], how="inner")
    places = shapely.point_on_surface(found["geometry"].to_numpy())
    lon, lat = np.asarray(shapely.get_x(places)), np.asarray(shapely.get_y(places))
    names = found["area_name"].astype(str) + "：" + found["said"]
    return found.assign(id="desk:" + found.index.astype(str), name=names, lon=lon, lat=lat)[_COLUMNS]


def _told(kind: str, counts: pd.Series) -> pd.DataFrame:
    """From alerts by place and lead to one row per place: class, weight and what is said."""
    known = departments()
    order = {one: number for number, one in enumerate(known)}
    short = {one: department.short_zh for one, department in known.items()}
    frame = counts.rename("weight").reset_index().set_axis(["place", "lead", "weight"], axis=1)
    frame = frame[frame["weight"] > 0].assign(rank=lambda one: one["lead"].map(order))
    frame = frame.sort_values(["place", "rank", "lead"])
    words = frame["lead"].map(short).fillna(frame["lead"]).astype(str)
    frame["said"] = words + " " + frame["weight"].astype(int).astype(str)
    repeated = frame["place"].duplicated(keep=False)
    alone, several = frame[~repeated], frame[repeated].groupby("place")
    joined = pd.DataFrame(
        {"lead": SEVERAL, "weight": several["weight"].sum(), "said": several["said"].agg("、".join)}
    )
    told = pd.concat([alone.set_index("place")[["lead", "weight", "said"]], joined]).sort_index()
    return told.assign(**{"class": f"{kind}_" + told["lead"].astype(str)})
