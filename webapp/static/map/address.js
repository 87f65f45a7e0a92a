// The state of the page in its address, after the #: a reload or a colleague's click shows the same picture.

export function readAddress() {
  const asked = new URLSearchParams(window.location.hash.slice(1));
  const view = (asked.get("view") || "").split(",").map(Number);
  return {
    category: asked.get("category"),
    selected: asked.get("selected"),
    layers: Object.fromEntries(["left", "right"].filter((side) => asked.has(side)).map((side) => [side, asked.get(side).split(",")])),
    view: view.length === 3 && view.every(Number.isFinite) ? view : null,
  };
}

export function writeAddress({ category, selected, layers, view }) {
  const said = new URLSearchParams();
  if (category) said.set("category", category);
  if (selected) said.set("selected", selected);
  for (const [side, shown] of Object.entries(layers)) said.set(side, shown.join(","));
  said.set("view", view.map((one, index) => one.toFixed(index === 2 ? 2 : 5)).join(","));
  window.history.replaceState(null, "", `#${said}`);
}
