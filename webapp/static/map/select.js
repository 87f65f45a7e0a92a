// The selection, drawn on both maps: a ring around the shop, a strong line around its area.

import { ShapeMarker } from "./marks.js";

// Without `reset` Leaflet may pan instead of placing, and the pan of two synchronised maps is undone.
export const AT_ONCE = { animate: false, reset: true };

export function makeHighlight(sides) {
  const areas = new Map();
  const shops = new Map();
  const drawn = new Map(Object.entries(sides).map(([side, map]) => [side, L.layerGroup().addTo(map)]));

  function learn(collection) {
    for (const feature of collection.features) {
      (feature.geometry.type === "Point" ? shops : areas).set(feature.id, feature);
    }
  }

  function show(id) {
    const shop = shops.get(id);
    const area = areas.get(shop ? shop.properties.area : id);
    for (const [side, group] of drawn) {
      group.clearLayers();
      if (area) group.addLayer(outline(area, side));
      if (shop) group.addLayer(ring(shop, side));
    }
  }

  // Bring a selection into sight when it lies outside the view; the other map follows.
  function reveal(id) {
    const map = Object.values(sides)[0];
    const shop = shops.get(id);
    const area = areas.get(id);
    if (shop && !map.getBounds().contains(place(shop))) map.setView(place(shop), map.getZoom(), AT_ONCE);
    if (area && !map.getBounds().intersects(L.geoJSON(area).getBounds())) map.setView(area.properties.label, map.getZoom(), AT_ONCE);
  }

  return { learn, show, reveal };
}

function place(feature) {
  return L.latLng(feature.geometry.coordinates[1], feature.geometry.coordinates[0]);
}

function outline(area, side) {
  const style = { pane: "ym-selection", color: "#10202c", weight: 3, fill: false, interactive: false, className: `ym-chosen-area ym-chosen-${side}` };
  return L.geoJSON(area, { pane: "ym-selection", style });
}

function ring(shop, side) {
  const style = { pane: "ym-selection", radius: 13, color: "#10202c", weight: 3, fill: false, interactive: false, className: `ym-chosen-shop ym-chosen-${side}` };
  return new ShapeMarker(place(shop), style);
}
