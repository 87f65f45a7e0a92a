"""What the side panel says of a shop, an area or the whole region, as plain data without markup."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import shapely

from layers.colours import LEVEL_ZH
from layers.features import area_packs, few, per_residents
from layers.geojson import GRID_DEG
from layers.speech import Say, as_written
from yaotong.errors import NotFound
from yaotong.reads.map import SILENT_DAYS, SPECIAL, WINDOW_DAYS, MapData

# Address of a page by kind ("pharmacy", "alert") and id; None where there is no server behind the map.
Link = Callable[[str, str], str | None]
Panel = dict[str, Any]
Facts = list[list[str]]

MOST_AREAS = 200
MOST_SHOPS = 200

_KINDS = {"chain_store": "连锁门店", "single": "单体药店"}
_REPORTING = {
    "current": "正常上报",
    "silent": "停报：{n} 天以上无销售数据",
    "never": "从未上报（未知）",
}


def no_links(_kind: str, _key: str) -> None:
    """The Link of a page that stands alone."""


@dataclass(frozen=True, slots=True)
class Teller:
    """Who tells: `link` knows addresses of pages, `say` puts a Chinese text into the reader's language."""

    link: Link = no_links
    say: Say = as_written

    def n(self, text: str, n: object) -> str:
        """A text with a number or a name in it: n("{n} 家", 3)."""
        return self.say(text).replace("{n}", str(n))


PLAIN = Teller()


def shop_panel(data: MapData, license_no: str, teller: Teller = PLAIN, *, outlined: bool = True) -> Panel:
    """Registry facts, packs, the department's alerts. NotFound when the viewer has no such shop.

    `outlined`: with the outline of the shop's area, which a page that holds the area's panel need not repeat.
    """
    found = data.shops[data.shops["license_no"] == license_no]
    if found.empty:
        raise NotFound(f"没有药店 {license_no}，或不在您的辖区内。")
    shop = found.iloc[0]
    area = shop["area_code"]
    return {
        "id": f"shop:{license_no}",
        "kind_zh": teller.say("药店"),
        "title": str(shop["name"]),
        "href": teller.link("pharmacy", license_no),
        "area": None if pd.isna(area) else {"id": f"area:{area}", "name": _text(shop["area_name"])},
        "facts": _shop_facts(shop, teller) + _packs(data, license_no, str(shop["reporting"]), teller),
        "alerts": _alerts(data.alerts.of_shop(license_no), teller, data.alerts.levels_only),
        "others": [],
        "none_zh": _none(data, teller),
        "notes": [],
        **_place_of_shop(data, shop, outlined),
    }


def area_panel(data: MapData, area_code: str, teller: Teller = PLAIN) -> Panel:
    """Figures of an area, its alerts, and its shops with the gravest first."""
    found = data.areas[data.areas["area_code"] == area_code]
    if found.empty:
        raise NotFound(f"没有区域 {area_code}，或不在您的辖区内。")
    area = found.iloc[0]
    shops = data.shops[data.shops["area_code"] == area_code]
    others = data.alerts.others(area_code)
    return {
        "id": f"area:{area_code}",
        "kind_zh": teller.say("区域"),
        "title": str(area["area_name"]),
        "href": None,
        "area": None,
        "facts": _area_facts(data, area, teller),
        "alerts": _alerts(data.alerts.of_area(area_code), teller, data.alerts.levels_only),
        "none_zh": _none(data, teller),
        "others": [
            {"level": level, "level_zh": teller.say(LEVEL_ZH[level]), "count": n}
            for level, n in others.items()
        ],
        "notes": [teller.say(note) for note in (_text(area["note"]),) if note],
        "shops": [_shop_line(shop, teller) for _, shop in _gravest_first(shops).head(MOST_SHOPS).iterrows()],
        "more": max(0, len(shops) - MOST_SHOPS),
        **_place_of_area(area),
    }


def inside_panel(data: MapData, box: tuple[float, float, float, float], teller: Teller = PLAIN) -> Panel:
    """Figures of the shops within west, south, east, north (degrees, WGS-84), the gravest listed first."""
    west, south, east, north = box
    within = data.shops["lon"].between(west, east) & data.shops["lat"].between(south, north)
    shops = data.shops[within]
    listed = _gravest_first(shops).head(MOST_SHOPS)
    return {
        "id": "inside",
        "kind_zh": teller.say("框选"),
        "title": teller.n("框内 {n} 家药店", f"{len(shops):,}"),
        "href": None,
        "area": None,
        "facts": _inside_facts(data, shops, teller),
        "alerts": None,
        "notes": [],
        "shops": [_shop_line(shop, teller) for _, shop in listed.iterrows()],
        "more": len(shops) - len(listed),
    }


def overview(data: MapData, teller: Teller = PLAIN) -> Panel:
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
        "levels_zh": [
            [level, teller.say(name)] for level, name in LEVEL_ZH.items()
        ],  # in order, whatever sorts keys
        "areas": lines,
        "more": len(leaves) - len(lines),
    }


def _place_of_shop(data: MapData, shop: pd.Series, outlined: bool) -> dict[str, Any]:
    """Where to draw the choice: the shop, and the outline of the area it lies in."""
    place = None if pd.isna(shop["lon"]) or pd.isna(shop["lat"]) else [float(shop["lat"]), float(shop["lon"])]
    if not outlined:
        return {"place": place}
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


def _shop_facts(shop: pd.Series, teller: Teller) -> Facts:
    say, last = teller.say, shop["last_sold_on"]
    return [
        [say("许可证号"), str(shop["license_no"])],
        [say("地址"), _text(shop["address"])],
        [say("所在区域"), _text(shop["area_name"]) or say("在已知区域之外")],
        [say("类型"), say(_KINDS.get(str(shop["kind"]), "未登记"))],
        *([[say("连锁"), _text(shop["chain"])]] if _text(shop["chain"]) else []),
        [say("医保定点"), say(_yes(shop["insurance_designated"]))],
        [say("数据"), _reporting(shop, teller)],
        [say("最近销售"), say("无") if pd.isna(last) else f"{last:%Y-%m-%d}"],
    ]


def _reporting(shop: pd.Series, teller: Teller) -> str:
    return teller.n(_REPORTING[str(shop["reporting"])], SILENT_DAYS)


def _packs(data: MapData, license_no: str, reporting: str, teller: Teller) -> Facts:
    title = teller.n("近 {n} 天特药", WINDOW_DAYS)
    if reporting == "never":
        return [[title, teller.say("无数据（未知）")]]
    mine = data.packs[data.packs["license_no"] == license_no].set_index("category")["packs"]
    named = [one for one in data.categories if one in mine.index and mine[one] != 0]
    packs = {one: teller.n("{n} 盒", _number(float(mine[one]))) for one in named}
    rows = [[teller.say(data.categories[one]), told] for one, told in packs.items() if one != SPECIAL]
    return [[title, packs.get(SPECIAL, teller.n("{n} 盒", 0))], *rows]


def _area_facts(data: MapData, area: pd.Series, teller: Teller) -> Facts:
    say, people = teller.say, area["population"]
    levels = [f"{say(LEVEL_ZH[one])} {n}" for one, n in _levels(area).items() if n]
    facts = [
        [say("常住人口"), say("不详") if pd.isna(people) else teller.n("{n} 人", f"{int(people):,}")],
        [say("药店"), teller.n("{n} 家", int(area["shops"]))],
        [teller.n("近 {n} 天有数据", WINDOW_DAYS), teller.n("{n} 家", int(area["shops_reporting"]))],
        [say("未结预警"), say("、").join(levels) or teller.n("{n} 条", 0)],
    ]
    if not area["is_leaf"]:
        return [facts[0]]
    for one, name in data.categories.items():
        packs = _packs_of(data, area, one)
        if one == SPECIAL or packs > 0:
            facts.append([teller.n("{n}每千人", say(name)), _rate(packs, area["population"], teller)])
    return facts


def _inside_facts(data: MapData, shops: pd.DataFrame, teller: Teller) -> Facts:
    say, count = teller.say, lambda one: teller.n("{n} 家", f"{int(one.sum()):,}")
    never = shops["reporting"] == "never"
    packs = data.packs[data.packs["license_no"].isin(shops["license_no"])]
    summed = packs.groupby("category")["packs"].sum()
    sold = [one for one in data.categories if one == SPECIAL or summed.get(one, 0.0)]
    unknown = say("无数据（未知）")
    known = len(shops) > 0 and not never.all()
    levels = [[say(name), count(shops["worst"] == level)] for level, name in LEVEL_ZH.items()]
    return [
        *[[say(name), count(shops["kind"] == kind)] for kind, name in _KINDS.items()],
        [say("医保定点"), count(shops["insurance_designated"].eq(True))],
        [say("停报药店"), count(shops["reporting"] == "silent")],
        [say("从未上报"), count(never)],
        *[[f"{say('最高未结预警')} {name}", told] for name, told in levels],
        *[
            [
                f"{teller.n('近 {n} 天', WINDOW_DAYS)} {say(data.categories[one])}",
                teller.n("{n} 盒", _number(float(summed.get(one, 0.0)))) if known else unknown,
            ]
            for one in sold
        ],
    ]


def _packs_of(data: MapData, area: pd.Series, category: str) -> float:
    """Packs of a category in one area within the window; NaN where no shop reported."""
    if not area["shops_reporting"]:
        return float("nan")
    inside = data.shops.loc[data.shops["area_code"] == area["area_code"], "license_no"]
    mine = data.packs[(data.packs["category"] == category) & data.packs["license_no"].isin(inside)]
    return float(mine["packs"].sum())


def _rate(packs: float, people: Any, teller: Teller) -> str:
    if math.isnan(packs) or pd.isna(people) or people <= 0:
        return teller.say("无数据（未知）")
    rate = teller.n("{n} 盒", _number(1000.0 * packs / float(people)))
    return rate + (teller.say("（例数少）") if few([packs])[0] else "")


def _alerts(alerts: pd.DataFrame, teller: Teller, levels_only: bool) -> list[dict[str, Any]]:
    unnamed = {"title": teller.say("未结预警"), "text": "", "part_zh": ""}
    return [
        {
            "level": str(one["level"]),
            "level_zh": teller.say(LEVEL_ZH[str(one["level"])]),
            "days": teller.say("{from} 至 {until}")
            .replace("{from}", f"{one['first_day']:%Y-%m-%d}")
            .replace("{until}", f"{one['last_day']:%Y-%m-%d}"),
            **(unnamed if levels_only else _told(one, teller)),
        }
        for _, one in alerts.iterrows()
    ]


def _told(one: pd.Series, teller: Teller) -> dict[str, Any]:
    return {
        "id": str(one["alert_id"]),
        "title": teller.say(str(one["rule_zh"])),
        "text": str(one["reason_zh"]),
        "part_zh": teller.say("主办" if one["part"] == "lead" else "协办"),
        "href": teller.link("alert", str(one["alert_id"])),
    }


def _none(data: MapData, teller: Teller) -> str:
    return teller.say("没有未结预警。" if data.alerts.levels_only else "没有派发给本部门的未结预警。")


def _gravest_first(shops: pd.DataFrame) -> pd.DataFrame:
    ranks = {level: rank for rank, level in enumerate(LEVEL_ZH)}
    order = shops["worst"].map(ranks).fillna(len(ranks))
    return shops.assign(order=order).sort_values(["order", "license_no"])


def _shop_line(shop: pd.Series, teller: Teller) -> dict[str, Any]:
    worst = None if pd.isna(shop["worst"]) else str(shop["worst"])
    return {
        "id": f"shop:{shop['license_no']}",
        "name": str(shop["name"]),
        "level": worst,
        "level_zh": teller.say(LEVEL_ZH[worst]) if worst else None,
        "state_zh": "" if shop["reporting"] == "current" else _reporting(shop, teller),
    }


def _levels(area: pd.Series) -> dict[str, int]:
    return {level: int(area[level]) for level in LEVEL_ZH}


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]


def _yes(value: object) -> str:
    return "未登记" if pd.isna(value) else "是" if value else "否"  # type: ignore[call-overload]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
