// The tools above the maps: rectangle, table, print, pictures.

import { element } from "./dom.js";
import { filterText } from "./filters.js";
import { makePicture, pictureName, savePdf, savePng } from "./picture.js";
import { makeTable } from "./table.js";
import { say } from "./words.js";

export function drawTools({ box, page, dialog, config, state, ask, categoryName, scene, source, brush, side }) {
  const entries = () => scene.names.flatMap((name) => scene.drawnAt(name));
  const table = makeTable(dialog, { entries, ask, source, choose: side.select });
  const fresh = document.getElementById("ym-fresh");
  const picture = () => makePicture(page, {
    title: document.title,
    sub: [fresh && fresh.textContent, config.about].filter(Boolean).join(" · "),
    filters: [categoryName(), filterText(config.filters || [], state.filters)].filter(Boolean).join(say("；")),
    foot: [config.author, drawnAt(), say("内部资料，不得对外发布")].filter(Boolean).join(" · "),
  });
  const tool = (name, act) => element("button", { type: "button", onclick: () => Promise.resolve(act()).catch(side.fail) }, name);
  box.replaceChildren(
    tool(say("框选"), () => brush.arm()),
    tool(say("表格"), () => table.open()),
    tool(say("打印"), () => window.print()),
    tool("PNG", async () => savePng(await picture(), pictureName(state.day))),
    tool("PDF", async () => savePdf(await picture(), pictureName(state.day))),
  );
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    brush.rest();
    if (state.selected || state.box) side.clear();
  });
}

function drawnAt() {
  return say("制图 {time}", { time: new Date().toLocaleString("zh-CN", { hour12: false }) });
}

// On a phone one map is shown at a time.
export function drawFaces(faces, page, sides, titles) {
  if (!faces) return;
  const names = Object.keys(sides);
  const show = (side) => {
    page.dataset.face = side;
    for (const one of faces.children) one.setAttribute("aria-pressed", String(one.dataset.face === side));
    for (const map of Object.values(sides)) map.invalidateSize();
  };
  faces.replaceChildren(...names.map((side) => element("button", { type: "button", "data-face": side, onclick: () => show(side) }, titles(side))));
  show(names[0]);
}
