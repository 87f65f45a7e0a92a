// The day of both maps: a slider over the days with sales, step by step or playing.

import { element } from "./dom.js";
import { say } from "./words.js";

const DAY_MS = 86_400_000;
const PAUSE_MS = 140; // between two pictures, beside the time they take

export function dayAt(first, index) {
  return new Date(Date.parse(first) + index * DAY_MS).toISOString().slice(0, 10);
}

function indexOf(first, day) {
  return Math.round((Date.parse(day) - Date.parse(first)) / DAY_MS);
}

// `change()` redraws both sides for `state.day` and resolves when they are drawn; playing waits for it.
export function drawTime(box, { first, last }, state, change) {
  const most = indexOf(first, last);
  const range = element("input", { type: "range", min: "0", max: String(most), step: "1", id: "ym-day", "aria-label": say("日期") });
  const shown = element("output", { for: "ym-day", class: "ym-day" });
  const step = element("select", { "aria-label": say("步长") }, ...[[1, say("每天")], [7, say("每周")], [30, say("每 30 天")]].map(([days, name]) => element("option", { value: String(days), selected: days === 7 }, name)));
  const play = element("button", { type: "button", class: "ym-play", onclick: () => (playing ? stop() : start()) }, say("▶ 播放"));
  let playing = false;

  function put(index) {
    range.value = String(index);
    const text = dayAt(first, index);
    shown.textContent = text;
    range.setAttribute("aria-valuetext", text);
  }

  async function go(index) {
    const to = Math.max(0, Math.min(most, index));
    put(to);
    state.day = dayAt(first, to);
    await change();
  }

  async function start() {
    playing = true;
    play.textContent = say("❚❚ 暂停");
    if (Number(range.value) >= most) put(0);
    while (playing && Number(range.value) < most) {
      await go(Number(range.value) + Number(step.value));
      await new Promise((done) => { setTimeout(done, PAUSE_MS); });
    }
    stop();
  }

  function stop() {
    playing = false;
    play.textContent = say("▶ 播放");
  }

  // While the thumb is dragged only the newest day counts: those passed on the way are not drawn.
  let busy = null;
  let wanted = null;
  async function follow() {
    wanted = Number(range.value);
    put(wanted);
    if (busy) return;
    busy = (async () => {
      while (wanted !== null) {
        const next = wanted;
        wanted = null;
        state.day = dayAt(first, next);
        await change();
      }
    })();
    await busy.finally(() => { busy = null; });
  }

  range.addEventListener("input", () => { stop(); follow(); });
  put(state.day ? indexOf(first, state.day) : most);
  const back = element("button", { type: "button", "aria-label": say("前一天"), onclick: () => { stop(); go(Number(range.value) - 1); } }, "‹");
  const on = element("button", { type: "button", "aria-label": say("后一天"), onclick: () => { stop(); go(Number(range.value) + 1); } }, "›");
  const known = element("input", { type: "checkbox", checked: state.known });
  known.addEventListener("change", () => { state.known = known.checked; change(); });
  const then = element("label", { class: "ym-known", title: say("只用这一天结束时已经收到的数据和已经做出的处理") }, known, say("按当时所知"));
  box.replaceChildren(play, step, back, range, on, shown, then);
}
