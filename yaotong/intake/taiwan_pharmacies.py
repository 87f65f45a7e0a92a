"""Outlets of Taiwan's mask programme, 2020: the register in a file that tells stock; coordinates apart."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from shapely.geometry.base import BaseGeometry

from yaotong.intake.checks.places import degrees_of
from yaotong.intake.core.companions import companion
from yaotong.intake.core.profile import Prepared, Profile
from yaotong.intake.core.source import GEOMETRY

_ID = "醫事機構代碼"
_PHARMACY = "59"  # how the institution code of every pharmacy begins
_KINDS = {"01": "hospital", "02": "hospital", "21": "health_centre", "23": "health_centre"}


def with_points(frame: pd.DataFrame, path: Path) -> Prepared:
    """Join the coordinates by institution code, and tell pharmacies from the other outlets."""
    points = companion(path, "points.json", ("id", GEOMETRY)).drop_duplicates("id").set_index("id")[GEOMETRY]
    found = frame[_ID].map(points)
    lon, lat = degrees_of([one if isinstance(one, BaseGeometry) else None for one in found])
    kinds = frame[_ID].str.slice(0, 2).map({_PHARMACY: "pharmacy", **_KINDS})
    prepared = frame.assign(
        lon=lon.set_axis(frame.index),
        lat=lat.set_axis(frame.index),
        kind=kinds.astype("str").fillna("other"),
    )
    return prepared, (f"{int(prepared['lon'].isna().sum()):,} 家没有坐标。",)


PROFILE = Profile(
    id="taiwan_pharmacies",
    feed="pharmacies",
    title_zh="台湾特约药局与卫生所（2020）",
    cadence="once",
    licence="Open Government Data License 1.0; the copy at hand is for tests only",
    credit="衛生福利部中央健康保險署",
    signature=(_ID, "醫事機構名稱", "醫事機構地址", "醫事機構電話"),
    columns={
        _ID: "license_no",
        "醫事機構名稱": "name",
        "醫事機構地址": "address",
        "醫事機構電話": "phone",
        "lon": "lon",
        "lat": "lat",
        "kind": "kind",
    },
    constants={"crs": "wgs84"},
    ignored=("成人口罩剩餘數", "兒童口罩剩餘數", "來源資料時間"),  # read by taiwan_stock
    relax=("lon", "lat"),
    prepare=with_points,
)
