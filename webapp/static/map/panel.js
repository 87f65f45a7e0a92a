// The one side panel: the region at first, then whatever is selected on either map.

import { element, number } from "./dom.js";

export function drawOverview(box, data, select) {
  const facts = [
    ["药店", `${data.shops} 家`],
    ["停报", `${data.silent} 家`],
    ["从未上报", `${data.never} 家`],
    ...(data.outside ? [["在已知区域之外", `${data.outside} 家`]] : []),
  ];
  box.replaceChildren(
    element("p", { class: "ym-kind" }, "总览"),
    element("h2", {}, "各区域"),
    factList(facts),
    areaTable(data, select),
    element("p", { class: "ym-fine" }, data.fine_zh ?? `未结预警为各部门合计。特药为近 ${data.window_days} 天每千人盒数。点地图上的区域或药店看详情。`),
  );
}

function areaTable(data, select) {
  const levels = data.levels_zh;
  const head = element("tr", {}, element("th", { scope: "col" }, "区域"),
    ...levels.map(([key, name]) => element("th", { scope: "col", class: `ym-level ym-${key}` }, name.slice(0, 1))),
    element("th", { scope: "col" }, data.rate_zh ?? "特药/千人"));
  const rows = data.areas.map((area) => element("tr", { class: area.known ? "" : "ym-nodata" },
    element("th", { scope: "row" }, element("button", { type: "button", onclick: () => select(area.id) }, area.name)),
    ...(area.known
      ? [...levels.map(([key]) => element("td", { class: area.levels[key] ? "" : "ym-none" }, String(area.levels[key]))),
        element("td", {}, area.rate === null ? "未知" : number(area.rate))]
      : [element("td", { colspan: String(levels.length + 1) }, "无数据（未知）")])));
  return element("table", { class: "ym-table" }, element("thead", {}, head), element("tbody", {}, ...rows));
}

export function drawPanel(box, data, select) {
  const title = data.href ? element("a", { href: data.href }, data.title) : data.title;
  box.replaceChildren(...[
    element("button", { type: "button", class: "ym-close", onclick: () => select(null) }, "返回总览"),
    element("p", { class: "ym-kind" }, data.kind_zh),
    element("h2", {}, title),
    data.area ? element("p", {}, "位于 ", element("button", { type: "button", class: "ym-link", onclick: () => select(data.area.id) }, data.area.name)) : null,
    ...data.notes.map((note) => element("p", { class: "ym-note" }, note)),
    element("h3", {}, `${data.alerts_zh ?? "未结预警"} ${data.alerts.length} 条`),
    data.alerts.length ? element("ul", { class: "ym-alerts" }, ...data.alerts.map(alertItem))
      : element("p", { class: "ym-fine" }, data.none_zh),
    data.others.length ? element("p", { class: "ym-fine" }, `其他部门的未结预警：${data.others.map((one) => `${one.level_zh} ${one.count} 条`).join("、")}`) : null,
    element("h3", {}, "情况"),
    factList(data.facts),
    ...(data.shops && data.shops.length ? shopList(data.shops, select) : []),
    data.href ? element("p", {}, element("a", { class: "ym-more", href: data.href }, "打开药店档案")) : null,
  ].filter(Boolean));
}

function factList(facts) {
  return element("dl", { class: "ym-facts" }, ...facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
}

function alertItem(one) {
  const title = one.href ? element("a", { href: one.href }, one.title) : element("strong", {}, one.title);
  return element("li", { class: `ym-alert ym-${one.level}` },
    element("p", {}, element("span", { class: "ym-tag" }, one.level_zh), title),
    one.text ? element("p", {}, one.text) : "",
    element("p", { class: "ym-fine" }, [one.part_zh, one.days].filter(Boolean).join(" · ")));
}

function shopList(shops, select) {
  const items = shops.map((shop) => element("li", {},
    element("button", { type: "button", onclick: () => select(shop.id) }, shop.name),
    shop.level ? element("span", { class: `ym-tag ym-${shop.level}` }, shop.level_zh) : null,
    shop.state_zh ? element("span", { class: "ym-state" }, shop.state_zh) : null));
  return [element("h3", {}, `药店 ${shops.length} 家`), element("ul", { class: "ym-shops" }, ...items)];
}
