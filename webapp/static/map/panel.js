// The one side panel: the region at first, then whatever is selected on either map.

import { element, number } from "./dom.js";
import { say } from "./words.js";

export function drawOverview(box, data, select) {
  const shops = (n) => say("{n} 家", { n: number(n) });
  const facts = [
    [say("药店"), shops(data.shops)],
    [say("停报药店"), shops(data.silent)],
    [say("从未上报"), shops(data.never)],
    ...(data.outside ? [[say("在已知区域之外"), shops(data.outside)]] : []),
  ];
  const fine = data.fine_zh ?? say("未结预警为各部门合计。特药为近 {days} 天每千人盒数。点地图上的区域或药店看详情；按住 Shift 拖动可框选。", { days: data.window_days });
  box.replaceChildren(
    element("p", { class: "ym-kind" }, say("总览")),
    element("h2", {}, say("各区域")),
    factList(facts),
    areaTable(data, select),
    data.more ? element("p", { class: "ym-fine" }, say("另有 {n} 个区域，见表格", { n: number(data.more) })) : "",
    element("p", { class: "ym-fine" }, fine),
  );
}

function areaTable(data, select) {
  const levels = data.levels_zh;
  const head = element("tr", {}, element("th", { scope: "col" }, say("区域")),
    ...levels.map(([key, name, short]) => element("th", { scope: "col", class: `ym-level ym-${key}`, title: name }, short ?? name.slice(0, 1))),
    element("th", { scope: "col" }, data.rate_zh ?? say("特药/千人")));
  const rows = data.areas.map((area) => element("tr", { class: area.known ? "" : "ym-nodata" },
    element("th", { scope: "row" }, element("button", { type: "button", onclick: () => select(area.id) }, area.name)),
    ...(area.known
      ? [...levels.map(([key]) => element("td", { class: area.levels[key] ? "" : "ym-none" }, String(area.levels[key]))),
        element("td", {}, area.rate === null ? say("未知") : number(area.rate))]
      : [element("td", { colspan: String(levels.length + 1) }, say("无数据（未知）"))])));
  return element("table", { class: "ym-table" }, element("thead", {}, head), element("tbody", {}, ...rows));
}

export function drawPanel(box, data, select) {
  const title = data.href ? element("a", { href: data.href }, data.title) : data.title;
  box.replaceChildren(...[
    element("button", { type: "button", class: "ym-close", onclick: () => select(null) }, say("返回总览")),
    element("p", { class: "ym-kind" }, data.kind_zh),
    element("h2", {}, title),
    data.area ? element("p", {}, say("位于"), " ", element("button", { type: "button", class: "ym-link", onclick: () => select(data.area.id) }, data.area.name)) : null,
    ...data.notes.map((note) => element("p", { class: "ym-note" }, note)),
    ...(data.alerts ? alertList(data) : []),
    ...(data.facts.length ? [element("h3", {}, say("情况")), factList(data.facts)] : []),
    ...(data.shops && data.shops.length ? shopList(data.shops, data.more, select) : []),
    data.href ? element("p", {}, element("a", { class: "ym-more", href: data.href }, say("打开药店档案"))) : null,
  ].filter(Boolean));
}

function alertList(data) {
  const others = (data.others || []).map((one) => say("{level} {n} 条", { level: one.level_zh, n: one.count }));
  return [
    element("h3", {}, say("{name} {n} 条", { name: data.alerts_zh ?? say("未结预警"), n: data.alerts.length })),
    data.alerts.length ? element("ul", { class: "ym-alerts" }, ...data.alerts.map(alertItem)) : element("p", { class: "ym-fine" }, data.none_zh),
    others.length ? element("p", { class: "ym-fine" }, say("其他部门的未结预警：{list}", { list: others.join(say("、")) })) : null,
  ];
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

function shopList(shops, more, select) {
  const items = shops.map((shop) => element("li", {},
    element("button", { type: "button", onclick: () => select(shop.id) }, shop.name),
    shop.level ? element("span", { class: `ym-tag ym-${shop.level}` }, shop.level_zh) : null,
    shop.state_zh ? element("span", { class: "ym-state" }, shop.state_zh) : null));
  return [
    element("h3", {}, say("药店 {n} 家", { n: number(shops.length + (more || 0)) })),
    element("ul", { class: "ym-shops" }, ...items),
    more ? element("p", { class: "ym-fine" }, say("只列出前 {n} 家", { n: shops.length })) : "",
  ];
}
