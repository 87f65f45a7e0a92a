// The same content as the map, as a table: for screen readers, for reading exactly, and for export.

import { element, number } from "./dom.js";
import { say } from "./words.js";

export function makeTable(dialog, { entries, ask, source, choose }) {
  let current = null;

  async function open() {
    const shown = entries().filter((entry) => entry.on && entry.spec.paint.mark !== "outline" && entry.spec.paint.mark !== "label");
    current = shown.includes(current) ? current : shown[0];
    await draw(shown);
    if (!dialog.open) dialog.showModal();
  }

  async function draw(shown) {
    const picker = element("select", { "aria-label": say("图层") }, ...shown.map((one, index) =>
      element("option", { value: String(index), selected: one === current }, `${one.spec.side === "left" ? say("分布") : say("风险")} · ${one.spec.title}`)));
    picker.addEventListener("change", () => { current = shown[Number(picker.value)]; draw(shown); });
    const content = current ? await source.table(current.spec.id, ask()) : { rows: [], total: 0 };
    const address = current ? source.tableAddress(current.spec.id, ask()) : null;
    const cut = content.total > content.rows.length ? say("前 {n} 行，共 {total} 行；导出含全部", { n: content.rows.length, total: content.total }) : say("共 {n} 行", { n: content.rows.length });
    dialog.replaceChildren(
      element("header", { class: "ym-table-head" }, element("h2", {}, say("表格")), picker, element("span", { class: "ym-fine" }, cut),
        address ? element("a", { href: address, download: "" }, say("导出 CSV")) : null,
        element("button", { type: "button", onclick: () => dialog.close() }, say("关闭"))),
      element("div", { class: "ym-table-body", tabindex: "0" }, rowsOf(content.rows)));
  }

  function rowsOf(rows) {
    const paint = current ? current.spec.paint : { classes: [] };
    const names = new Map(paint.classes.map((mark) => [mark.key, mark.label_zh]));
    const head = element("tr", {}, element("th", { scope: "col" }, say("名称")), element("th", { scope: "col" }, paint.legend_zh + (paint.unit ? ` (${paint.unit})` : "")));
    return element("table", { class: "ym-table" }, element("thead", {}, head), element("tbody", {}, ...rows.map((row) => element("tr", {},
      element("th", { scope: "row" }, /^(shop|area):/.test(row.id) ? element("button", { type: "button", onclick: () => { dialog.close(); choose(row.id); } }, row.name) : row.name),
      element("td", { class: row.class === null && row.value === null ? "ym-unknown-cell" : null }, cell(row, names, paint))))));
  }

  function cell(row, names, paint) {
    if (row.class !== null) return names.get(row.class) || row.class;
    return row.value === null ? paint.unknown_zh : number(row.value);
  }

  return { open };
}
