"""Outlets of Taiwan's mask programme, 2020: register and stock in one file, coordinates in another."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
from shapely.geometry.base import BaseGeometry

from yaotong.errors import FileRefused
from yaotong.intake.checks.distinct import distinct
from yaotong.intake.checks.moments import parse_moments
from yaotong.intake.checks.numbers import read_numbers
from yaotong.intake.checks.places import degrees_of
from yaotong.intake.core.companions import companion
from yaotong.intake.core.limits import Limits
from yaotong.intake.core.profile import Prepared, Profile
from yaotong.intake.core.source import GEOMETRY, strings
from yaotong.intake.formats.opening import open_source

_ID, _COUNTED = "醫事機構代碼", "來源資料時間"
_ITEMS = {"成人口罩剩餘數": "adult_mask", "兒童口罩剩餘數": "child_mask"}
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


def stock(path: Path) -> pd.DataFrame:
    """What each outlet had left: license_no, item, quantity (pieces), counted_at (naive local time).

    Raises:
        FileRefused: the file has not these columns, or one of its numbers or times cannot be read.
    """
    frame = open_source(path, Limits(), (_ID, *_ITEMS)).frame
    lacking = [name for name in (_ID, _COUNTED, *_ITEMS) if name not in frame.columns]
    if lacking:
        raise FileRefused("missing_column", f"{path.name} 缺少列：{'、'.join(lacking)}。")
    long = frame.melt([_ID, _COUNTED], list(_ITEMS), "item", "quantity")
    counted, quantity = (distinct(strings(long[name])) for name in (_COUNTED, "quantity"))
    moments, bad = parse_moments(counted.values)
    numbers = read_numbers(quantity.values, (0, 1e9), whole=True)
    if bad.any() or counted.missing.any() or quantity.missing.any() or numbers.typed.null_count:
        raise FileRefused("bad_schema", f"{path.name} 里有读不出的库存数或时间。")
    return pd.DataFrame(
        {
            "license_no": long[_ID],
            "item": long["item"].map(_ITEMS),
            "quantity": quantity.spread(numbers.typed).to_pandas(),
            "counted_at": counted.spread(pa.array(moments)).to_pandas(),
        }
    )


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
    ignored=(*_ITEMS, _COUNTED),  # stock is read by `stock`
    relax=("lon", "lat"),
    prepare=with_points,
)
