"""A report's dual map: shops and alerts of each town of the viewer's area, beside one another."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import shapely

from yaotong.errors import NotFound
from yaotong.reads.map_registers import read_registers
from yaotong.reads.report_material import Material
from yaotong.reports.model import DualMap, Ground, Section

# What is smaller than this share of the longer side is not seen on paper.
_FINE = 0.004
# A country's towns are no picture on half a page.
_MOST = 400
_SHOWN_ONLY = "边界取自上报的区域数据，仅作示意；公开使用前须依法送审并标注审图号。"


def map_section(one: Material) -> Section:
    """Pharmacies in business (distribution) beside alerts by their day of behaviour (risk), by town."""
    with one.workspace.store.read() as connection:
        try:
            seen = read_registers(one.workspace, connection, one.version, one.viewer, None)
        except NotFound:  # areas that were there and are not any more
            return Section("双地图", notes=("辖区没有边界数据，本报告不附图。",))
    towns = seen.areas[seen.areas["is_leaf"] & ~seen.areas.geometry.is_empty].reset_index(drop=True)
    if towns.empty:
        return Section("双地图", notes=("辖区没有边界数据，本报告不附图。",))
    if len(towns) > _MOST:
        return Section("双地图", notes=(f"镇街超过 {_MOST} 个，纸上看不清，请在双地图页面查看。",))
    codes = [str(code) for code in towns["area_code"]]
    shops = Counter(str(code) for code in one.own_shops["area_code"].dropna())
    alerts = Counter(
        story.area_code for story in one.told if one.period.first <= story.last_day <= one.period.last
    )
    sides = (
        ("在营药店", "家", tuple(float(shops[code]) for code in codes)),
        ("预警（行为日）", "条", tuple(float(alerts[code]) for code in codes)),
    )
    grounds = _grounds([str(name) for name in towns["area_name"]], towns.geometry.to_numpy())
    return Section("双地图", charts=(DualMap("分布与风险", grounds, sides),), notes=(_approval(one),))


def _approval(one: Material) -> str:
    """The review number of the outlines, where the settings have one."""
    numbers = [
        base.review_no for base in one.workspace.settings.basemaps if base.kind == "areas" and base.review_no
    ]
    return f"审图号：{numbers[0]}" if numbers else _SHOWN_ONLY


def _grounds(names: list[str], shapes: Any) -> tuple[Ground, ...]:
    """Outlines in a plane that is true to shape at the middle of the area, shared borders kept shared."""
    west, south, east, north = shapely.total_bounds(shapes)
    wide = math.cos(math.radians((south + north) / 2))
    size = max((east - west) * wide, north - south) or 1.0

    def flat(points: Any) -> Any:
        return np.column_stack(((points[:, 0] - west) * wide, north - points[:, 1])) / size

    plane = shapely.transform(shapes, flat)
    whole = bool(shapely.coverage_is_valid(plane))
    plain = shapely.coverage_simplify(plane, _FINE) if whole else shapely.simplify(plane, _FINE)
    return tuple(
        Ground(name, _point(shapely.point_on_surface(shape)), _rings(shape))
        for name, shape in zip(names, plain, strict=True)
    )


def _point(point: Any) -> tuple[float, float]:
    return round(float(point.x), 4), round(float(point.y), 4)


def _rings(shape: Any) -> tuple[tuple[tuple[float, float], ...], ...]:
    """The outer rings: what lies within a hole is another area, and is drawn upon this one."""
    rings = [part.exterior for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return tuple(tuple((round(x, 4), round(y, 4)) for x, y in ring.coords[:-1]) for ring in rings)
