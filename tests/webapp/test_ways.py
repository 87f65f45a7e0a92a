"""Links to map apps: each in its own coordinates, and hostile names stay names."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from geo.crs import Crs, to_wgs84
from webapp.ways import ways_to

HERE = (121.0262, 30.6798)
NAME = '甲&乙;丙:丁 药店"><script>'


def _point(url: str) -> tuple[float, float, Crs]:
    """Longitude, latitude and system, as the maker of each app reads its address."""
    asked = parse_qs(urlsplit(url).query)
    host = urlsplit(url).hostname
    if host == "uri.amap.com":
        lon, lat = asked["position"][0].split(",")
        return float(lon), float(lat), Crs.GCJ02
    if host == "api.map.baidu.com":
        lat, lon = asked["location"][0].split(",")
        assert asked["coord_type"] == ["bd09ll"]
        return float(lon), float(lat), Crs.BD09
    if host == "apis.map.qq.com":
        lat, lon = asked["marker"][0].split(";")[0].removeprefix("coord:").split(",")
        return float(lon), float(lat), Crs.GCJ02
    assert host == "maps.apple.com"
    lat, lon = asked["ll"][0].split(",")
    return float(lon), float(lat), Crs.GCJ02


@pytest.mark.parametrize("number", range(4), ids=["amap", "baidu", "tencent", "apple"])
def test_each_app_is_led_to_the_very_place(number: int) -> None:
    lon, lat, crs = _point(ways_to(*HERE, NAME)[number].url)
    assert to_wgs84(lon, lat, crs) == pytest.approx(HERE, abs=1e-6)
    assert (lon, lat) != pytest.approx(HERE, abs=1e-3)


def test_a_name_is_one_field_of_an_address_and_nothing_else() -> None:
    for way in ways_to(*HERE, NAME):
        assert "<" not in way.url
        assert '"' not in way.url
        fields = parse_qs(urlsplit(way.url).query)
        told = fields.get("name") or fields.get("title") or fields.get("q")
        assert told == [NAME] or fields["marker"][0].count(";") == 2


def test_outside_china_nothing_is_shifted() -> None:
    assert _point(ways_to(-2.24, 53.48, "x")[0].url)[:2] == (-2.24, 53.48)


def test_each_address_says_what_its_maker_asks_for() -> None:
    told = [(way.name, parse_qs(urlsplit(way.url).query)) for way in ways_to(*HERE, NAME)]
    assert [name for name, _ in told] == ["高德", "百度", "腾讯", "苹果"]
    gaode, baidu, tencent, apple = (fields for _, fields in told)
    assert gaode.keys() == {"position", "name", "src", "coordinate", "callnative"}
    assert (gaode["src"], gaode["coordinate"], gaode["callnative"]) == (["yaotong"], ["gaode"], ["1"])
    assert baidu.keys() == {"location", "title", "content", "output", "coord_type", "src"}
    assert (baidu["content"], baidu["output"], baidu["src"]) == ([NAME], ["html"], ["yaotong"])
    assert tencent.keys() == {"marker", "referer"}
    assert tencent["referer"] == ["yaotong"]
    assert apple.keys() == {"ll", "q"}


def test_the_marks_that_part_the_fields_of_a_marker_are_taken_out_of_a_name() -> None:
    plain = NAME.replace(":", " ").replace(";", " ")
    (marker,) = parse_qs(urlsplit(ways_to(*HERE, NAME)[2].url).query)["marker"]
    assert marker.split(";")[1:] == [f"title:{plain}", f"addr:{plain}"]
    assert "; " not in marker


def test_a_blank_is_written_as_every_app_reads_it() -> None:
    for way in ways_to(*HERE, "甲 乙"):
        assert "%20" in way.url
        assert "+" not in way.url
