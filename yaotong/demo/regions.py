"""The regions a demo city may stand in: Pinghu, and its neighbour for what crosses the border.

Names and codes of counties and towns are real, everything else about them is schematic.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Town:
    """One town or street: residents, schematic centre (WGS-84), land area and its share of shops."""

    area_code: str
    area_name: str
    population: int
    lon: float
    lat: float
    area_km2: float
    shops_of_240: int
    spread_m: float


@dataclass(frozen=True)
class Region:
    """A county: names, codes, towns, an outline drawn by hand (WGS-84), and what its numbers begin with.

    `insurer` is the name of its insurance office, `office` how its first town is spelt, `licences` and
    `phones` what licence numbers and telephones begin with, `first_serial` from where the packs of its
    shops are numbered, `home` its place among the regions.
    """

    code: str
    name: str
    city_code: str
    insurer: str
    office: str
    licences: tuple[str, str]
    phones: str
    population: int
    towns: tuple[Town, ...]
    outline: tuple[tuple[float, float], ...]
    first_serial: int = 0
    home: int = 0

    def place(self, number: int) -> str:
        """The code of a town by its place."""
        return self.towns[number].area_code

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east and north with a margin: a shop outside has swapped or foreign coordinates."""
        lons, lats = zip(*self.outline, strict=True)
        return (
            round(min(lons) - 0.051, 2), round(min(lats) - 0.036, 2),
            round(max(lons) + 0.058, 2), round(max(lats) + 0.048, 2),
        )  # fmt: skip


# supervision.md §3.2 (names, codes, people, centres), §6.2 (240 shops by population). Areas in km² where
# §3.2 names none are rough. Two published lists disagree on 002 and 003: the statistical table of 2023
# has 002 钟埭 and 003 曹桥, another list has them the other way round; the statistical one is kept.
_PINGHU_TOWNS: tuple[Town, ...] = (
    Town("330482001", "当湖街道", 204_000, 121.013, 30.677, 49.0, 72, 1500.0),
    Town("330482002", "钟埭街道", 85_000, 121.000, 30.730, 58.0, 28, 1100.0),
    Town("330482003", "曹桥街道", 40_000, 120.965, 30.665, 40.0, 14, 700.0),
    Town("330482101", "乍浦镇", 83_527, 121.0911, 30.6058, 64.2, 30, 1000.0),
    Town("330482102", "新埭镇", 55_000, 121.060, 30.800, 76.1, 19, 900.0),
    Town("330482103", "新仓镇", 60_000, 121.180, 30.705, 57.6, 21, 900.0),
    Town("330482106", "广陈镇", 27_000, 121.140, 30.755, 55.0, 10, 800.0),
    Town("330482107", "林埭镇", 38_000, 121.090, 30.655, 55.0, 13, 800.0),
    Town("330482108", "独山港镇", 104_309, 121.210, 30.645, 102.4, 33, 1300.0),
)

_PINGHU_OUTLINE: tuple[tuple[float, float], ...] = (
    (120.972, 30.774), (120.958, 30.742), (120.964, 30.712), (120.953, 30.688), (120.951, 30.656),
    (120.962, 30.634), (120.990, 30.628), (121.016, 30.612), (121.040, 30.594), (121.066, 30.586),
    (121.096, 30.588), (121.122, 30.597), (121.150, 30.604), (121.182, 30.610), (121.214, 30.619),
    (121.243, 30.633), (121.262, 30.652), (121.258, 30.684), (121.240, 30.706), (121.222, 30.734),
    (121.200, 30.758), (121.178, 30.782), (121.146, 30.806), (121.112, 30.836), (121.076, 30.852),
    (121.040, 30.846), (121.014, 30.822), (120.994, 30.798),
)  # fmt: skip


PINGHU = Region(
    code="330482",
    name="平湖市",
    city_code="330400",
    insurer="嘉兴市医疗保障局平湖分局",
    office="danghu",
    licences=("浙", "0573"),
    phones="0573",
    population=671_326,  # census of 2020
    towns=_PINGHU_TOWNS,
    outline=_PINGHU_OUTLINE,
)
# Census of 2020, rounded, and rough centres and areas: the neighbour is there for what crosses the border.
_JINSHAN_TOWNS: tuple[Town, ...] = (
    Town("310116101", "朱泾镇", 110_000, 121.165, 30.895, 75.0, 40, 1300.0),
    Town("310116102", "枫泾镇", 90_000, 121.035, 30.885, 91.0, 28, 1100.0),
    Town("310116103", "张堰镇", 35_000, 121.285, 30.812, 35.0, 14, 700.0),
    Town("310116104", "亭林镇", 95_000, 121.320, 30.890, 79.0, 30, 1000.0),
    Town("310116105", "吕巷镇", 36_000, 121.205, 30.845, 60.0, 14, 800.0),
    Town("310116107", "廊下镇", 26_000, 121.190, 30.785, 47.0, 10, 800.0),
    Town("310116112", "漕泾镇", 34_000, 121.405, 30.810, 45.0, 13, 800.0),
    Town("310116001", "石化街道", 95_000, 121.345, 30.712, 19.0, 30, 900.0),
    Town("310116109", "金山卫镇", 110_000, 121.275, 30.745, 55.0, 33, 1100.0),
    Town("310116113", "山阳镇", 115_000, 121.365, 30.760, 42.0, 33, 1100.0),
)
_JINSHAN_OUTLINE: tuple[tuple[float, float], ...] = (
    (121.000, 30.912), (120.992, 30.872), (121.020, 30.842), (121.090, 30.842), (121.140, 30.800),
    (121.150, 30.762), (121.220, 30.738), (121.258, 30.702), (121.320, 30.690), (121.372, 30.706),
    (121.412, 30.744), (121.462, 30.782), (121.452, 30.836), (121.392, 30.872), (121.372, 30.928),
    (121.290, 30.938), (121.220, 30.928), (121.160, 30.942), (121.080, 30.926),
)  # fmt: skip
JINSHAN = Region(
    code="310116",
    name="金山区",
    city_code="310100",
    insurer="上海市金山区医疗保障局",
    office="zhujing",
    licences=("沪", "0021"),
    phones="021",
    population=822_776,
    towns=_JINSHAN_TOWNS,
    outline=_JINSHAN_OUTLINE,
    first_serial=2_000_000_000_000,
    home=1,
)
REGIONS = {"pinghu": PINGHU, "jinshan": JINSHAN}
