"""The dual map of the example: pills per head beside the outlets that stand out, with their reasons."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from layers.colours import DISC, NOTHING, RISK, TEAL, Mark
from layers.contract import About, Layer, layers
from layers.drawn import Drawn
from layers.elements import Paint
from layers.features import area_features, few, shop_features
from layers.panel import area_panel, overview, shop_panel
from layers.standalone import standalone_page
from yaotong.codes import Level
from yaotong.reads.map import SPECIAL, MapData, read_map
from yaotong.viewer import SYSTEM
from yaotong.workspace import Workspace

_UNKNOWN = "无数据（未知，不等于低）"
_CLASSES = (
    Mark("three", "三项突出", "#8e1b14", "diamond", 9.0),
    Mark("two", "两项突出", "#d9661f", "square", 7.5),
    Mark("one", "一项突出", "#dba106", "triangle", 7.0),
    Mark("none", "没有突出", "#8b949e", "circle", 3.0),
    Mark("unknown", "类型不明或非零售，不参与比较", "#5b3f86", "ring", 5.0),
)
_BY_FLAGS = {0: "none", 1: "one", 2: "two", 3: "three"}
_LEVELS = {1: "yellow", 2: "orange", 3: "red"}


def draw_map(workspace: Workspace, outlets: pd.DataFrame, state: str, out: Path) -> None:
    """Write the map of one state to one file."""
    data = _only(read_map(workspace, SYSTEM), outlets, state)
    told = {f"panel/shop/{row['license_no']}": _shop(data, row) for row in outlets.to_dict("records")}
    told |= {f"panel/area/{one}": _area(data, one, outlets) for one in data.areas["area_code"]}
    told["panel/overview"] = overview(data) | {
        "rate_zh": "片/人",
        "fine_zh": "红橙黄为三项、两项、一项比较突出的药店数。数量为配送到店的片数，不是售出的片数。",
        "areas": [_line(one, data, outlets) for one in overview(data)["areas"]],
    }
    out.write_text(standalone_page(data, _layers(outlets), told), "utf-8")


def _only(data: MapData, outlets: pd.DataFrame, state: str) -> MapData:
    """The picture of one state: its counties, the outlets compared, shipments instead of sales."""
    areas = data.areas[data.areas["area_code"].str.startswith(state)].reset_index(drop=True)
    volume = outlets.set_index("license_no")["volume"]
    shops = data.shops[data.shops["license_no"].isin(volume.index)].copy()
    county = outlets.set_index("license_no")["county_code"]
    shops["area_code"] = shops["license_no"].map(county)
    shops["reporting"] = "current"
    counted = shops.groupby("area_code").size()
    areas["shops"] = areas["area_code"].map(counted).fillna(0).astype(int)
    areas["shops_reporting"] = areas["shops"]
    for level in Level:
        named = shops["license_no"].map(outlets.set_index("license_no")["flags"]).map(_LEVELS) == str(level)
        areas[str(level)] = (
            areas["area_code"].map(shops[named].groupby("area_code").size()).fillna(0).astype(int)
        )
    packs = pd.DataFrame({"license_no": volume.index, "category": SPECIAL, "packs": volume.to_numpy()})
    return MapData(
        as_of=None,
        since=None,
        data_version=data.data_version,
        title=data.title,
        synthetic=False,
        categories={SPECIAL: "阿片类口服制剂"},
        areas=areas,
        shops=shops.reset_index(drop=True),
        packs=packs,
        alerts=data.alerts,
    )


def _layers(outlets: pd.DataFrame) -> dict[str, Layer]:
    """Four layers of our own, by the same contract as the program's."""
    flags = outlets.set_index("license_no")
    made: list[tuple[str, About, Callable[[MapData, str], Drawn], Paint]] = [
        ("per_head", About("人均片数", ("left",), "ground", 12, ("left",)), lambda data, _: _per_head(data),
         Paint("fill", "每人每年片数", palette=TEAL, nothing=NOTHING, unit="片/人", unknown_zh=_UNKNOWN,
               few_zh="药店少于 20 家，比率不稳定")),
        ("volume", About("药店 · 年均片数", ("left",), "shops", 42), lambda data, _: _volume(data, flags),
         Paint("bubble", "近三年年均片数", palette=(DISC,), unit="片", unknown_zh="无数据", zero_zh="0 片")),
        ("named", About("突出药店所占", ("right",), "ground", 20, ("right",)), lambda data, _: _named(data),
         Paint("fill", "每十家药店中突出的", palette=RISK, nothing=NOTHING, unit="家/十家", zero_zh="0",
               unknown_zh=_UNKNOWN, few_zh="药店少于 20 家，比率不稳定")),
        ("flags", About("药店 · 突出几项", ("right",), "shops", 40, ("right",)),
         lambda data, _: _flags(data, flags), Paint("class", "与人口、往年、邻店三种比较", classes=_CLASSES)),
    ]  # fmt: skip
    ours = {one: layers()[one] for one in ("borders", "names", "outlets")}
    return ours | {
        name: Layer(name, about, features, lambda paint=paint: paint)  # type: ignore[misc]
        for name, about, features, paint in made
    }


def _rates(data: MapData) -> dict[str, float | None]:
    place = data.shops.set_index("license_no")["area_code"]
    summed = data.packs.groupby(data.packs["license_no"].map(place))["packs"].sum()
    people = data.areas.set_index("area_code")["population"]
    return {
        one: None
        if one not in summed.index or pd.isna(people[one]) or not people[one]
        else float(summed[one] / people[one])
        for one in data.areas["area_code"]
    }


def _filled(data: MapData, values: list[float | None]) -> Drawn:
    told = np.array([np.nan if one is None else one for one in values])
    return area_features(data, {"value": told, "few": few(data.areas["shops"])}, leaves=False)


def _per_head(data: MapData) -> Drawn:
    return _filled(data, list(_rates(data).values()))


def _named(data: MapData) -> Drawn:
    shares: list[float | None] = []
    for area in data.areas.to_dict("records"):
        named = sum(int(area[level]) for level in _LEVELS.values())
        shares.append(10.0 * named / int(area["shops"]) if area["shops"] else None)
    return _filled(data, shares)


def _volume(data: MapData, flags: pd.DataFrame) -> Drawn:
    volume = data.shops["license_no"].map(flags["volume"]).to_numpy(dtype=float)
    return shop_features(data, {"value": volume})


def _flags(data: MapData, flags: pd.DataFrame) -> Drawn:
    classes = [_class(flags.loc[one]) for one in data.shops["license_no"]]
    return shop_features(data, {"class": classes})


def _class(row: pd.Series) -> str:
    return _BY_FLAGS[int(row["flags"])] if row["outlet"] == "retail" else "unknown"


def _shop(data: MapData, row: dict[str, Any]) -> dict[str, Any]:
    panel = shop_panel(data, row["license_no"])
    told = row["reasons"].split("；") if row["reasons"] and row["outlet"] == "retail" else []
    level = _LEVELS.get(int(row["flags"]), "blue")
    return panel | {
        "alerts_zh": "突出之处",
        "alerts": [
            {"level": level, "level_zh": "线索", "title": one, "text": "", "days": ""} for one in told
        ],
        "none_zh": "没有突出之处。" if row["outlet"] == "retail" else "类型不明或非零售，不参与比较。",
        "facts": [
            ["登记号", row["license_no"]],
            ["地址", row["address"]],
            ["县", row["county"]],
            ["近三年年均", f"{row['volume']:,.0f} 片（配送到店）"],
        ],
    }


def _area(data: MapData, code: str, outlets: pd.DataFrame) -> dict[str, Any]:
    rate = _rates(data)[code]
    panel = area_panel(data, code)
    mine = outlets[outlets["county_code"] == code]
    people = data.areas.set_index("area_code")["population"][code]
    return panel | {
        "alerts_zh": "突出药店",
        "none_zh": f"{int((mine['flags'] > 0).sum())} 家药店至少一项突出，见下。",
        "facts": [
            ["人口", "不详" if pd.isna(people) else f"{int(people):,} 人"],
            ["每人每年", "无数据（未知）" if rate is None else f"{rate:.1f} 片"],
        ],
    }


def _line(one: dict[str, Any], data: MapData, outlets: pd.DataFrame) -> dict[str, Any]:
    return one | {"rate": _rates(data).get(one["id"].removeprefix("area:"))}
