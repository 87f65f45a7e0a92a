// The side panel follows what is chosen: nothing, a rectangle, a shop or an area.

import { element } from "./dom.js";
import { drawOverview, drawPanel } from "./panel.js";
import { say } from "./words.js";

export function makeSidePanel({ panel, state, ask, source, highlight, tell }) {
  // On a phone the panel lies below the map: a button that stays in sight leads there.
  const chip = element("button", { type: "button", class: "ym-chip", hidden: true, onclick: () => panel.scrollIntoView({ behavior: "smooth" }) });
  panel.after(chip);
  new IntersectionObserver(([seen]) => { if (seen.isIntersecting) chip.hidden = true; }).observe(panel);

  async function select(id) {
    state.selected = id;
    if (id !== null) state.box = null;
    tell();
    try {
      if (id !== null) await showFeature(id);
      else if (state.box) await showBox();
      else await showOverview();
      const chosen = state.selected !== null || state.box !== null;
      showChip(chosen ? panel.querySelector("h2").textContent : null);
      panel.scrollTop = 0;
    } catch (error) {
      fail(error);
    }
  }

  async function showFeature(id) {
    const data = await source.panel(id.replace(":", "/"), ask());
    if (state.selected !== id) return;
    highlight.frame(null);
    highlight.show(data);
    highlight.reveal(data);
    drawPanel(panel, data, select);
  }

  async function showOverview() {
    const data = await source.panel("overview", ask());
    if (state.selected !== null || state.box) return;
    highlight.frame(null);
    highlight.show(null);
    drawOverview(panel, data, select);
  }

  async function showBox() {
    const box = state.box;
    const [west, south, east, north] = box;
    highlight.show(null);
    highlight.frame([[south, west], [north, east]]);
    const data = await source.panel("inside", { ...ask(), box: box.map((one) => one.toFixed(5)).join(",") });
    if (state.box === box) drawPanel(panel, data, (id) => (id === null ? clear() : select(id)));
  }

  function clear() {
    state.box = null;
    return select(null);
  }

  function showChip(name) {
    chip.hidden = name === null || panel.getBoundingClientRect().top < window.innerHeight;
    chip.replaceChildren(element("span", {}, name || ""), element("span", {}, say("看详情 ↓")));
  }

  function fail(error) {
    panel.replaceChildren(element("p", { class: "ym-note", role: "alert" }, say("{error}。请刷新页面重试。", { error: error.message })));
  }

  return { select, clear, fail };
}
