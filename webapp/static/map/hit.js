// What lies under a pointer: the last drawn that contains it, points before lines before areas.

import { areaHolds } from "./rings.js";

const tester = document.createElement("canvas").getContext("2d");

export function hitTile(hits, x, y, reach) {
  return nearestPoint(hits, x, y, reach) || lineAt(hits, x, y, reach) || areaAt(hits, x, y);
}

// A finger is wider than a mark: `reach` widens what counts as on it, and the nearest wins.
function nearestPoint(hits, x, y, reach) {
  let found = null;
  let least = Infinity;
  for (const one of hits) {
    if (one.radius === undefined || one.feature.props.faded) continue;
    const distance = Math.hypot(one.x - x, one.y - y);
    if (distance <= one.radius + reach && distance <= least) [found, least] = [one, distance];
  }
  return found;
}

function lineAt(hits, x, y, reach) {
  const found = hits.filter((one) => {
    if (one.line === undefined) return false;
    tester.lineWidth = one.line + 2 * reach;
    return tester.isPointInStroke(one.path, x, y);
  });
  return found.length ? found[found.length - 1] : null;
}

function areaAt(hits, x, y) {
  for (let index = hits.length - 1; index >= 0; index -= 1) {
    const one = hits[index];
    if (one.area && areaHolds(tester, one, x, y)) return one;
  }
  return null;
}
