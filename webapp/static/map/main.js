// Starts the dual map: takes the maps that the page made, fills their layers, and keeps both sides in step.

import { readAddress, writeAddress } from "./address.js";
import { addHatch, element } from "./dom.js";
import { drawLegend } from "./legend.js";
import { addPanes, fewAreas, paintLayer } from "./paint.js";
import { drawOverview, drawPanel } from "./panel.js";
import { AT_ONCE, makeHighlight } from "./select.js";
import { makeSource } from "./source.js";
import { drawSwitch } from "./switch.js";

const config = JSON.parse(document.getElementById("ym-config").textContent);
const asked = readAddress();
const source = makeSource(config.source);
const entries = window.yaotongLayers.map((entry) => ({ ...entry, on: shownAtFirst(entry.spec) }));
const sides = Object.fromEntries(entries.map((entry) => [entry.spec.side, entry.map]));
const panel = document.getElementById("ym-panel");
const filter = document.getElementById("ym-category");
const status = document.getElementById("ym-status");
const chip = element("button", { type: "button", class: "ym-chip", hidden: true, onclick: () => panel.scrollIntoView({ behavior: "smooth" }) });
const state = { category: known(asked.category) || config.categories[0][0], selected: asked.selected };
const highlight = makeHighlightAfterPanes();

function makeHighlightAfterPanes() {
  addHatch();
  for (const map of Object.values(sides)) {
    map.zoomControl.setPosition("topright");
    addPanes(map);
  }
  return makeHighlight(sides);
}

function known(category) {
  return config.categories.some(([key]) => key === category) ? category : null;
}

function shownAtFirst(spec) {
  const listed = asked.layers[spec.side];
  return listed ? listed.includes(spec.id) : spec.shown;
}

function tell() {
  if (!document.documentElement.dataset.map) return;
  const map = sides.left;
  const centre = map.getCenter();
  const layers = Object.fromEntries(Object.keys(sides).map((side) => [side, ofSide(side).filter((entry) => entry.on).map((entry) => entry.spec.id)]));
  const category = state.category === config.categories[0][0] ? null : state.category;
  writeAddress({ category, selected: state.selected, layers, view: [centre.lat, centre.lng, map.getZoom()] });
}

function ofSide(side) {
  return entries.filter((entry) => entry.spec.side === side);
}

function boxOf(side, part) {
  return document.querySelector(`.ym-side[data-side="${side}"] ${part}`);
}

async function fill(entry) {
  if (entry.collection) return;
  entry.collection = await source(`layer/${entry.spec.id}`);
  highlight.learn(entry.collection);
  entry.restyle = paintLayer(entry, entry.collection, state.category, select);
}

async function showSide(side) {
  const mine = ofSide(side);
  await Promise.all(mine.filter((entry) => entry.on).map(fill));
  for (const entry of mine) {
    if (entry.on) entry.group.addTo(entry.map);
    else entry.group.remove();
  }
  restyle(side);
  tell();
}

function restyle(side) {
  const mine = ofSide(side);
  for (const entry of mine) if (entry.restyle) entry.restyle(state.category);
  const name = config.categories.find(([key]) => key === state.category)[1];
  drawLegend(boxOf(side, ".ym-legend"), mine, state.category, name);
  const ground = mine.find((entry) => entry.on && entry.collection && entry.spec.paint.mark === "fill");
  const few = ground ? fewAreas(ground.collection, state.category) : new Set();
  for (const label of boxOf(side, ".ym-map").querySelectorAll("[data-area]")) {
    label.classList.toggle("ym-few", few.has(label.dataset.area));
  }
}

async function select(id) {
  state.selected = id;
  tell();
  highlight.show(id);
  try {
    if (id === null) drawOverview(panel, await source("panel/overview"), select);
    else {
      const data = await source(`panel/${id.replace(":", "/")}`);
      if (state.selected !== id) return;
      highlight.reveal(id);
      drawPanel(panel, data, select);
    }
    showChip(id === null ? null : panel.querySelector("h2").textContent);
    panel.scrollTop = 0;
  } catch (error) {
    fail(error);
  }
}

// On a phone the panel lies below both maps: a button that stays in sight leads there.
function showChip(name) {
  chip.hidden = name === null || panel.getBoundingClientRect().top < window.innerHeight;
  chip.replaceChildren(element("span", {}, name || ""), element("span", {}, "看详情 ↓"));
}

function fail(error) {
  panel.replaceChildren(element("p", { class: "ym-note", role: "alert" }, `${error.message}。请刷新页面重试。`));
}

function drawFilter() {
  filter.replaceChildren(...config.categories.map(([key, name]) => element("option", { value: key }, name)));
  filter.addEventListener("change", () => {
    state.category = filter.value;
    for (const side of Object.keys(sides)) restyle(side);
    tell();
  });
  filter.value = state.category;
}

function listen() {
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && state.selected) select(null); });
  document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll(".ym-switch[open]")) if (!open.contains(event.target)) open.open = false;
  });
}

async function start() {
  listen();
  panel.after(chip);
  new IntersectionObserver(([seen]) => { if (seen.isIntersecting) chip.hidden = true; }).observe(panel);
  drawFilter();
  for (const side of Object.keys(sides)) {
    drawSwitch(boxOf(side, ".ym-choices"), side, ofSide(side), () => showSide(side).catch(fail));
  }
  new ResizeObserver(() => { for (const map of Object.values(sides)) map.invalidateSize(); }).observe(boxOf("left", ".ym-map"));
  if (asked.view) sides.left.setView(asked.view.slice(0, 2), asked.view[2], AT_ONCE);
  await Promise.all(Object.keys(sides).map(showSide));
  await select(state.selected);
  // Said aloud to assistive technology, and what a test waits for.
  status.textContent = "地图已就绪";
  document.documentElement.dataset.map = "ready";
  sides.left.on("moveend", tell);
}

start().catch(fail);
