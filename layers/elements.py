"""The folium elements of our maps: offline, without inline styles, texts of the data left to our script."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from folium.map import FitBounds
from folium.map import Layer as FoliumLayer
from folium.plugins import DualMap
from folium.template import Template

from layers.assets import LEAFLET_CSS, LEAFLET_JS, SYNC_JS, Asset
from layers.colours import Mark

_MIN_ZOOM, _MAX_ZOOM = 4, 18


@dataclass(frozen=True, slots=True)
class Paint:
    """How a layer is drawn, as data that both the map and its legend are made from.

    `mark`: "fill" colours areas by `value`, "zone" by their class, "outline" draws borders with names,
    "class" draws points by their class, "bubble" by the size of `value`, "line" draws lines by their class,
    "label" writes names.
    `palette` runs from low to high. `unit` stands in the legend; `zero_zh` names areas with exactly nothing,
    `unknown_zh` those with no data. `by_category`: the figures are of the chosen category of drugs.
    `fixed` are class limits that do not come from the data.
    """

    mark: Literal["fill", "zone", "outline", "class", "bubble", "line", "label"]
    legend_zh: str
    palette: tuple[str, ...] = ()
    nothing: str = ""
    unit: str = ""
    zero_zh: str = ""
    unknown_zh: str = ""
    few_zh: str = ""
    note_zh: str = ""
    classes: tuple[Mark, ...] = field(default=())
    by_category: bool = False
    fixed: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.mark == "fill" and not (self.palette and self.unknown_zh):
            raise ValueError("a filled layer needs a palette and a word for areas without data")
        if self.mark in ("class", "zone", "line") and not self.classes:
            raise ValueError("a layer of classes needs at least one mark")


class DataLayer(FoliumLayer):
    """A layer whose features our script fetches and draws; folium only makes its place on the map."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.layerGroup();
            window.yaotongLayers.push({
                group: {{ this.get_name() }},
                map: {{ this._parent.get_name() }},
                spec: {{ this.spec|tojson }},
            });
        {% endmacro %}
        """
    )

    def __init__(
        self, layer_id: str, side: str, spec: dict[str, Any], paint: dict[str, Any], shown: bool
    ) -> None:
        super().__init__(name=layer_id, overlay=True, show=shown)
        self._name, self._id = f"layer_{side}", layer_id
        self.spec = {**spec, "id": layer_id, "side": side, "shown": shown, "paint": paint}


def shown_at_once(bounds: list[list[float]]) -> FitBounds:
    """Fit a map to [[south, west], [north, east]] without the glide that would undo a view set meanwhile."""
    fit = FitBounds(bounds, padding=(14, 14))
    fit.options["animate"] = False
    return fit


_MAP_TEMPLATE = Template(
    """
    {% macro header(this, kwargs) %}{% endmacro %}
    {% macro html(this, kwargs) %}
        <section class="ym-side" data-side="{{ this._id }}" aria-label="{{ this.ym_words[0]|e }}">
            <header class="ym-head">
                <h2>{{ this.ym_words[0]|e }}</h2><p>{{ this.ym_words[1]|e }}</p>
                <details class="ym-switch">
                    <summary>{{ this.ym_words[2]|e }}</summary><div class="ym-choices"></div>
                </details>
            </header>
            <div class="ym-map folium-map" id={{ this.get_name()|tojson }}></div>
            <div class="ym-legend" aria-label="{{ this.ym_words[3]|e }}"></div>
        </section>
    {% endmacro %}
    {% macro script(this, kwargs) %}
        window.yaotongLayers = window.yaotongLayers || [];
        var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }},
            {center: {{ this.location|tojson }}, ...{{ this.options|tojavascript }}});
        L.control.scale({imperial: false}).addTo({{ this.get_name() }});
    {% endmacro %}
    """
)


def twin_map(centre: tuple[float, float], headings: dict[str, tuple[str, ...]], assets: Asset) -> DualMap:
    """folium's DualMap with our own assets, no tiles and no page-wide styles.

    `centre` is (lat, lon); `headings` gives heading, subheading and the names of switch and legend of
    "left" and "right".
    """
    twin = DualMap(
        location=centre, tiles=None, zoom_start=11, zoom_snap=0.25, zoom_delta=0.5, attribution_control=False
    )
    twin.default_js = [("Leaflet.Sync", assets(SYNC_JS))]
    for side, one in (("left", twin.m1), ("right", twin.m2)):
        one._id = side
        one._template = _MAP_TEMPLATE
        setattr(one, "ym_words", headings[side])  # noqa: B010 - read by our template only
        one.default_js = [("leaflet", assets(LEAFLET_JS))]
        one.default_css = [("leaflet_css", assets(LEAFLET_CSS))]
        # Named arguments of folium go to its tile layer, which we have none of.
        one.options |= {"min_zoom": _MIN_ZOOM, "max_zoom": _MAX_ZOOM}
    return twin
