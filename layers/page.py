"""The dual map as parts of a page: links for its head, two map sections, and one script."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from branca.element import Figure
from folium.plugins import DualMap
from markupsafe import Markup, escape

from layers.assets import Asset, said_in_scripts
from layers.contract import Layer, Side, layers
from layers.elements import DataLayer, shown_at_once, twin_map
from layers.speech import Say, as_written, spoken
from yaotong.reads.map import WINDOW_DAYS, MapData

SIDES: tuple[Side, ...] = ("left", "right")
CONFIG_ID = "ym-config"
HEADINGS = {"left": ("分布", "药店在哪里，服务多少人"), "right": ("风险", "哪里有未结预警，哪里没有数据")}
_PINGHU = (30.70, 121.10)  # where an empty workspace's map opens


@dataclass(frozen=True, slots=True)
class MapParts:
    """HTML for three places of a page; all text in it is escaped."""

    head: Markup
    body: Markup
    script: Markup


def dual_map(
    data: MapData,
    *,
    asset: Asset,
    nonce: str | None,
    source: Mapping[str, Any],
    known: Mapping[str, Layer] | None = None,
    say: Say = as_written,
    more: Mapping[str, Any] | None = None,
) -> MapParts:
    """The two synchronised maps: distribution left, risk right.

    `asset` names the address of a file under webapp/static, `nonce` is put on every inline script,
    `source` tells the page's script where to get its data: {"url": "/map/data", "query": "…"} or
    {"embedded": {name: content}}. `say` puts texts into the reader's language; `more` adds to what the
    script is told (see `page_config`).
    """
    figure = _figure(data, asset, known if known is not None else layers(), say)
    figure.render()  # fills header, html and script
    inline = f' nonce="{escape(nonce)}"' if nonce else ""
    config = json_block(CONFIG_ID, {**page_config(data, source, say), **(more or {})})
    head = "".join(one.render() for name, one in figure.header._children.items() if name != "meta_http")
    return MapParts(
        head=Markup(head),
        body=Markup(figure.html.render()),
        script=Markup(f"{config}<script{inline}>{figure.script.render()}</script>"),
    )


def page_config(data: MapData, source: Mapping[str, Any], say: Say = as_written) -> dict[str, Any]:
    """What the page's script needs to start."""
    words = {text: say(text) for text in said_in_scripts()}
    return {
        "source": dict(source),
        "categories": [[one, say(name)] for one, name in data.categories.items()],
        "window_days": WINDOW_DAYS,
        "note": say(data.note) if data.note else "",
        "as_of": data.as_of.isoformat() if data.as_of else None,
        "words": {text: told for text, told in words.items() if told != text},
    }


def json_block(element_id: str, content: object) -> str:
    """JSON as an inert script element: no text in it can close the element."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return f'<script type="application/json" id="{element_id}">{text}</script>'


def _figure(data: MapData, asset: Asset, known: Mapping[str, Layer], say: Say) -> Figure:
    headings = {side: tuple(say(one) for one in (*words, "图层", "图例")) for side, words in HEADINGS.items()}
    twin: DualMap = twin_map(_centre(data), headings, asset)
    for side, one in zip(SIDES, (twin.m1, twin.m2), strict=True):
        for layer in known.values():
            if side in layer.about.sides:
                spec = {"title": layer.about.title_zh, "group": layer.about.group, "order": layer.about.order}
                shown = side in layer.about.shown
                DataLayer(
                    layer.layer_id, side, spoken(spec, say), spoken(asdict(layer.draw()), say), shown
                ).add_to(one)
    bounds = bounds_of(data)
    if bounds is not None:
        for one in (twin.m1, twin.m2):
            one.add_child(shown_at_once(bounds))
    root = twin.get_root()
    assert isinstance(root, Figure)  # folium hangs both maps into one figure
    return root


def bounds_of(data: MapData) -> list[list[float]] | None:
    """[[south, west], [north, east]] in degrees that a map opens with: areas, or shops; None for neither."""
    if data.areas.empty:
        placed = data.shops.dropna(subset=["lon", "lat"])
        if placed.empty:
            return None
        west, south, east, north = (
            placed["lon"].min(),
            placed["lat"].min(),
            placed["lon"].max(),
            placed["lat"].max(),
        )
    else:
        west, south, east, north = data.areas.total_bounds
    return [[float(south), float(west)], [float(north), float(east)]]


def _centre(data: MapData) -> tuple[float, float]:
    bounds = bounds_of(data)
    if bounds is None:
        return _PINGHU
    (south, west), (north, east) = bounds
    return (south + north) / 2.0, (west + east) / 2.0
