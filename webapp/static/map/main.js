// Starts the dual map: takes the maps that the page made, fills their layers, and keeps both sides in step.

import { readAddress, writeAddress } from "./address.js";
import { makeBase } from "./base.js";
import { makeBrush } from "./brush.js";
import { addHatch, element } from "./dom.js";
import { drawFilters } from "./filters.js";
import { makePointing } from "./point.js";
import { boxOf, makeScene } from "./scene.js";
import { AT_ONCE, makeHighlight } from "./select.js";
import { makeSidePanel } from "./side_panel.js";
import { makeSource } from "./source.js";
import { makeState } from "./state.js";
import { drawSwitch } from "./switch.js";
import { drawTime } from "./time.js";
import { drawFaces, drawTools } from "./tools.js";
import { learnWords, say } from "./words.js";

const at = (id) => document.getElementById(id);
const config = JSON.parse(at("ym-config").textContent);
learnWords(config.words);
const asked = readAddress();
const source = makeSource(config.source);
const { state, ask: askPlain, address, categoryName } = makeState(config, asked);
const entries = window.yaotongLayers.map((entry) => ({ ...entry, on: shownAtFirst(entry.spec), summary: null }));
const sides = Object.fromEntries(entries.map((entry) => [entry.spec.side, entry.map]));
const base = makeBase({ bases: config.bases, chosen: asked.base, sides, entries, tile: (entry, z, x, y) => source.tile(entry.spec.id, ask(), z, x, y), moved: source.moved });
const scene = makeScene({ entries, sides, source, ask, categoryName, veil: base.veil });
let side;

function ask() {
  return { ...askPlain(), ...base.ask() };
}

function shownAtFirst(spec) {
  const listed = asked.layers[spec.side];
  return listed ? listed.includes(spec.id) : spec.shown;
}

function tell() {
  if (!document.documentElement.dataset.map) return;
  const map = Object.values(sides)[0];
  const centre = map.getCenter();
  const layers = Object.fromEntries(scene.names.map((name) => [name, scene.ofSide(name).filter((entry) => entry.on).map((entry) => entry.spec.id)]));
  writeAddress({ ...address(), base: base.id(), layers, view: [centre.lat, centre.lng, map.getZoom()] });
}

async function redraw() {
  base.refresh();
  if (await scene.redraw()) { await tellFresh(); tell(); }
}

// After a change of day or filter the panel, too, speaks of what is shown.
async function again() {
  await redraw();
  await side.select(state.selected);
}

// Of which day and of which data the maps are, and what to know of them.
async function tellFresh() {
  if (!config.first) { scene.caption(config.note); return; }
  const told = await source.panel("state", ask());
  const days = told.as_of ? say("统计截至 {day} 的 {days} 天", { day: told.as_of, days: config.window_days }) : say("尚无销售数据");
  const known = told.known ? say("按 {day} 当时所知", { day: told.known }) : "";
  at("ym-fresh").textContent = [days, known, say("数据版本 {n}", { n: told.data_version })].filter(Boolean).join(" · ");
  scene.caption(told.note);
}

function drawChoices() {
  const box = at("ym-category");
  box.replaceChildren(...config.categories.map(([key, name]) => element("option", { value: key }, name)));
  box.value = state.category;
  box.addEventListener("change", () => { state.category = box.value; redraw().catch(side.fail); });
  for (const name of scene.names) drawSwitch(boxOf(name, ".ym-choices"), name, scene.ofSide(name), () => redraw().catch(side.fail));
  base.draw(at("ym-base"), { box: () => state.box, done: (box) => { state.box = box; return again(); }, fail: side.fail });
  if (config.filters) drawFilters(at("ym-filters"), config.filters, state.filters, () => again().catch(side.fail));
  if (config.first) drawTime(at("ym-time"), config, state, () => again().catch(side.fail));
}

function listen() {
  document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll(".ym-switch[open]")) if (!open.contains(event.target)) open.open = false;
  });
  new ResizeObserver(() => { for (const map of Object.values(sides)) map.invalidateSize(); }).observe(document.querySelector(".ym-map"));
  Object.values(sides)[0].on("moveend", tell);
}

async function start() {
  addHatch();
  if (asked.view) Object.values(sides)[0].setView(asked.view.slice(0, 2), asked.view[2], AT_ONCE);
  base.lay();
  const page = document.querySelector(".ym-page");
  drawFaces(at("ym-faces"), page, sides, (name) => boxOf(name, "h2").textContent);
  const drawn = scene.begin();
  const highlight = makeHighlight(sides);
  side = makeSidePanel({ panel: at("ym-panel"), state, ask, source, highlight, tell });
  const brush = makeBrush(sides, (box) => { state.box = box; side.select(null); });
  drawChoices();
  drawTools({ box: at("ym-tools"), page, dialog: at("ym-table"), config, state, ask, categoryName, scene, source, brush, side });
  makePointing({ sides, boards: scene.boards, highlight, select: side.select, quiet: brush.justEnded });
  await Promise.all([drawn, tellFresh(), side.select(state.selected)]);
  listen();
  window.yaotongBoards = scene.boards;
  // Said aloud to assistive technology, and what a test waits for.
  if (scene.whole()) at("ym-status").textContent = say("地图已就绪");
  document.documentElement.dataset.map = scene.whole() ? "ready" : "partial";
}

start().catch((error) => { (side ? side.fail : console.error)(error); });
