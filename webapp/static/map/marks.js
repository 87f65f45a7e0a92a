// Points of several shapes, the same on the map and in the legend.

import { svg } from "./dom.js";

export function shapePath(shape, x, y, r) {
  if (shape === "square") return `M${x - r},${y - r}h${2 * r}v${2 * r}h${-2 * r}Z`;
  if (shape === "diamond") return `M${x},${y - r * 1.2}L${x + r},${y}L${x},${y + r * 1.2}L${x - r},${y}Z`;
  if (shape === "triangle") return `M${x},${y - r * 1.1}L${x + r},${y + r * 0.8}L${x - r},${y + r * 0.8}Z`;
  if (shape === "cross") return `M${x - r},${y - r}L${x + r},${y + r}M${x + r},${y - r}L${x - r},${y + r}`;
  return `M${x - r},${y}a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0Z`;
}

export const ShapeMarker = L.CircleMarker.extend({
  _updatePath() {
    const { x, y } = this._point;
    const outside = this._empty();
    this._renderer._setPath(this, outside ? "M0 0" : shapePath(this.options.shape || "circle", x, y, this._radius));
  },
});

// Leaflet's options for a mark; lines and rings are drawn with their colour, the rest with a white rim.
export function markStyle(mark) {
  const open = mark.shape === "ring" || mark.shape === "cross";
  return {
    shape: mark.shape,
    radius: mark.radius,
    stroke: true,
    color: open ? mark.colour : "#ffffff",
    weight: open ? 1.8 : 1,
    dashArray: mark.shape === "ring" ? "2 2" : null,
    fill: mark.shape !== "cross",
    fillColor: open ? "#ffffff" : mark.colour,
    fillOpacity: open ? 0.6 : 0.92,
    opacity: 1,
  };
}

export function markSymbol(mark) {
  const style = markStyle(mark);
  const path = svg("path", {
    d: shapePath(mark.shape, 11, 11, Math.min(mark.radius, 8)),
    fill: style.fill ? style.fillColor : "none",
    stroke: style.color,
    "stroke-width": String(style.weight),
  });
  if (style.dashArray) path.setAttribute("stroke-dasharray", style.dashArray);
  return svg("svg", { width: "22", height: "22", viewBox: "0 0 22 22", "aria-hidden": "true" }, path);
}
