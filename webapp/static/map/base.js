// The base map under both sides: pictures by way of our own server, our own areas, or nothing.
// Over a picture in GCJ-02 or BD-09 it is our points that move: the server is told the system with every question.

import { Board } from "./board.js";
import { element } from "./dom.js";
import { AT_ONCE } from "./select.js";
import { say } from "./words.js";

const PLAIN = { id: null, kind: "none", crs: "wgs84" };
const UNDER = 0; // below the boards, which stand at 1
// Colours of areas let a picture through.
const VEIL = 0.62;
const AREAS = "borders";

// `bases`: what the settings offer; `chosen`: the id in the address; `entries`: the layers, of which one draws
// areas; `tile(entry, z, x, y)`: its features; `moved(box, from, to)`: a box of one system in another.
export function makeBase({ bases, chosen, sides, entries, tile, moved }) {
  const offered = [PLAIN, ...(bases || [])];
  let now = offered.find((one) => one.id === chosen) || PLAIN;
  const corners = Object.entries(sides).map(([side, map]) => makeCorner(side, map));
  let drawn = [];

  function lay() {
    for (const layer of drawn) layer.remove();
    drawn = corners.flatMap((corner) => {
      corner.say(now);
      return layersOf(now, corner, entries, tile);
    });
    for (const layer of drawn) layer.on("tileerror", layer.ymCorner.fail).on("loading", layer.ymCorner.begin).addTo(layer.ymMap);
  }

  // The same ground stays in sight, and the same rectangle chosen, when the system of the map changes.
  async function change(id, box) {
    const before = now;
    const next = offered.find((one) => one.id === id) || PLAIN;
    const map = Object.values(sides)[0];
    const centre = map.getCenter();
    const here = [centre.lng, centre.lat, centre.lng, centre.lat];
    const turned = (one) => (one && before.crs !== next.crs ? moved(one, before.crs, next.crs) : one);
    const [place, frame] = await Promise.all([turned(here), turned(box)]);
    now = next;
    if (place !== here) map.setView([place[1], place[0]], map.getZoom(), AT_ONCE);
    lay();
    return frame;
  }

  return {
    id: () => now.id,
    ask: () => (shifted(now) ? { crs: now.crs } : {}),
    veil: () => (now.kind === "tiles" ? VEIL : 1),
    lay,
    // Our own areas are asked for anew; pictures stay as they are.
    refresh: () => { for (const layer of drawn) if (layer.refresh) layer.refresh(); },
    // The list of base maps; `done(box)` is called when another one lies there. Without any there is no list.
    draw(list, { box, done, fail }) {
      if (!list || offered.length < 2) return;
      list.replaceChildren(...offered.map((one) => element("option", { value: one.id || "" }, one.title || say("无底图"))));
      list.value = now.id || "";
      list.addEventListener("change", () => { change(list.value, box()).then(done).catch(fail); });
    },
  };
}

function shifted(base) {
  return base.crs === "gcj02" || base.crs === "bd09";
}

function layersOf(base, corner, entries, tile) {
  const place = (layer) => Object.assign(layer, { ymCorner: corner, ymMap: corner.map });
  const zooms = { minZoom: corner.map.getMinZoom(), maxZoom: corner.map.getMaxZoom() };
  if (base.kind === "areas") {
    const mine = entries.filter((entry) => entry.spec.side === corner.side && entry.spec.id === AREAS);
    return [place(new Board(() => mine, tile, { ...zooms, zIndex: UNDER }))];
  }
  return Array.from({ length: base.sheets || 0 }, (_, sheet) => place(L.tileLayer(`/basemap/${base.id}/{z}/{x}/{y}?sheet=${sheet}`, {
    ...zooms, ...fit(base), zIndex: UNDER, className: `ym-base ym-base-${base.size_px}`, updateWhenZooming: false,
  })));
}

// A tile of 512 px shows what four of 256 px show: its zoom is one less than the map's.
function fit(base) {
  const more = base.size_px === 512 ? 1 : 0;
  return { tileSize: base.size_px, zoomOffset: -more, minNativeZoom: base.min_zoom + more, maxNativeZoom: base.max_zoom + more };
}

// What stands at the lower edge of a map: whose picture it is, and that it cannot be had just now.
function makeCorner(side, map) {
  const credit = element("div", { class: "ym-caption ym-credit", hidden: true });
  const note = element("div", { class: "ym-base-note", role: "status", hidden: true });
  const add = (box) => {
    const control = L.control({ position: "bottomright" });
    control.onAdd = () => box;
    control.addTo(map);
  };
  // Between two zooms tiles do not meet the pixels of the screen: there they are drawn a little larger.
  const tuck = () => map.getContainer().classList.toggle("ym-between", !Number.isInteger(map.getZoom()));
  map.on("zoomend", tuck);
  tuck();
  add(note);
  add(credit);
  return {
    side,
    map,
    say(base) {
      credit.textContent = creditOf(base);
      credit.hidden = !credit.textContent;
      note.hidden = true;
    },
    begin() { note.hidden = true; },
    fail() { note.textContent = say("底图暂时不可用"); note.hidden = false; },
  };
}

function creditOf(base) {
  return [base.attribution, base.review_no ? say("审图号：{number}", { number: base.review_no }) : ""].filter(Boolean).join(" · ");
}
