"""The dual map as one self-contained file: scripts, styles and data inside, nothing fetched from anywhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from layers.assets import CUT_JS, LEAFLET_CSS, LEAFLET_JS, MAP_CSS, SYNC_JS, text_of
from layers.bundle import bundled
from layers.contract import Layer, layers
from layers.geojson import collection, values
from layers.page import dual_map
from layers.panel import area_panel, overview, shop_panel
from layers.summary import scale_of, summary
from yaotong.errors import UsageError
from yaotong.reads.map import MapData, read_map
from yaotong.viewer import SYSTEM, Viewer
from yaotong.workspace import Workspace

_PAGE = Path(__file__).with_name("standalone.html")


def write_map(
    ws: Workspace,
    out: Path,
    area: str | None = None,
    as_of: date | None = None,
    viewer: Viewer = SYSTEM,
) -> None:
    """Write the map of an area (all by default) on a day (the last with sales by default) to one HTML file.

    A file can be passed on, so by default it tells the levels of alerts and nothing else about them;
    for another `viewer` it names the alerts of that department. UsageError when the file cannot be
    written, NotFound for an unknown area.
    """
    data = read_map(ws, viewer, as_of=as_of, area_code=area)
    try:
        out.write_text(standalone_page(data), "utf-8")
    except OSError as error:
        raise UsageError(f"不能写入 {out}：{error.strerror}。请换一个可写的位置。") from error


def standalone_page(
    data: MapData, known: Mapping[str, Layer] | None = None, told: Mapping[str, Any] | None = None
) -> str:
    """The whole page as text.

    `known`: other layers than this program's own; `told`: panels that replace those made from `data`.
    """
    drawn = known if known is not None else layers()
    content = {**embedded(data, drawn), **(told or {})}
    parts = dual_map(data, asset=lambda name: name, nonce=None, source={"embedded": content}, known=drawn)
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    return environment.from_string(_PAGE.read_text("utf-8")).render(
        title=data.title,
        as_of=data.as_of.isoformat() if data.as_of else None,
        version=data.data_version,
        synthetic=data.synthetic,
        styles=[_inline_css(text_of(one)) for one in (LEAFLET_CSS, MAP_CSS)],
        scripts=[_inline_js(text_of(one)) for one in (LEAFLET_JS, SYNC_JS, CUT_JS)],
        parts=parts,
        main=_inline_js(bundled()),
    )


def embedded(data: MapData, drawn: Mapping[str, Layer]) -> Mapping[str, Any]:
    """Everything the page's script may ask for, by the names it asks with."""
    content: dict[str, Any] = {"panel/overview": overview(data)}
    for one in drawn.values():
        content |= layer_content(one, data)
    for license_no in data.shops["license_no"]:
        content[f"panel/shop/{license_no}"] = shop_panel(data, license_no, outlined=False)
    for area_code in data.areas["area_code"]:
        content[f"panel/area/{area_code}"] = area_panel(data, area_code)
    return content


def layer_content(layer: Layer, data: MapData) -> Mapping[str, Any]:
    """A layer's features once, and for each category its legend and only what differs.

    "layer/ID" is a GeoJSON collection for all special drugs; "summary/ID/CATEGORY" is the legend;
    "values/ID/CATEGORY" has the properties of the same features, for a category that changes them.
    """
    paint, first = layer.draw(), None
    content: dict[str, Any] = {}
    for category in data.categories:
        drawn = layer.features(data, category)
        content[f"summary/{layer.layer_id}/{category}"] = summary(drawn, paint, scale_of(drawn, paint))
        if first is None:
            first = drawn
            content[f"layer/{layer.layer_id}"] = collection(drawn)
        elif not drawn.said().equals(first.said()):
            content[f"values/{layer.layer_id}/{category}"] = values(drawn)
    return content


def _inline_js(text: str) -> Markup:
    """Script text that cannot end its element early, and that points to no source map."""
    safe = re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.MULTILINE)
    return Markup(safe.replace("</script", "<\\/script").replace("<!--", "<\\!--"))


def _inline_css(text: str) -> Markup:
    """Style text without pictures: the ones Leaflet names belong to controls that we do not use."""
    return Markup(re.sub(r"url\((?!#)[^)]*\)", "none", text).replace("</style", "<\\/style"))
