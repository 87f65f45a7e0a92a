// Names on the map: as many as fit without covering each other, the areas with parts first.

import { element } from "./dom.js";

const MOST = 70;
const GAP_PX = 4;

// `names`: [{ id, name, place, leaf }]; `few`: ids whose figure rests on few events, marked with an asterisk.
export function drawLabels(map, group, names, few) {
  group.clearLayers();
  const taken = [];
  const bounds = map.getPixelBounds();
  for (const one of names) {
    if (taken.length >= MOST) break;
    const at = map.project(one.place, map.getZoom());
    if (!bounds.contains(at)) continue;
    const half = 0.5 * 13 * Math.max(2, one.name.length) * (/[\u3000-\u9fff]/.test(one.name) ? 1 : 0.55);
    const box = L.bounds([at.x - half - GAP_PX, at.y - 9], [at.x + half + GAP_PX, at.y + 9]);
    if (taken.some((other) => other.intersects(box))) continue;
    taken.push(box);
    group.addLayer(label(one, few.has(one.id)));
  }
}

function label(one, few) {
  const text = element("span", { "data-area": one.id, class: few ? "ym-few" : null }, one.name);
  const look = { permanent: true, direction: "center", className: "ym-label", interactive: false, opacity: 1, offset: [0, 0] };
  return L.tooltip(look).setLatLng(one.place).setContent(text);
}
