// The layer switch of one side: one ground and one set of shops at a time, overlays one by one.

import { element } from "./dom.js";
import { say } from "./words.js";

const GROUPS = ["ground", "shops", "overlay"];

function groupName(group) {
  return { ground: say("区域底色"), shops: say("药店"), overlay: say("叠加") }[group];
}

export function drawSwitch(box, side, entries, change) {
  box.replaceChildren(...GROUPS.map((group) => {
    const mine = entries.filter((entry) => entry.spec.group === group);
    if (mine.length === 0) return element("div");
    const choices = mine.map((entry) => choice(side, group, entry.spec.title, entry.on, (on) => pick(mine, entry, on, group, change)));
    if (group !== "overlay") choices.push(choice(side, group, say("不显示"), !mine.some((entry) => entry.on), () => pick(mine, null, true, group, change)));
    return element("fieldset", {}, element("legend", {}, groupName(group)), ...choices);
  }));
}

function choice(side, group, title, on, change) {
  const input = element("input", { type: group === "overlay" ? "checkbox" : "radio", name: `ym-${side}-${group}`, checked: on });
  input.addEventListener("change", () => change(input.checked));
  return element("label", {}, input, title);
}

function pick(mine, entry, on, group, change) {
  if (group === "overlay") entry.on = on;
  else for (const one of mine) one.on = one === entry;
  change();
}
