// Draws the features of one tile on its canvas. Knows marks of paint, no layer by name.

import { EXTENT } from "./mvt.js";
import { shapePath } from "./marks.js";
import { addRings, extentOf } from "./rings.js";
import { bubbleRadius, classOf, colourOf } from "./scale.js";

const FADED = 0.18;
const LEAST_PX = 9; // borders of smaller areas are left out, and come in until twice as large
const STRENGTHS = 4; // of borders that come in
const MOST_GROUP_PX = 15.5; // groups stand 32 px apart
const UNKNOWN_GREY = "#8b949e";
const LAND = "#faf9f5";

// `loaded`: [{ entry, features }], lowest first. `frame`: size of the tile in px, pixel ratio, its place in the
// world, and how much colours of areas cover of what lies below (1: nothing lies there). Returns what can be hit, in the order drawn.
export function drawTile(ctx, loaded, frame) {
  const unit = frame.size / EXTENT;
  const hits = [];
  for (const { entry, features } of loaded) {
    const draw = PAINTERS[entry.spec.paint.mark];
    if (draw) draw(ctx, entry, features, { ...frame, unit }, hits);
  }
  return hits;
}

const PAINTERS = { fill: drawAreas, zone: drawAreas, outline: drawOutlines, line: drawLines, class: drawPoints, bubble: drawPoints };

// One path for all areas of a colour: tens of thousands of areas are then a handful of fillings.
function drawAreas(ctx, entry, features, frame, hits) {
  const { paint } = entry.spec;
  const paths = new Map();
  for (const feature of features) {
    if (feature.kind !== 3) continue;
    const fill = paint.mark === "fill" ? fillOf(feature.props.value, entry, paint) : zoneOf(feature.props.class, paint);
    if (!paths.has(fill)) paths.set(fill, new Path2D());
    addRings(paths.get(fill), feature.parts, frame.unit);
    hits.push({ entry, feature, unit: frame.unit, area: true });
  }
  ctx.globalAlpha = frame.veil;
  for (const [fill, path] of paths) {
    ctx.fillStyle = fill === null ? hatch(ctx, frame) : fill;
    ctx.fill(path, "nonzero");
    if (fill === null) continue;
    ctx.strokeStyle = fill; // closes the hairline between neighbours
    ctx.lineWidth = 0.6;
    ctx.stroke(path);
  }
  ctx.globalAlpha = 1;
}

// The colour of a value; null where it is unknown.
export function fillOf(value, entry, paint) {
  if (value === null || value === undefined || Number.isNaN(value)) return null;
  if (value <= 0) return paint.nothing;
  const limits = entry.summary ? entry.summary.limits : [];
  return colourOf(classOf(value, limits), limits, paint.palette);
}

function zoneOf(key, paint) {
  const mark = paint.classes.find((one) => one.key === key);
  return mark && mark.shape !== "hatch" ? mark.colour : null;
}

// The hatch stands for "unknown". Its lines meet across tiles, for they are laid out from the world's corner.
function hatch(ctx, frame) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8 * frame.ratio;
  const pen = tile.getContext("2d");
  pen.scale(frame.ratio, frame.ratio);
  pen.fillStyle = "#f3f4f5";
  pen.fillRect(0, 0, 8, 8);
  pen.strokeStyle = "#8a939c";
  pen.lineWidth = 1.3;
  pen.stroke(new Path2D("M0,8 L8,0 M-2,2 L2,-2 M6,10 L10,6"));
  const pattern = ctx.createPattern(tile, "repeat");
  const shift = new DOMMatrix().translate(-(frame.left % 8), -(frame.top % 8)).scale(1 / frame.ratio);
  pattern.setTransform(shift);
  return pattern;
}

function drawOutlines(ctx, entry, features, frame, hits) {
  const land = new Path2D();
  const below = []; // areas can be chosen with no ground on
  for (const leaf of [true, false]) {
    ctx.strokeStyle = leaf ? "#5d6b78" : "#33414d";
    ctx.lineWidth = leaf ? 1 : 2;
    // Shaped by data that say they are schematic: drawn as such.
    ctx.setLineDash(entry.summary && entry.summary.fine_zh ? [5, 4] : []);
    const paths = new Map();
    for (const feature of features) {
      if (feature.kind === 1 || Boolean(feature.props.leaf) !== leaf) continue;
      // Thousands of borders a few pixels apart would only darken the ground.
      const strength = Math.min(1, (extentOf(feature) * frame.unit - LEAST_PX) / LEAST_PX);
      if (strength <= 0) continue;
      const step = Math.ceil(strength * STRENGTHS) / STRENGTHS;
      if (!paths.has(step)) paths.set(step, new Path2D());
      addRings(paths.get(step), feature.parts, frame.unit);
      if (!leaf || feature.kind !== 3) continue;
      below.push({ entry, feature, unit: frame.unit, area: true });
      if (frame.veil === 1) addRings(land, feature.parts, frame.unit);
    }
    for (const [step, path] of paths) {
      ctx.globalAlpha = step;
      ctx.stroke(path);
    }
  }
  ctx.setLineDash([]);
  ctx.globalAlpha = 1;
  if (below.length) drawLand(ctx, land);
  const above = hits.splice(0);
  for (const one of below) hits.push(one);
  for (const one of above) hits.push(one);
}

// Soft land below whatever is drawn already; over a picture there is no need of it.
function drawLand(ctx, path) {
  ctx.globalCompositeOperation = "destination-over";
  ctx.fillStyle = LAND;
  ctx.fill(path, "nonzero");
  ctx.globalCompositeOperation = "source-over";
}

function drawLines(ctx, entry, features, frame, hits) {
  const { paint } = entry.spec;
  for (const feature of features) {
    if (feature.kind !== 2) continue;
    const mark = paint.classes.find((one) => one.key === feature.props.class) || paint.classes[0];
    const path = new Path2D();
    for (const line of feature.parts) {
      line.forEach(([x, y], index) => (index ? path.lineTo(x * frame.unit, y * frame.unit) : path.moveTo(x * frame.unit, y * frame.unit)));
    }
    ctx.lineWidth = mark.radius + Math.min(4, Math.log2(Math.max(1, feature.props.weight || 1)));
    ctx.lineCap = "round";
    ctx.globalAlpha = 0.75;
    ctx.strokeStyle = mark.colour;
    ctx.stroke(path);
    ctx.globalAlpha = 1;
    hits.push({ entry, feature, path, line: ctx.lineWidth });
  }
}

function drawPoints(ctx, entry, features, frame, hits) {
  const bubbles = entry.spec.paint.mark === "bubble";
  const drawn = features.filter((one) => one.kind === 1).map((feature) => {
    const [x, y] = feature.parts[0];
    const look = feature.props.n > 1 ? groupLook(feature, entry) : bubbles ? bubbleLook(feature, entry) : markLook(feature, entry);
    return { entry, feature, x: x * frame.unit, y: y * frame.unit, ...look };
  });
  drawn.sort((a, b) => a.radius - b.radius);
  for (const one of drawn) {
    ctx.globalAlpha = one.feature.props.faded ? FADED : 1;
    one.draw(ctx, one, frame);
    hits.push(one);
  }
  ctx.globalAlpha = 1;
}

function markLook(feature, entry) {
  const mark = entry.spec.paint.classes.find((one) => one.key === feature.props.class);
  return { radius: mark.radius, draw: (ctx, one, frame) => stamp(ctx, one, mark, frame.ratio) };
}

// Each mark is drawn once and stamped from then on: thousands of points cost no path.
const stamps = new Map();

function stamp(ctx, { x, y }, mark, ratio) {
  const key = `${mark.shape}|${mark.colour}|${mark.radius}|${ratio}`;
  if (!stamps.has(key)) stamps.set(key, makeStamp(mark, ratio));
  const { canvas, half } = stamps.get(key);
  ctx.drawImage(canvas, x - half, y - half, 2 * half, 2 * half);
}

function makeStamp(mark, ratio) {
  const half = Math.ceil(mark.radius * 1.25 + 2);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 2 * half * ratio;
  const ctx = canvas.getContext("2d");
  ctx.scale(ratio, ratio);
  const open = mark.shape === "ring" || mark.shape === "cross";
  const path = new Path2D(shapePath(mark.shape, half, half, mark.radius));
  if (mark.shape !== "cross") {
    ctx.globalAlpha = open ? 0.6 : 0.92;
    ctx.fillStyle = open ? "#ffffff" : mark.colour;
    ctx.fill(path);
  }
  ctx.globalAlpha = 1;
  ctx.strokeStyle = open ? mark.colour : "#ffffff";
  ctx.lineWidth = open ? 1.8 : 1;
  ctx.setLineDash(mark.shape === "ring" ? [2, 2] : []);
  ctx.stroke(path);
  return { canvas, half };
}

function bubbleLook(feature, entry) {
  const { value } = feature.props;
  const known = value !== null && value !== undefined;
  if (!known || value <= 0) {
    const mark = { shape: known ? "circle" : "ring", colour: UNKNOWN_GREY, radius: known ? 2.5 : 4 };
    return { radius: mark.radius, draw: (ctx, one, frame) => stamp(ctx, one, mark, frame.ratio) };
  }
  return bubbleDisc(bubbleRadius(value, entry.summary ? entry.summary.largest : 0), entry.spec.paint.palette[0], 0.62);
}

function bubbleDisc(radius, colour, alpha) {
  return {
    radius,
    draw: (ctx, one) => {
      const before = ctx.globalAlpha;
      ctx.beginPath();
      ctx.arc(one.x, one.y, radius, 0, 2 * Math.PI);
      ctx.globalAlpha = before * alpha;
      ctx.fillStyle = colour;
      ctx.fill();
      ctx.globalAlpha = before;
      ctx.strokeStyle = "#ffffff";
      ctx.lineWidth = 1;
      ctx.stroke();
    },
  };
}

// Several shops in one place of the screen: a disc with their number, ringed by the share of each class.
function groupLook(feature, entry) {
  const { n } = feature.props;
  const radius = Math.min(MOST_GROUP_PX, 6 + 1.1 * Math.log2(n));
  const shares = entry.spec.paint.classes.map((mark) => [mark.colour, feature.props[`k_${mark.key}`] || 0]).filter(([, count]) => count);
  if (shares.length === 0) shares.push([entry.spec.paint.palette[0] || UNKNOWN_GREY, n]);
  return { radius, draw: (ctx, one) => drawGroup(ctx, one, radius, shares, n) };
}

function drawGroup(ctx, { x, y }, radius, shares, n) {
  const all = shares.reduce((sum, [, count]) => sum + count, 0);
  let from = -Math.PI / 2;
  for (const [colour, count] of shares) {
    const until = from + (2 * Math.PI * count) / all;
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.arc(x, y, radius, from, until);
    ctx.closePath();
    ctx.fillStyle = colour;
    ctx.fill();
    from = until;
  }
  ctx.beginPath();
  ctx.arc(x, y, radius - 3, 0, 2 * Math.PI);
  ctx.fillStyle = "rgba(255, 255, 255, .92)";
  ctx.fill();
  ctx.fillStyle = "#1d2a33";
  ctx.font = `600 ${radius > 14 ? 10 : 9}px system-ui, sans-serif`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(shortNumber(n), x, y + 0.5);
}

export function shortNumber(n) {
  if (n < 1000) return String(n);
  return n < 10000 ? `${(n / 1000).toFixed(1)}k` : n < 1e6 ? `${Math.round(n / 1000)}k` : `${(n / 1e6).toFixed(1)}M`;
}
