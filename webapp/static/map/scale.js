// Values to colours and sizes; the legend asks the same functions as the map.

// Index of the class of a positive value: how many limits are at or below it.
export function classOf(value, limits) {
  return limits.filter((limit) => limit <= value).length;
}

// Spread few classes over the whole palette, so that the highest is always the darkest.
export function colourOf(index, limits, palette) {
  if (limits.length === 0) return palette[Math.floor(palette.length / 2)];
  return palette[Math.round((index * (palette.length - 1)) / limits.length)];
}

const LARGEST_RADIUS = 17;

// Disc area in proportion to the value; even the smallest sale stays visible, and no sum outgrows its tile.
export function bubbleRadius(value, largest) {
  if (value === null || value <= 0 || !largest) return 2.5;
  return Math.min(24, Math.max(3, LARGEST_RADIUS * Math.sqrt(value / largest)));
}
