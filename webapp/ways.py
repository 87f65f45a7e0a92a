"""Links that open a shop in a map app, in the coordinates that it draws, and never with the citizen's place.

The forms of the addresses are those the makers of the apps publish: 高德 URI API (GCJ-02), 百度地图 URI API
(BD-09), 腾讯地图 URI API (GCJ-02), Apple's Map Links (in China its maps are GCJ-02).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from geo.crs import Crs, from_wgs84


@dataclass(frozen=True, slots=True)
class Way:
    """One app: its name on the screen (to be translated) and the address."""

    name: str
    url: str


def _amap(lon: str, lat: str, name: str) -> str:
    asked = {
        "position": f"{lon},{lat}",
        "name": name,
        "src": "yaotong",
        "coordinate": "gaode",
        "callnative": 1,
    }
    return f"https://uri.amap.com/marker?{urlencode(asked, quote_via=quote)}"


def _baidu(lon: str, lat: str, name: str) -> str:
    asked = {"location": f"{lat},{lon}", "title": name, "content": name, "output": "html"}
    asked |= {"coord_type": "bd09ll", "src": "yaotong"}
    return f"https://api.map.baidu.com/marker?{urlencode(asked, quote_via=quote)}"


def _tencent(lon: str, lat: str, name: str) -> str:
    # ":" and ";" part the fields of a marker.
    told = name.replace(":", " ").replace(";", " ")
    asked = {"marker": f"coord:{lat},{lon};title:{told};addr:{told}", "referer": "yaotong"}
    return f"https://apis.map.qq.com/uri/v1/marker?{urlencode(asked, quote_via=quote)}"


def _apple(lon: str, lat: str, name: str) -> str:
    return f"https://maps.apple.com/?{urlencode({'ll': f'{lat},{lon}', 'q': name}, quote_via=quote)}"


_APPS: tuple[tuple[str, Crs, Callable[[str, str, str], str]], ...] = (
    ("高德", Crs.GCJ02, _amap),
    ("百度", Crs.BD09, _baidu),
    ("腾讯", Crs.GCJ02, _tencent),
    ("苹果", Crs.GCJ02, _apple),
)


def ways_to(lon: float, lat: float, name: str) -> list[Way]:
    """Links to a shop at WGS-84 degrees, six decimals each (a tenth of a metre)."""
    found = []
    for title, crs, address in _APPS:
        x, y = from_wgs84(lon, lat, crs)
        found.append(Way(title, address(f"{x:.6f}", f"{y:.6f}", name)))
    return found
