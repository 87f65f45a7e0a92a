// Starts the dual map: takes the maps that the page made, fills their layers, and keeps both sides in step.

import { readAddress, writeAddress } from "./address.js";
import { Board } from "./board.js";
import { makeBrush } from "./brush.js";
import { addHatch, element } from "./dom.js";
import { drawFilters, filterText } from "./filters.js";
import { drawLabels } from "./labels.js";
import { drawLegend } from "./legend.js";
import { drawOverview, drawPanel } from "./panel.js";
import { makePicture, pictureName, savePdf, savePng } from "./picture.js";
import { AT_ONCE, makeHighlight } from "./select.js";
import { makeSource } from "./source.js";
import { drawSwitch } from "./switch.js";
import { makeTable } from "./table.js";
import { drawTime } from "./time.js";
import { learnWords, say } from "./words.js";

const config = JSON.parse(document.getElementById("ym-config").textContent);
learnWords(config.words);
const asked = readAddress();
const source = makeSource(config.source);
const entries = window.yaotongLayers.map((entry) => ({ ...entry, on: shownAtFirst(entry.spec), summary: null }));
const sides = Object.fromEntries(entries.map((entry) => [entry.spec.side, entry.map]));
const names = Object.keys(sides);
const at = (id) => document.getElementById(id);
const [page, panel, status] = [document.querySelector(".ym-page"), at("ym-panel"), at("ym-status")];
const chip = element("button", { type: "button", class: "ym-chip", hidden: true, onclick: () => panel.scrollIntoView({ behavior: "smooth" }) });
const state = {
  category: config.categories.some(([key]) => key === asked.category) ? asked.category : config.categories[0][0],
  selected: asked.selected,
  day: asked.day || config.as_of,
  known: asked.known || config.known,
  box: asked.box,
  filters: Object.fromEntries((config.filters || []).filter((one) => asked.filters[one.key]).map((one) => [one.key, asked.filters[one.key]])),
};
const GROUP_ORDER = { ground: 0, overlay: 1, shops: 2 };
const MARK_ORDER = { fill: 0, zone: 0, outline: 1, line: 2 };
const boards = {};
const labels = {};
let highlight;
const brush = makeBrush(sides, (box) => { state.box = box; select(null); });

function shownAtFirst(spec) {
  const listed = asked.layers[spec.side];
  return listed ? listed.includes(spec.id) : spec.shown;
}

function ask() {
  const usual = { category: config.categories[0][0], day: config.last, known: null };
  const said = { ...state.filters };
  if (state.category !== usual.category) said.category = state.category;
  if (state.day && state.day !== usual.day) said.as_of = state.day;
  if (state.known) said.known = state.known;
  return said;
}

function ofSide(side) {
  return entries.filter((entry) => entry.spec.side === side);
}

function order(entry) {
  const { paint, group } = entry.spec;
  return (MARK_ORDER[paint.mark] ?? 3) * 1000 + GROUP_ORDER[group] * 300 + entry.spec.order;
}

function drawnAt(side) {
  return ofSide(side).filter((entry) => entry.on).sort((a, b) => order(a) - order(b));
}

function boxOf(side, part) {
  return document.querySelector(`.ym-side[data-side="${side}"] ${part}`);
}

function tell() {
  if (!document.documentElement.dataset.map) return;
  const map = sides[names[0]];
  const centre = map.getCenter();
  writeAddress({
    category: state.category === config.categories[0][0] ? null : state.category,
    selected: state.selected,
    day: state.day === config.last ? null : state.day,
    known: state.known,
    layers: Object.fromEntries(names.map((side) => [side, ofSide(side).filter((entry) => entry.on).map((entry) => entry.spec.id)])),
    filters: state.filters,
    box: state.box,
    view: [centre.lat, centre.lng, map.getZoom()],
  });
}

// Legends and tiles of both sides for what is asked now; resolves when both are drawn.
let turn = 0;
async function redraw() {
  const mine = turn += 1;
  const wanted = ask();
  const on = entries.filter((entry) => entry.on);
  const told = await Promise.all(on.map((entry) => source.summary(entry.spec.id, wanted)));
  if (mine !== turn) return;
  on.forEach((entry, index) => { entry.summary = told[index]; });
  placeGroups();
  await Promise.all(names.map((side) => boards[side].refresh()));
  names.forEach(dress);
  tellFresh();
  tell();
}

// What is on, as Leaflet knows it: the group of a layer is its place on the map, the board its drawing.
function placeGroups() {
  for (const entry of entries) {
    if (entry.on) entry.group.addTo(entry.map);
    else entry.group.remove();
  }
}

// What stands beside the drawing of a side: its legend and the names of its areas.
function dress(side) {
  const chosen = state.category === config.categories[0][0] ? "" : config.categories.find(([key]) => key === state.category)[1];
  const grouped = (entry) => boards[side].features(entry.spec.id).some((one) => one.props.n > 1);
  drawLegend(boxOf(side, ".ym-legend"), ofSide(side), chosen, grouped);
  const named = drawnAt(side).filter((entry) => entry.spec.paint.mark === "label");
  const few = new Set(drawnAt(side).filter((entry) => entry.spec.paint.mark === "fill")
    .flatMap((entry) => boards[side].features(entry.spec.id).filter((one) => one.props.few && one.props.value !== null && one.props.value !== undefined).map((one) => one.id)));
  const told = named.flatMap((entry) => boards[side].features(entry.spec.id)).filter((one) => !(one.props.n > 1))
    .map((one) => ({ id: one.id, name: one.props.name, place: one.place, size: one.props.value || 0 }));
  told.sort((a, b) => b.size - a.size);
  drawLabels(sides[side], labels[side], told, few);
}

function tellFresh() {
  const box = at("ym-fresh");
  if (!box || !config.first) return;
  box.textContent = state.day ? say("统计截至 {day} 的 {days} 天", { day: state.day, days: config.window_days }) : say("尚无销售数据");
}

async function select(id) {
  state.selected = id;
  if (id !== null) state.box = null;
  tell();
  try {
    if (id === null) {
      highlight.show(null);
      if (state.box) await showBox();
      else drawOverview(panel, await source.panel("overview", ask()), select);
    } else {
      const data = await source.panel(id.replace(":", "/"), ask());
      if (state.selected !== id) return;
      highlight.frame(null);
      highlight.show(data);
      highlight.reveal(data);
      drawPanel(panel, data, select);
    }
    showChip(id === null && !state.box ? null : panel.querySelector("h2").textContent);
    panel.scrollTop = 0;
  } catch (error) {
    fail(error);
  }
}

async function showBox() {
  const [west, south, east, north] = state.box;
  highlight.frame([[south, west], [north, east]]);
  const data = await source.panel("inside", { ...ask(), box: state.box.map((one) => one.toFixed(5)).join(",") });
  drawPanel(panel, data, (id) => { if (id === null) { state.box = null; highlight.frame(null); } select(id); });
}

// On a phone the panel lies below the map: a button that stays in sight leads there.
function showChip(name) {
  chip.hidden = name === null || panel.getBoundingClientRect().top < window.innerHeight;
  chip.replaceChildren(element("span", {}, name || ""), element("span", {}, say("看详情 ↓")));
}

function fail(error) {
  panel.replaceChildren(element("p", { class: "ym-note", role: "alert" }, say("{error}。请刷新页面重试。", { error: error.message })));
}

const COARSE = window.matchMedia("(pointer: coarse)");

function point(side) {
  const map = sides[side];
  map.on("click", (event) => {
    const hit = brush.justEnded() ? null : boards[side].hit(event.containerPoint, COARSE.matches ? 18 : 4);
    if (!hit) return;
    if (hit.feature.props.n > 1) map.setView(event.latlng, Math.min(map.getZoom() + 2, map.getMaxZoom()), AT_ONCE);
    else if (/^(shop|area):/.test(hit.feature.id)) select(hit.feature.id);
  });
  let waiting = false;
  map.on("mousemove", (event) => {
    if (waiting || COARSE.matches) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; hover(side, event); });
  });
  map.on("mouseout", () => highlight.hover(side, null, null));
}

function hover(side, event) {
  const hit = boards[side].hit(event.containerPoint, 3);
  const onPoint = hit && hit.radius !== undefined;
  sides[side].getContainer().classList.toggle("ym-pointing", Boolean(hit));
  if (!hit || (!onPoint && hit.line === undefined)) { highlight.hover(side, null, null); return; }
  const { props } = hit.feature;
  const name = props.n > 1 ? say("{n} 家药店", { n: props.n }) : props.name;
  highlight.hover(side, onPoint ? placeOf(side, hit, event) : event.latlng, name);
}

// The place of a hit feature: as far from the pointer on the map as on its tile.
function placeOf(side, hit, event) {
  const map = sides[side];
  const size = 512 * boards[side].stretch();
  const world = map.containerPointToLayerPoint(event.containerPoint).add(map.getPixelOrigin());
  const corner = world.divideBy(size).floor().multiplyBy(size);
  return map.layerPointToLatLng(corner.add([hit.x, hit.y]).subtract(map.getPixelOrigin()));
}

function drawChoices() {
  const box = at("ym-category");
  box.replaceChildren(...config.categories.map(([key, name]) => element("option", { value: key }, name)));
  box.value = state.category;
  box.addEventListener("change", () => { state.category = box.value; redraw().catch(fail); });
  for (const side of names) drawSwitch(boxOf(side, ".ym-choices"), side, ofSide(side), () => redraw().catch(fail));
  if (at("ym-filters") && config.filters) drawFilters(at("ym-filters"), config.filters, state.filters, () => again().catch(fail));
  if (at("ym-time") && config.first) drawTime(at("ym-time"), { first: config.first, last: config.last }, state.day, (day) => { state.day = day; return again(); });
}

// After a change of day or filter the panel, too, speaks of what is shown.
async function again() {
  await redraw();
  await select(state.selected);
}

function drawTools() {
  const table = makeTable(at("ym-table"), { entries: () => [...drawnAt("left"), ...drawnAt("right")], ask, source, choose: select });
  const lines = () => ({
    title: document.title,
    sub: [at("ym-fresh") && at("ym-fresh").textContent, config.about].filter(Boolean).join(" · "),
    filters: [state.category === config.categories[0][0] ? "" : config.categories.find(([key]) => key === state.category)[1], filterText(config.filters || [], state.filters)].filter(Boolean).join(say("；")),
    foot: [config.author, config.printed ? say("制图 {time}", { time: new Date().toLocaleString("zh-CN", { hour12: false }) }) : "", say("内部资料，不得对外发布")].filter(Boolean).join(" · "),
  });
  const tool = (name, act) => element("button", { type: "button", onclick: () => Promise.resolve(act()).catch(fail) }, name);
  at("ym-tools").replaceChildren(
    tool(say("框选"), () => brush.arm()),
    tool(say("表格"), () => table.open()),
    tool(say("打印"), () => window.print()),
    tool("PNG", async () => savePng(await makePicture(page, lines()), pictureName(state.day))),
    tool("PDF", async () => savePdf(await makePicture(page, lines()), pictureName(state.day))),
  );
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { brush.rest(); if (state.selected || state.box) { state.box = null; highlight.frame(null); select(null); } }
  });
}

// On a phone one map is shown at a time.
function drawFaces() {
  const faces = at("ym-faces");
  if (!faces) return;
  const show = (side) => {
    page.dataset.face = side;
    for (const one of faces.children) one.setAttribute("aria-pressed", String(one.dataset.face === side));
    for (const map of Object.values(sides)) map.invalidateSize();
  };
  faces.replaceChildren(...names.map((side) => element("button", { type: "button", "data-face": side, onclick: () => show(side) }, boxOf(side, "h2").textContent)));
  show(names[0]);
}

function listen() {
  document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll(".ym-switch[open]")) if (!open.contains(event.target)) open.open = false;
  });
  new IntersectionObserver(([seen]) => { if (seen.isIntersecting) chip.hidden = true; }).observe(panel);
  new ResizeObserver(() => { for (const map of Object.values(sides)) map.invalidateSize(); }).observe(document.querySelector(".ym-map"));
}

function prepare(side) {
  const map = sides[side];
  map.zoomControl.setPosition("topright");
  map.createPane("ym-selection").style.zIndex = 450;
  map.getPane("ym-selection").style.pointerEvents = "none";
  boards[side] = new Board(() => drawnAt(side), (entry, z, x, y) => source.tile(entry.spec.id, ask(), z, x, y), { minZoom: map.getMinZoom(), maxZoom: map.getMaxZoom() });
  labels[side] = L.layerGroup().addTo(map);
  if (config.note) addCaption(map, config.note);
  point(side);
}

// What the outlines are, said on the map itself and whatever layer is on.
function addCaption(map, words) {
  const caption = L.control({ position: "bottomright" });
  caption.onAdd = () => element("div", { class: "ym-caption" }, words);
  caption.addTo(map);
}

function settled(side) {
  return new Promise((done) => { boards[side].once("load", done); boards[side].addTo(sides[side]); });
}

async function start() {
  addHatch();
  names.forEach(prepare);
  highlight = makeHighlight(sides);
  window.yaotongBoards = boards;
  panel.after(chip);
  listen();
  drawFaces();
  drawChoices();
  drawTools();
  if (asked.view) sides[names[0]].setView(asked.view.slice(0, 2), asked.view[2], AT_ONCE);
  const first = entries.filter((entry) => entry.on);
  const told = await Promise.all(first.map((entry) => source.summary(entry.spec.id, ask())));
  first.forEach((entry, index) => { entry.summary = told[index]; });
  placeGroups();
  await Promise.all(names.map(settled));
  names.forEach(dress);
  tellFresh();
  await select(state.selected);
  // Said aloud to assistive technology, and what a test waits for.
  status.textContent = say("地图已就绪");
  document.documentElement.dataset.map = "ready";
  for (const side of names) {
    boards[side].on("load", () => dress(side));
    sides[side].on("moveend", () => { if (side === names[0]) tell(); dress(side); });
  }
}

start().catch(fail);
