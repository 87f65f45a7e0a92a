"""What the side panel says of a shop, an area or the whole region, as plain data without markup."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from layers.colours import LEVEL_ZH
from layers.features import few, packs_by_area, rates_per_1000
from yaotong.errors import NotFound
from yaotong.reads.map import SILENT_DAYS, SPECIAL, WINDOW_DAYS, MapData

# Address of a page by kind ("pharmacy", "alert") and id; None where there is no server behind the map.
Link = Callable[[str, str], str | None]
Panel = dict[str, Any]

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
        "shops": [_shop_line(shop) for _, shop in _gravest_first(shops).iterrows()],
    }


def overview(data: MapData) -> Panel:
    """Every leaf area with its main figures, most alerts first; those without data stand apart at the end."""
    rates = rates_per_1000(data)
    leaves = data.leaves.sort_values(list(LEVEL_ZH), ascending=False, kind="stable")
    known = leaves["shops_reporting"] > 0
    lines = [_area_line(area, rates) for _, area in [*leaves[known].iterrows(), *leaves[~known].iterrows()]]
    return {
        "shops": len(data.shops),
        "silent": int((data.shops["reporting"] == "silent").sum()),
        "never": int((data.shops["reporting"] == "never").sum()),
        "outside": int(data.shops["area_code"].isna().sum()),
        "window_days": WINDOW_DAYS,
        "levels_zh": [[level, name] for level, name in LEVEL_ZH.items()],  # in order, whatever sorts keys
        "areas": lines,
    }


def _area_line(area: pd.Series, rates: Mapping[str, Mapping[str, float | None]]) -> dict[str, Any]:
    return {
        "id": f"area:{area['area_code']}",
        "name": str(area["area_name"]),
        "shops": int(area["shops"]),
        "known": bool(area["shops_reporting"] > 0),
        "rate": rates[area["area_code"]][SPECIAL],
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
    packs, rates = packs_by_area(data)[area["area_code"]], rates_per_1000(data)[area["area_code"]]
    named = {one: name for one, name in data.categories.items() if one == SPECIAL or packs[one]}
    facts += [[f"{name}每千人", _rate(rates[one], packs[one])] for one, name in named.items()]
    return facts


def _rate(rate: float | None, packs: float | None) -> str:
    if rate is None:
        return "无数据（未知）"
    return f"{_number(rate)} 盒" + ("（例数少）" if few(packs) else "")


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
