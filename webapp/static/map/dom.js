// Small helpers to build elements. Text is always text: nothing here parses markup.

const SVG = "http://www.w3.org/2000/svg";

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "onclick") made.addEventListener("click", value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export function number(value) {
  const options = Math.abs(value) >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 };
  return value.toLocaleString("zh-CN", options);
}

// The hatch that stands for "unknown", defined once for the whole page.
export const HATCH = "url(#ym-hatch)";

export function addHatch() {
  const lines = svg("path", { d: "M0,8 L8,0 M-2,2 L2,-2 M6,10 L10,6", stroke: "#8a939c", "stroke-width": "1.3" });
  const ground = svg("rect", { width: "8", height: "8", fill: "#f3f4f5" });
  const pattern = svg("pattern", { id: "ym-hatch", width: "8", height: "8", patternUnits: "userSpaceOnUse" }, ground, lines);
  document.body.append(svg("svg", { width: "0", height: "0", class: "ym-defs", "aria-hidden": "true" }, svg("defs", {}, pattern)));
}
