// Rings of areas as paths: made when they are needed, and not before.

// Adds the rings of one area to a path, in px. Rings end where they began: closing one takes the longer the
// longer the path is.
export function addRings(path, parts, unit) {
  for (const ring of parts) {
    const [x, y] = ring[0];
    path.moveTo(x * unit, y * unit);
    for (let index = 1; index < ring.length; index += 1) path.lineTo(ring[index][0] * unit, ring[index][1] * unit);
    path.lineTo(x * unit, y * unit);
  }
}

export function ringsPath(parts, unit) {
  const path = new Path2D();
  addRings(path, parts, unit);
  return path;
}

// [west, south, east, north] of what surrounds the rings, in units of the tile; reckoned once per feature.
export function cornersOf(feature) {
  if (!feature.corners) {
    let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const ring of feature.parts) {
      for (const [x, y] of ring) {
        if (x < west) west = x;
        if (x > east) east = x;
        if (y < south) south = y;
        if (y > north) north = y;
      }
    }
    feature.corners = [west, south, east, north];
  }
  return feature.corners;
}

// The larger side of what surrounds the rings, in units of the tile.
export function extentOf(feature) {
  const [west, south, east, north] = cornersOf(feature);
  return Math.max(east - west, north - south);
}

// Whether an area drawn with a unit holds a place of its tile; `pen` is any drawing to ask.
export function areaHolds(pen, hit, x, y) {
  const [west, south, east, north] = cornersOf(hit.feature);
  const { unit } = hit;
  if (x < west * unit || x > east * unit || y < south * unit || y > north * unit) return false;
  if (!hit.path) hit.path = ringsPath(hit.feature.parts, unit);
  return pen.isPointInPath(hit.path, x, y, "evenodd");
}
