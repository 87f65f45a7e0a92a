// The drawing of both sides: their boards, legends and names, redrawn together for what is asked.

import { Board } from "./board.js";
import { element } from "./dom.js";
import { drawLabels } from "./labels.js";
import { drawLegend } from "./legend.js";
import { say } from "./words.js";

const GROUP_ORDER = { ground: 0, overlay: 1, shops: 2 };
const MARK_ORDER = { fill: 0, zone: 0, outline: 1, line: 2 };

export function boxOf(side, part) {
  return document.querySelector(`.ym-side[data-side="${side}"] ${part}`);
}

export function makeScene({ entries, sides, source, ask, categoryName, veil }) {
  const names = Object.keys(sides);
  const boards = {};
  const labels = {};
  const captions = {};
  const broken = new Set();
  let learnt = Promise.resolve();

  function order(entry) {
    const { paint, group } = entry.spec;
    return (MARK_ORDER[paint.mark] ?? 3) * 1000 + GROUP_ORDER[group] * 300 + entry.spec.order;
  }

  function ofSide(side) {
    return entries.filter((entry) => entry.spec.side === side);
  }

  function drawnAt(side) {
    return ofSide(side).filter((entry) => entry.on).sort((a, b) => order(a) - order(b));
  }

  function prepare(side) {
    const map = sides[side];
    map.zoomControl.setPosition("topright");
    map.createPane("ym-selection").style.zIndex = 450;
    map.getPane("ym-selection").style.pointerEvents = "none";
    // Tiles are on their way while the legends are, too; what is drawn needs both.
    const load = async (entry, z, x, y) => (await Promise.all([source.tile(entry.spec.id, ask(), z, x, y), learnt]))[0];
    boards[side] = new Board(() => drawnAt(side), load, { minZoom: map.getMinZoom(), maxZoom: map.getMaxZoom(), veil });
    labels[side] = L.layerGroup().addTo(map);
    captions[side] = captionOf(map);
    const lacking = captionOf(map);
    lacking("");
    boards[side].on("loading", () => { broken.delete(side); lacking(""); });
    boards[side].on("tileerror", () => { broken.add(side); lacking(say("部分地图数据未能读取：空白处不等于没有")); });
  }

  async function summaries() {
    const on = entries.filter((entry) => entry.on);
    const told = await Promise.all(on.map((entry) => source.summary(entry.spec.id, ask())));
    return () => on.forEach((entry, index) => { entry.summary = told[index]; });
  }

  // What is on, as Leaflet knows it: the group of a layer is its place on the map, the board its drawing.
  function placeGroups() {
    for (const entry of entries) {
      if (entry.on) entry.group.addTo(entry.map);
      else entry.group.remove();
    }
  }

  // Legends and tiles of both sides; resolves when both are drawn, false when asked again meanwhile.
  let turn = 0;
  async function redraw() {
    const mine = turn += 1;
    const learn = await summaries();
    if (mine !== turn) return false;
    learn();
    placeGroups();
    await Promise.all(names.map((side) => boards[side].refresh()));
    names.forEach(dress);
    return mine === turn;
  }

  async function begin() {
    names.forEach(prepare);
    learnt = summaries().then((learn) => learn());
    placeGroups();
    const drawn = names.map((side) => new Promise((done) => { boards[side].once("load", done); boards[side].addTo(sides[side]); }));
    await Promise.all([learnt, ...drawn]);
    names.forEach(dress);
    for (const side of names) {
      boards[side].on("load", () => dress(side));
      sides[side].on("moveend", () => dress(side));
    }
  }

  // What stands beside the drawing of a side: its legend and the names of its areas.
  function dress(side) {
    const grouped = (entry) => boards[side].some(entry.spec.id, (one) => one.props.n > 1);
    drawLegend(boxOf(side, ".ym-legend"), ofSide(side), categoryName(), grouped, boards[side].zoomOfTiles());
    drawLabels(sides[side], labels[side], areaNames(side), fewAreas(side));
  }

  function areaNames(side) {
    const single = (one) => !(one.props.n > 1);
    const told = drawnAt(side).filter((entry) => entry.spec.paint.mark === "label").flatMap((entry) => boards[side].features(entry.spec.id, single));
    return told.sort((a, b) => (b.props.value || 0) - (a.props.value || 0))
      .map((one) => ({ id: one.id, name: one.props.name, place: one.place }));
  }

  function fewAreas(side) {
    const grounds = drawnAt(side).filter((entry) => entry.spec.paint.mark === "fill");
    const onFew = (one) => one.props.few && one.props.value !== null && one.props.value !== undefined;
    return new Set(grounds.flatMap((entry) => boards[side].features(entry.spec.id, onFew)).map((one) => one.id));
  }

  // What the outlines are and what is not known of the day, said on the map itself whatever layer is on.
  function caption(words) {
    for (const side of names) captions[side](words);
  }

  // Whether anything on screen could not be had.
  const whole = () => broken.size === 0;

  return { names, whole, boards, ofSide, drawnAt, begin, redraw, caption };
}

function captionOf(map) {
  const box = element("div", { class: "ym-caption" });
  const control = L.control({ position: "bottomright" });
  control.onAdd = () => box;
  control.addTo(map);
  return (words) => { box.textContent = words; box.hidden = !words; };
}
