// The selection and the hover, drawn on both maps: a ring around the shop, a strong line around its area.

import { element } from "./dom.js";
import { ShapeMarker } from "./marks.js";

// Without `reset` Leaflet may pan instead of placing, and the pan of two synchronised maps is undone.
export const AT_ONCE = { animate: false, reset: true };
const INK = "#10202c";

export function makeHighlight(sides) {
  const groups = () => new Map(Object.entries(sides).map(([side, map]) => [side, L.layerGroup().addTo(map)]));
  const chosen = groups();
  const under = groups();
  const inside = groups();

  // `place` is [lat, lon] of a shop or null, `shape` the outline of its area or of the chosen one.
  function show(panel) {
    for (const [side, group] of chosen) {
      group.clearLayers();
      if (!panel) continue;
      if (panel.shape) group.addLayer(outline(panel.shape, side));
      if (panel.place && panel.id.startsWith("shop:")) group.addLayer(ring(panel.place, `ym-chosen-shop ym-chosen-${side}`, 13, 3));
    }
  }

  // Bring a selection into sight when it lies outside the view; the other map follows.
  function reveal(panel) {
    const map = Object.values(sides)[0];
    const bounds = panel.shape ? L.geoJSON(panel.shape).getBounds() : null;
    const sought = panel.id.startsWith("shop:") || !bounds ? panel.place && L.latLng(panel.place) : null;
    if (sought && !map.getBounds().contains(sought)) map.setView(sought, map.getZoom(), AT_ONCE);
    if (!sought && bounds && !map.getBounds().intersects(bounds)) map.setView(panel.place, map.getZoom(), AT_ONCE);
  }

  // The feature under the pointer, ringed on both maps and named on the one it is pointed at.
  function hover(side, place, name) {
    for (const [other, group] of under) {
      group.clearLayers();
      if (!place) continue;
      group.addLayer(ring(place, "ym-under", 10, 2));
      if (other === side && name) group.addLayer(named(place, name));
    }
  }

  function frame(bounds) {
    for (const [, group] of inside) {
      group.clearLayers();
      if (bounds) group.addLayer(L.rectangle(bounds, { pane: "ym-selection", color: INK, weight: 2, dashArray: "6 4", fill: false, interactive: false, className: "ym-brush" }));
    }
  }

  return { show, reveal, hover, frame };
}

function named(place, name) {
  return L.tooltip({ permanent: true, direction: "top", offset: [0, -9], interactive: false, className: "ym-tip" })
    .setLatLng(place).setContent(element("span", {}, name));
}

function outline(shape, side) {
  const style = { pane: "ym-selection", color: INK, weight: 3, fill: false, interactive: false, className: `ym-chosen-area ym-chosen-${side}` };
  return L.geoJSON(shape, { pane: "ym-selection", style });
}

function ring(place, className, radius, weight) {
  return new ShapeMarker(place, { pane: "ym-selection", radius, color: INK, weight, fill: false, interactive: false, className });
}
