"""What the side panel says of a shop, an area or the whole region, as plain data without markup."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import shapely

from layers.colours import LEVEL_ZH
from layers.features import area_packs, few, per_residents
from layers.geojson import GRID_DEG
from yaotong.errors import NotFound
from yaotong.reads.map import SILENT_DAYS, SPECIAL, WINDOW_DAYS, MapData

# Address of a page by kind ("pharmacy", "alert") and id; None where there is no server behind the map.
Link = Callable[[str, str], str | None]
Panel = dict[str, Any]

MOST_AREAS = 200
MOST_SHOPS = 200

_KINDS = {"chain_store": "连锁门店", "single": "单体药店"}
_REPORTING = {
    "current": "正常上报",
    "silent": f"停报：{SILENT_DAYS} 天以上无销售数据",
    "never": "从未上报（未知）",
}


def no_links(_kind: str, _key: str) -> None:
    """The Link of a page that stands alone."""


def shop_panel(data: MapData, license_no: str, link: Link) -> Panel:
    """Registry facts, packs, the department's alerts. NotFound when the viewer has no such shop."""
    found = data.shops[data.shops["license_no"] == license_no]
    if found.empty:
        raise NotFound(f"没有药店 {license_no}，或不在您的辖区内。")
    shop = found.iloc[0]
    area = shop["area_code"]
    return {
        "id": f"shop:{license_no}",
        "kind_zh": "药店",
        "title": str(shop["name"]),
        "href": link("pharmacy", license_no),
        "area": None if pd.isna(area) else {"id": f"area:{area}", "name": _text(shop["area_name"])},
        "facts": _shop_facts(shop) + _packs(data, license_no, str(shop["reporting"])),
        "alerts": _alerts(data.alerts.of_shop(license_no), link, data.alerts.levels_only),
        "others": [],
        "none_zh": _none(data),
        "notes": [],
        **_place_of_shop(data, shop),
    }


def area_panel(data: MapData, area_code: str, link: Link) -> Panel:
    """Figures of an area, its alerts, and its shops with the gravest first."""
    found = data.areas[data.areas["area_code"] == area_code]
    if found.empty:
        raise NotFound(f"没有区域 {area_code}，或不在您的辖区内。")
    area = found.iloc[0]
    shops = data.shops[data.shops["area_code"] == area_code]
    others = data.alerts.others(area_code)
    return {
        "id": f"area:{area_code}",
        "kind_zh": "区域",
        "title": str(area["area_name"]),
        "href": None,
        "area": None,
        "facts": _area_facts(data, area),
        "alerts": _alerts(data.alerts.of_area(area_code), link, data.alerts.levels_only),
        "none_zh": _none(data),
        "others": [{"level": level, "level_zh": LEVEL_ZH[level], "count": n} for level, n in others.items()],
        "notes": [note for note in (_text(area["note"]),) if note],
        "shops": [_shop_line(shop) for _, shop in _gravest_first(shops).head(MOST_SHOPS).iterrows()],
        "more": max(0, len(shops) - MOST_SHOPS),
        **_place_of_area(area),
    }


def overview(data: MapData) -> Panel:
    """Every leaf area with its main figures, most alerts first; those without data stand apart at the end."""
    leaves = data.leaves.assign(rate=per_residents(data, area_packs(data, SPECIAL), 1000.0))
    leaves = leaves.sort_values(list(LEVEL_ZH), ascending=False, kind="stable")
    known = leaves["shops_reporting"] > 0
    # With very many areas only the gravest are told here; the table has them all.
    told = pd.concat([leaves[known], leaves[~known]]).head(MOST_AREAS)
    lines = [_area_line(area) for _, area in told.iterrows()]
    return {
        "shops": len(data.shops),
        "silent": int((data.shops["reporting"] == "silent").sum()),
        "never": int((data.shops["reporting"] == "never").sum()),
        "outside": int(data.shops["area_code"].isna().sum()),
        "window_days": WINDOW_DAYS,
        "levels_zh": [[level, name] for level, name in LEVEL_ZH.items()],  # in order, whatever sorts keys
        "areas": lines,
        "more": len(leaves) - len(lines),
    }


def _place_of_shop(data: MapData, shop: pd.Series) -> dict[str, Any]:
    """Where to draw the choice: the shop, and the outline of the area it lies in."""
    place = None if pd.isna(shop["lon"]) or pd.isna(shop["lat"]) else [float(shop["lat"]), float(shop["lon"])]
    around = data.areas[data.areas["area_code"] == shop["area_code"]]
    return {"place": place, "shape": None if around.empty else _outline(around.geometry.iloc[0])}


def _place_of_area(area: pd.Series) -> dict[str, Any]:
    inner = shapely.point_on_surface(area["geometry"])
    return {"place": [inner.y, inner.x], "shape": _outline(area["geometry"])}


def _outline(shape: Any) -> dict[str, Any]:
    """GeoJSON of an outline, drawn and not measured: a thousandth of its extent is left out."""
    west, south, east, north = shapely.bounds(shape)
    slack = max(east - west, north - south) / 1000.0
    simple = shapely.set_precision(shapely.simplify(shape, slack), GRID_DEG)
    mapped: dict[str, Any] = shapely.geometry.mapping(simple if not simple.is_empty else shape)
    return mapped


def _area_line(area: pd.Series) -> dict[str, Any]:
    return {
        "id": f"area:{area['area_code']}",
        "name": str(area["area_name"]),
        "shops": int(area["shops"]),
        "known": bool(area["shops_reporting"] > 0),
        "rate": None if pd.isna(area["rate"]) else float(area["rate"]),
        "levels": _levels(area),
    }


def _shop_facts(shop: pd.Series) -> list[list[str]]:
    last = shop["last_sold_on"]
    return [
        ["许可证号", str(shop["license_no"])],
        ["地址", _text(shop["address"])],
        ["所在区域", _text(shop["area_name"]) or "在已知区域之外"],
        ["类型", _KINDS.get(str(shop["kind"]), "未登记")],
        *([["连锁", _text(shop["chain"])]] if _text(shop["chain"]) else []),
        ["医保定点", _yes(shop["insurance_designated"])],
        ["数据", _REPORTING[str(shop["reporting"])]],
        ["最近销售", "无" if pd.isna(last) else last.isoformat()],
    ]


def _packs(data: MapData, license_no: str, reporting: str) -> list[list[str]]:
    if reporting == "never":
        return [[f"近 {WINDOW_DAYS} 天特药", "无数据（未知）"]]
    mine = data.packs[data.packs["license_no"] == license_no].set_index("category")["packs"]
    named = [one for one in data.categories if one in mine.index and mine[one] != 0]
    rows = [[data.categories[one], f"{_number(mine[one])} 盒"] for one in named if one != SPECIAL]
    return [[f"近 {WINDOW_DAYS} 天特药", f"{_number(mine.get(SPECIAL, 0.0))} 盒"], *rows]


def _area_facts(data: MapData, area: pd.Series) -> list[list[str]]:
    people = area["population"]
    facts = [
        ["常住人口", "不详" if pd.isna(people) else f"{int(people):,} 人"],
        ["药店", f"{int(area['shops'])} 家"],
        [f"近 {WINDOW_DAYS} 天有数据", f"{int(area['shops_reporting'])} 家"],
        ["未结预警", "、".join(f"{LEVEL_ZH[one]} {n}" for one, n in _levels(area).items() if n) or "0 条"],
    ]
    if not area["is_leaf"]:
        return [facts[0]]
    for one, name in data.categories.items():
        packs = _packs_of(data, area, one)
        if one == SPECIAL or packs > 0:
            facts.append([f"{name}每千人", _rate(packs, area["population"])])
    return facts


def _packs_of(data: MapData, area: pd.Series, category: str) -> float:
    """Packs of a category in one area within the window; NaN where no shop reported."""
    if not area["shops_reporting"]:
        return float("nan")
    inside = data.shops.loc[data.shops["area_code"] == area["area_code"], "license_no"]
    mine = data.packs[(data.packs["category"] == category) & data.packs["license_no"].isin(inside)]
    return float(mine["packs"].sum())


def _rate(packs: float, people: Any) -> str:
    if pd.isna(packs) or pd.isna(people) or people <= 0:
        return "无数据（未知）"
    return f"{_number(1000.0 * packs / float(people))} 盒" + ("（例数少）" if few(packs) else "")


def _alerts(alerts: pd.DataFrame, link: Link, levels_only: bool) -> list[dict[str, Any]]:
    return [
        {
            "level": str(one["level"]),
            "level_zh": LEVEL_ZH[str(one["level"])],
            "days": f"{one['first_day']:%Y-%m-%d} 至 {one['last_day']:%Y-%m-%d}",
            **({"title": "未结预警", "text": "", "part_zh": ""} if levels_only else _told(one, link)),
        }
        for _, one in alerts.iterrows()
    ]


def _told(one: pd.Series, link: Link) -> dict[str, Any]:
    return {
        "id": str(one["alert_id"]),
        "title": str(one["rule_zh"]),
        "text": str(one["reason_zh"]),
        "part_zh": "主办" if one["part"] == "lead" else "协办",
        "href": link("alert", str(one["alert_id"])),
    }


def _none(data: MapData) -> str:
    return "没有未结预警。" if data.alerts.levels_only else "没有派发给本部门的未结预警。"


def _gravest_first(shops: pd.DataFrame) -> pd.DataFrame:
    ranks = {level: rank for rank, level in enumerate(LEVEL_ZH)}
    order = shops["worst"].map(ranks).fillna(len(ranks))
    return shops.assign(order=order).sort_values(["order", "license_no"])


def _shop_line(shop: pd.Series) -> dict[str, Any]:
    worst = None if pd.isna(shop["worst"]) else str(shop["worst"])
    return {
        "id": f"shop:{shop['license_no']}",
        "name": str(shop["name"]),
        "level": worst,
        "level_zh": LEVEL_ZH[worst] if worst else None,
        "state_zh": "" if shop["reporting"] == "current" else _REPORTING[str(shop["reporting"])],
    }


def _levels(area: pd.Series) -> dict[str, int]:
    return {level: int(area[level]) for level in LEVEL_ZH}


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]


def _yes(value: object) -> str:
    return "未登记" if pd.isna(value) else "是" if value else "否"  # type: ignore[call-overload]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
