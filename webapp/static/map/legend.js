// The legend of one side: made from the same paint and summary as the map.

import { HATCH, element, number, svg } from "./dom.js";
import { markSymbol } from "./marks.js";
import { bubbleRadius, colourOf } from "./scale.js";
import { say } from "./words.js";

// `zoom` is that of the tiles shown: where areas would be dots, larger ones are drawn and told of.
export function drawLegend(box, entries, categoryName, grouped, zoom) {
  const parts = entries
    .filter((entry) => entry.on && entry.summary && ROWS[entry.spec.paint.mark])
    .map((entry) => block(toldAt(entry, zoom), categoryName, grouped));
  box.replaceChildren(...parts);
}

function toldAt(entry, zoom) {
  const merged = mergedAt(entry.summary, zoom);
  return merged ? { ...entry, summary: { ...entry.summary, ...merged, parts: entry.summary.features } } : entry;
}

// Which of the coarser summaries speaks at a zoom of tiles: the last that is shown below more than it, or none.
export function mergedAt(summary, zoom) {
  return ((summary && summary.merged) || []).filter((one) => zoom < one.below).at(-1) || null;
}

const ROWS = { fill: fillRows, zone: classRows, class: classRows, line: classRows, bubble: bubbleRows };

function block(entry, categoryName, grouped) {
  const { paint } = entry.spec;
  const items = ROWS[paint.mark](entry);
  const name = paint.by_category && categoryName ? say("{name}（{category}）", { name: paint.legend_zh, category: categoryName }) : paint.legend_zh;
  const few = paint.mark === "fill" && entry.summary.few ? `* ${paint.few_zh}` : "";
  const points = paint.mark === "class" || paint.mark === "bubble";
  const areas = paint.mark === "fill" || paint.mark === "zone";
  const together = !(points || areas) || !grouped(entry) ? "" : points ? say("圆中数字：合在一起的药店数") : say("太小的区域合成一格，取居中的一个");
  const { parts, features } = entry.summary;
  const larger = parts ? say("缩小时按上级区域合计（{n} 个）；放大后分到 {parts} 个区域", { n: number(features), parts: number(parts) }) : "";
  const notes = [larger, paint.note_zh, entry.summary.fine_zh, few, together].filter(Boolean);
  return element("div", { class: "ym-block" },
    element("h3", {}, name, paint.unit ? element("small", {}, ` ${paint.unit}`) : null),
    element("ul", {}, ...items),
    notes.length ? element("p", { class: "ym-fine" }, notes.join(say("；"))) : null);
}

function item(symbol, text, count) {
  return element("li", {}, symbol, element("span", {}, text), count === undefined ? null : element("b", {}, number(count)));
}

function swatch(fill) {
  const box = svg("rect", { x: "0.5", y: "0.5", width: "23", height: "13", rx: "2", fill, stroke: "#9aa5ae" });
  return svg("svg", { width: "24", height: "14", viewBox: "0 0 24 14", "aria-hidden": "true" }, box);
}

function fillRows(entry) {
  const { paint } = entry.spec;
  const { limits, counts, nothing, unknown, least, most } = entry.summary;
  const items = [];
  if (nothing) items.push(item(swatch(paint.nothing), paint.zero_zh || "0", nothing));
  if (counts.some(Boolean)) {
    counts.forEach((count, index) => items.push(item(swatch(colourOf(index, limits, paint.palette)), rangeText(index, limits, least, most), count)));
  }
  // Always there, for a reader must know what hatching means before meeting it.
  items.push(item(swatch(HATCH), paint.unknown_zh, unknown));
  return items;
}

function rangeText(index, limits, least, most) {
  if (limits.length === 0) return [...new Set([least, most].map(number))].join(" – ");
  if (index === 0) return `< ${number(limits[0])}`;
  if (index === limits.length) return `≥ ${number(limits[index - 1])}`;
  return `${number(limits[index - 1])} – ${number(limits[index])}`;
}

function classRows(entry) {
  return entry.spec.paint.classes.map((mark) => item(symbolOf(mark), mark.label_zh, entry.summary.counts[mark.key] || 0));
}

function symbolOf(mark) {
  if (mark.shape === "zone") return swatch(mark.colour);
  if (mark.shape === "hatch") return swatch(HATCH);
  if (mark.shape !== "line") return markSymbol(mark);
  const line = svg("path", { d: "M1,7 L23,7", stroke: mark.colour, "stroke-width": String(mark.radius + 1), "stroke-linecap": "round" });
  return svg("svg", { width: "24", height: "14", viewBox: "0 0 24 14", "aria-hidden": "true" }, line);
}

function bubbleRows(entry) {
  const { paint } = entry.spec;
  const { largest, nothing, unknown } = entry.summary;
  const steps = largest > 0 ? [...new Set([largest, largest / 4, largest / 16].map((one) => Number(one.toPrecision(1))))] : [];
  const items = steps.filter((one) => one >= 1).reverse().map((one) => item(disc(bubbleRadius(one, largest), paint.palette[0]), number(one)));
  items.push(item(markSymbol({ shape: "circle", colour: "#8b949e", radius: 2.5 }), paint.zero_zh, nothing));
  items.push(item(markSymbol({ shape: "ring", colour: "#8b949e", radius: 4 }), paint.unknown_zh, unknown));
  return items;
}

function disc(radius, colour) {
  const size = String(Math.ceil(2 * radius + 2));
  const half = String((2 * radius + 2) / 2);
  return svg("svg", { width: size, height: size, "aria-hidden": "true" },
    svg("circle", { cx: half, cy: half, r: String(radius), fill: colour, "fill-opacity": "0.62" }));
}
