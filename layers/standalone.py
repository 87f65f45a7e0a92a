"""The dual map as one self-contained file: scripts, styles and data inside, nothing fetched from anywhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from layers.assets import CUT_JS, LEAFLET_CSS, LEAFLET_JS, MAP_CSS, SYNC_JS, text_of
from layers.bundle import bundled
from layers.contract import Layer, layers
from layers.drawn import Drawn
from layers.geojson import collection, values
from layers.grains import grains_of
from layers.page import dual_map
from layers.panel import area_panel, overview, shop_panel
from layers.summary import scale_of, told_at
from yaotong.errors import UsageError
from yaotong.reads.map import MapData, read_days
from yaotong.viewer import SYSTEM, Viewer
from yaotong.workspace import Workspace

Coarser = Sequence[tuple[int, MapData]]
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
    grains = grains_of(read_days(ws, viewer, area_code=area))
    data, *coarser = (one.days.on(as_of) for one in grains)
    below = [(fine.from_zoom, one) for fine, one in zip(grains, coarser, strict=False)]
    try:
        out.write_text(standalone_page(data, coarser=below), "utf-8")
    except OSError as error:
        raise UsageError(f"不能写入 {out}：{error.strerror}。请换一个可写的位置。") from error


def standalone_page(
    data: MapData,
    known: Mapping[str, Layer] | None = None,
    told: Mapping[str, Any] | None = None,
    coarser: Coarser = (),
) -> str:
    """The whole page as text.

    `known`: other layers than this program's own; `told`: panels that replace those made from `data`;
    `coarser`: pictures by larger areas, each with the zoom of tiles below which it is shown.
    """
    drawn = known if known is not None else layers()
    content = {**embedded(data, drawn, coarser), **(told or {})}
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


def embedded(data: MapData, drawn: Mapping[str, Layer], coarser: Coarser = ()) -> Mapping[str, Any]:
    """Everything the page's script may ask for, by the names it asks with."""
    content: dict[str, Any] = {"panel/overview": overview(data)}
    for one in drawn.values():
        content |= layer_content(one, data, coarser if one.about.merges else ())
    for license_no in data.shops["license_no"]:
        content[f"panel/shop/{license_no}"] = shop_panel(data, license_no, outlined=False)
    for picture in (data, *(one for _, one in coarser)):
        for area_code in picture.areas["area_code"]:
            content[f"panel/area/{area_code}"] = area_panel(picture, area_code)
    return content


def layer_content(layer: Layer, data: MapData, coarser: Coarser = ()) -> Mapping[str, Any]:
    """A layer's features once for each size of areas, and for each category its legend and only what differs.

    "layer/ID" is a GeoJSON collection for all special drugs; "summary/ID/CATEGORY" is the legend;
    "values/ID/CATEGORY" has the properties of the same features, for a category that changes them. Those of
    the first coarser picture are under ID/1, and so on.
    """
    paint, name = layer.draw(), layer.layer_id
    pictures = (data, *(one for _, one in coarser))
    drawn = {category: [layer.features(one, category) for one in pictures] for category in data.categories}
    content: dict[str, Any] = {}
    for category, (fine, *rest) in drawn.items():
        below = [(zoom, one) for (zoom, _), one in zip(coarser, rest, strict=True)]
        content[f"summary/{name}/{category}"] = told_at(fine, paint, scale_of(fine, paint), below)
    for grain in range(len(pictures)):
        own = {category: made[grain] for category, made in drawn.items()}
        content |= _features(name if grain == 0 else f"{name}/{grain}", own)
    return content


def _features(name: str, drawn: Mapping[str, Drawn]) -> Mapping[str, Any]:
    first, *_ = drawn.values()
    others = {category: one for category, one in drawn.items() if not one.said().equals(first.said())}
    told = {f"values/{name}/{category}": values(one) for category, one in others.items()}
    return {f"layer/{name}": collection(first), **told}


def _inline_js(text: str) -> Markup:
    """Script text that cannot end its element early, and that points to no source map."""
    safe = re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.MULTILINE)
    return Markup(safe.replace("</script", "<\\/script").replace("<!--", "<\\!--"))


def _inline_css(text: str) -> Markup:
    """Style text without pictures: the ones Leaflet names belong to controls that we do not use."""
    return Markup(re.sub(r"url\((?!#)[^)]*\)", "none", text).replace("</style", "<\\/style"))
