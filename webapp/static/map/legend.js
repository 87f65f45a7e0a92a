// The legend of one side: made from the same paint and data as the map.

import { HATCH, element, number, svg } from "./dom.js";
import { markSymbol } from "./marks.js";
import { bubbleRadius, classOf, colourOf, isFew, valueOf } from "./scale.js";

export function drawLegend(box, entries, category, categoryName) {
  const parts = entries
    .filter((entry) => entry.on && entry.collection && entry.spec.paint.mark !== "outline")
    .map((entry) => block(entry, category, categoryName));
  box.replaceChildren(...parts);
}

function block(entry, category, categoryName) {
  const { paint } = entry.spec;
  const rows = { fill: fillRows, class: classRows, bubble: bubbleRows }[paint.mark](entry, category);
  const drugs = paint.mark === "bubble" || (paint.mark === "fill" && paint.unit.startsWith("盒"));
  const name = drugs && category !== "SPECIAL" ? `${paint.legend_zh}（${categoryName}）` : paint.legend_zh;
  const notes = [paint.note_zh, entry.collection.fine_zh, rows.note].filter(Boolean);
  return element("div", { class: "ym-block" },
    element("h3", {}, name, paint.unit ? element("small", {}, ` ${paint.unit}`) : null),
    element("ul", {}, ...rows.items),
    notes.length ? element("p", { class: "ym-fine" }, notes.join("；")) : null);
}

function item(symbol, text, count) {
  return element("li", {}, symbol, element("span", {}, text), count === undefined ? null : element("b", {}, String(count)));
}

function swatch(fill) {
  const box = svg("rect", { x: "0.5", y: "0.5", width: "23", height: "13", rx: "2", fill, stroke: "#9aa5ae" });
  return svg("svg", { width: "24", height: "14", viewBox: "0 0 24 14", "aria-hidden": "true" }, box);
}

function fillRows(entry, category) {
  const { paint } = entry.spec;
  const { features, limits: all } = entry.collection;
  const limits = all[category] || [];
  const values = features.map((feature) => valueOf(feature, category));
  const unknown = values.filter((value) => value === null).length;
  const nothing = values.filter((value) => value !== null && value <= 0).length;
  const items = [];
  if (nothing) items.push(item(swatch(paint.nothing), paint.zero_zh || "0", nothing));
  const positive = values.filter((value) => value > 0);
  if (positive.length) {
    for (let index = 0; index <= limits.length; index += 1) {
      const count = positive.filter((value) => classOf(value, limits) === index).length;
      items.push(item(swatch(colourOf(index, limits, paint.palette)), rangeText(index, limits, positive), count));
    }
  }
  // Always there, for a reader must know what hatching means before meeting it.
  items.push(item(swatch(HATCH), paint.unknown_zh, unknown));
  const few = features.some((feature) => isFew(feature, category));
  return { items, note: few ? `* ${paint.few_zh}` : "" };
}

function rangeText(index, limits, values) {
  if (limits.length === 0) {
    return [...new Set([Math.min(...values), Math.max(...values)].map(number))].join(" – ");
  }
  if (index === 0) return `< ${number(limits[0])}`;
  if (index === limits.length) return `≥ ${number(limits[index - 1])}`;
  return `${number(limits[index - 1])} – ${number(limits[index])}`;
}

function classRows(entry) {
  const counts = new Map();
  for (const feature of entry.collection.features) {
    const key = feature.properties.class;
    counts.set(key, (counts.get(key) || 0) + 1);
  }
  const items = entry.spec.paint.classes.map((mark) => item(markSymbol(mark), mark.label_zh, counts.get(mark.key) || 0));
  return { items };
}

function bubbleRows(entry, category) {
  const { paint } = entry.spec;
  const values = entry.collection.features.map((feature) => valueOf(feature, category));
  const largest = entry.collection.largest[category];
  const steps = largest > 0 ? [...new Set([largest, largest / 4, largest / 16].map((one) => Number(one.toPrecision(1))))] : [];
  const items = steps.filter((one) => one >= 1).reverse().map((one) => item(disc(bubbleRadius(one, largest), paint.palette[0]), number(one)));
  items.push(item(markSymbol({ shape: "circle", colour: "#8b949e", radius: 2.5 }), paint.zero_zh, values.filter((one) => one !== null && one <= 0).length));
  items.push(item(markSymbol({ shape: "ring", colour: "#8b949e", radius: 4 }), paint.unknown_zh, values.filter((one) => one === null).length));
  return { items };
}

function disc(radius, colour) {
  const size = String(Math.ceil(2 * radius + 2));
  const half = String((2 * radius + 2) / 2);
  return svg("svg", { width: size, height: size, "aria-hidden": "true" },
    svg("circle", { cx: half, cy: half, r: String(radius), fill: colour, "fill-opacity": "0.62" }));
}
