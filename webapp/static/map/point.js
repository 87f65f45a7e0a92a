// Pointing: a click chooses, hovering names and rings on both sides.

import { AT_ONCE } from "./select.js";
import { say } from "./words.js";

const COARSE = window.matchMedia("(pointer: coarse)");
const [FINGER_PX, MOUSE_PX] = [18, 4];

// `quiet()` says when a click is none of ours: the end of a rectangle.
export function makePointing({ sides, boards, highlight, select, quiet }) {
  for (const [side, map] of Object.entries(sides)) {
    map.on("click", (event) => choose(side, event));
    map.on("mouseout", () => highlight.hover(side, null, null));
    let waiting = false;
    map.on("mousemove", (event) => {
      if (waiting || COARSE.matches) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; hover(side, event); });
    });
  }

  function choose(side, event) {
    const hit = quiet() ? null : boards[side].hit(event.containerPoint, COARSE.matches ? FINGER_PX : MOUSE_PX);
    if (!hit) return;
    const map = sides[side];
    if (hit.feature.props.n > 1) map.setView(event.latlng, Math.min(map.getZoom() + 2, map.getMaxZoom()), AT_ONCE);
    else if (/^(shop|area):/.test(hit.feature.id)) select(hit.feature.id);
    else areaUnder(side, event);
  }

  // A cell or a line has no panel of its own: the area below it is meant.
  function areaUnder(side, event) {
    const hit = boards[side].hit(event.containerPoint, 0, (one) => one.feature.id.startsWith("area:"));
    if (hit) select(hit.feature.id);
  }

  function hover(side, event) {
    const hit = boards[side].hit(event.containerPoint, MOUSE_PX);
    const onPoint = Boolean(hit) && hit.radius !== undefined;
    sides[side].getContainer().classList.toggle("ym-pointing", Boolean(hit));
    if (!hit || (!onPoint && hit.line === undefined)) { highlight.hover(side, null, null); return; }
    const { props } = hit.feature;
    const name = props.n > 1 ? say("{n} 家药店", { n: props.n }) : props.name;
    highlight.hover(side, onPoint ? placeOf(side, hit, event) : event.latlng, name);
  }

  // The place of a hit feature: as far from the pointer on the map as on its tile.
  function placeOf(side, hit, event) {
    const map = sides[side];
    const size = boards[side].tilePixels();
    const world = map.containerPointToLayerPoint(event.containerPoint).add(map.getPixelOrigin());
    const corner = world.divideBy(size).floor().multiplyBy(size);
    return map.layerPointToLatLng(corner.add([hit.x, hit.y]).subtract(map.getPixelOrigin()));
  }
}
