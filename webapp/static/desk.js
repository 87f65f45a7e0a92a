// The inbox: rows ticked and moved together, keys, and what changed elsewhere shown without a reload.
const EVERY_MS = 10000;
let mark = Number(document.querySelector("[data-mark]").dataset.mark);
const told = document.querySelector("[data-told]");

const list = () => document.querySelector("[data-inbox]");
const rows = () => [...document.querySelectorAll("[data-inbox] tbody tr")];
const ticks = () => [...document.querySelectorAll("[data-inbox] input[name=one]")];

function count() {
  const bar = document.querySelector("[data-bulk]");
  if (!bar) return;
  const chosen = ticks().filter((one) => one.checked).length;
  bar.hidden = chosen === 0;
  bar.querySelector("[data-chosen]").textContent = chosen;
  const all = document.querySelector("[data-all]");
  all.checked = chosen > 0 && chosen === ticks().length;
  all.indeterminate = chosen > 0 && !all.checked;
}

function asked() {
  const bar = document.querySelector("[data-bulk]");
  if (!bar) return;
  const option = bar.querySelector("select[name=act]").selectedOptions[0];
  const outcome = bar.querySelector("[data-outcome]");
  outcome.hidden = outcome.querySelector("select").disabled = !("asksOutcome" in option.dataset);
  const text = bar.querySelector("[data-text]");
  text.hidden = text.querySelector("input").disabled = !("asksText" in option.dataset);
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-all]")) ticks().forEach((one) => { one.checked = event.target.checked; });
  if (event.target.matches("[data-all], [name=one]")) count();
  if (event.target.matches("[data-bulk] select[name=act]")) asked();
});

// Keys: j and k walk, x ticks, Enter or o opens, / looks for, ? tells.
let at = -1;
function walk(step) {
  const every = rows();
  if (!every.length) return;
  at = Math.min(Math.max(at + step, 0), every.length - 1);
  every.forEach((row, number) => row.classList.toggle("here", number === at));
  every[at].querySelector(".rowlink").focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input:not([type=checkbox]), textarea, select")) return;
  const row = rows()[at];
  const acts = {
    j: () => walk(1),
    k: () => walk(-1),
    x: () => { const one = row && row.querySelector("[name=one]"); if (one) { one.checked = !one.checked; count(); } },
    o: () => row && row.querySelector(".rowlink").click(),
    "/": () => document.querySelector(".seek input[type=search]").focus(),
    "?": () => { const keys = document.querySelector("[data-keys]"); keys.open = !keys.open; },
  };
  if (!(event.key in acts)) return;
  event.preventDefault();
  acts[event.key]();
});

async function renew() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html", "X-Unasked": "1" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-inbox]");
  if (!fresh) return;
  const known = new Set(rows().map((row) => row.dataset.id));
  const chosen = new Set(ticks().filter((one) => one.checked).map((one) => one.value));
  const focused = document.activeElement.closest("tr")?.dataset.id;
  list().replaceWith(fresh);
  for (const place of ["[data-counts]", "nav.chips"]) {
    const [old, now] = [document.querySelector(place), page.querySelector(place)];
    if (old && now) old.replaceWith(now);
  }
  ticks().forEach((one) => { one.checked = chosen.has(one.value); });
  const added = rows().filter((row) => !known.has(row.dataset.id));
  added.forEach((row) => row.classList.add("fresh"));
  at = rows().findIndex((row) => row.dataset.id === focused);
  if (at >= 0) walk(0);
  count();
  told.textContent = added.length ? `${added.length} ${told.dataset.added}` : told.dataset.changed;
}

async function look() {
  if (document.hidden || document.querySelector("[data-bulk] :focus")) return;
  try {
    const answer = await fetch("/alerts/mark");
    if (!answer.ok) return;
    const now = (await answer.json()).mark;
    if (now === mark) return;
    mark = now;
    await renew();
  } catch {
    // The line is down: the next look will tell.
  }
}

setInterval(look, EVERY_MS);
document.addEventListener("visibilitychange", look);
count();
asked();
