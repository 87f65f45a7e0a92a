// Filters of the pharmacies, shared by both sides.

import { element } from "./dom.js";
import { say } from "./words.js";

// `filters`: [{ key, title, options: [[value, name], …] }]; `state` is {key: [values]}, changed in place.
export function drawFilters(box, filters, state, change) {
  const count = () => Object.values(state).reduce((sum, values) => sum + values.length, 0);
  const summary = element("summary", {});
  const title = () => { summary.textContent = count() ? say("筛选（{n}）", { n: count() }) : say("筛选"); };
  const clear = element("button", { type: "button", onclick: () => {
    for (const key of Object.keys(state)) delete state[key];
    for (const input of box.querySelectorAll("input:checked")) input.checked = false;
    title();
    change();
  } }, say("清除筛选"));
  const groups = filters.map((filter) => element("fieldset", {}, element("legend", {}, filter.title),
    ...filter.options.map(([value, name]) => option(filter, value, name, state, () => { title(); change(); }))));
  title();
  box.replaceChildren(element("details", { class: "ym-switch ym-filter" }, summary, element("div", { class: "ym-choices" }, ...groups, clear)));
}

function option(filter, value, name, state, change) {
  const input = element("input", { type: "checkbox", value, checked: (state[filter.key] || []).includes(value) });
  input.addEventListener("change", () => {
    const others = (state[filter.key] || []).filter((one) => one !== value);
    const chosen = input.checked ? [...others, value] : others;
    if (chosen.length) state[filter.key] = chosen;
    else delete state[filter.key];
    change();
  });
  return element("label", {}, input, name);
}

// What is filtered, in words, for print and pictures; "" for nothing.
export function filterText(filters, state) {
  return filters.filter((one) => state[one.key]).map((one) => {
    const names = new Map(one.options);
    return `${one.title} ${state[one.key].map((value) => names.get(value) || value).join(say("、"))}`;
  }).join(say("；"));
}
