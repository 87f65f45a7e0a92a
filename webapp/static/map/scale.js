// Values to colours and sizes; the legend asks the same functions as the map.

import { HATCH } from "./dom.js";

export function valueOf(feature, category) {
  const values = feature.properties.value;
  const value = values ? values[category] : undefined;
  return value === undefined ? null : value;
}

export function isFew(feature, category) {
  const flags = feature.properties.few;
  return Boolean(flags && flags[category]) && valueOf(feature, category) !== null;
}

// Index of the class of a positive value: how many limits are at or below it.
export function classOf(value, limits) {
  return limits.filter((limit) => limit <= value).length;
}

// Spread few classes over the whole palette, so that the highest is always the darkest.
export function colourOf(index, limits, palette) {
  if (limits.length === 0) return palette[Math.floor(palette.length / 2)];
  return palette[Math.round((index * (palette.length - 1)) / limits.length)];
}

export function fillOf(feature, category, collection, paint) {
  const value = valueOf(feature, category);
  if (value === null) return HATCH;
  if (value <= 0) return paint.nothing;
  const limits = collection.limits[category] || [];
  return colourOf(classOf(value, limits), limits, paint.palette);
}

const LARGEST_RADIUS = 17;

// Disc area in proportion to the value; even the smallest sale stays visible.
export function bubbleRadius(value, largest) {
  if (value === null || value <= 0 || !largest) return 2.5;
  return Math.max(3, LARGEST_RADIUS * Math.sqrt(value / largest));
}
