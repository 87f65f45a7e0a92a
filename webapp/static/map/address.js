// The state of the page in its address, after the #: a reload or a colleague's click shows the same picture.

const OWN = new Set(["category", "selected", "left", "right", "view", "day", "known", "box", "base"]);

export function readAddress() {
  const asked = new URLSearchParams(window.location.hash.slice(1));
  const numbers = (name, count) => {
    const given = (asked.get(name) || "").split(",").map(Number);
    return given.length === count && asked.get(name) && given.every(Number.isFinite) ? given : null;
  };
  const filters = {};
  for (const [name, value] of asked) if (!OWN.has(name)) (filters[name] ||= []).push(value);
  return {
    category: asked.get("category"),
    selected: asked.get("selected"),
    day: asked.get("day"),
    known: asked.get("known"),
    base: asked.get("base"),
    layers: Object.fromEntries(["left", "right"].filter((side) => asked.has(side)).map((side) => [side, asked.get(side).split(",")])),
    view: numbers("view", 3),
    box: numbers("box", 4),
    filters,
  };
}

export function writeAddress({ category, selected, day, known, base, layers, view, box, filters }) {
  const said = new URLSearchParams();
  for (const [name, value] of Object.entries({ category, selected, day, known, base })) if (value) said.set(name, value);
  for (const [side, shown] of Object.entries(layers)) said.set(side, shown.join(","));
  for (const [name, values] of Object.entries(filters)) for (const value of values) said.append(name, value);
  if (box) said.set("box", box.map((one) => one.toFixed(5)).join(","));
  said.set("view", view.map((one, index) => one.toFixed(index === 2 ? 2 : 5)).join(","));
  window.history.replaceState(null, "", `#${said}`);
}
