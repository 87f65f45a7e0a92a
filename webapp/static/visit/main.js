// The form at the shop on a bad connection: kept first, then sent until it is answered. Without this the form still posts.
import * as store from "./store.js";
import { send } from "./send.js";

const form = document.querySelector("[data-visit]");
const shown = document.querySelector("[data-pending]");
const FIRST_MS = 4000;
const LONGEST_MS = 60000;
let pause = FIRST_MS;
let clock = 0;
let busy = false;

function start() {
  const rows = form.querySelector("[data-rows]");
  const more = form.querySelector("[data-more]");
  more.hidden = false;
  more.addEventListener("click", () => addRow(rows));
  const locate = form.querySelector("[data-locate]");
  locate.hidden = !("geolocation" in navigator);
  locate.addEventListener("click", () => findSpot());
  form.elements.photos.addEventListener("change", () => { listPhotos(); });
  form.addEventListener("input", () => later(keepDraft, 400));
  form.addEventListener("submit", (event) => { event.preventDefault(); keep().catch(() => form.submit()); });
  window.addEventListener("online", () => flush(true));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && flush(true));
  restore().then(() => flush(true));
}

const says = (name) => form.dataset[`says${name}`];
const say = (text) => { form.querySelector("[data-said]").textContent = text; };
const draftKey = () => `draft ${form.dataset.who} ${form.dataset.case}`;

let wait = 0;
function later(act, ms) { clearTimeout(wait); wait = setTimeout(act, ms); }

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
}

function addRow(rows) {
  const row = rows.lastElementChild.cloneNode(true);
  for (const input of row.querySelectorAll("input")) input.value = "";
  rows.append(row);
  row.querySelector("input").focus();
}

// Names and values as they would be posted; files apart, and neither token nor key.
function filled() {
  const fields = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !["csrf_token", "key"].includes(name));
  const files = [...form.elements.photos.files].map((one) => ({ name: one.name, blob: one }));
  return { fields, files };
}

function wrong(files) {
  if (files.length > Number(form.dataset.maxPhotos)) return says("Many");
  return files.some((one) => one.blob.size > Number(form.dataset.maxBytes)) ? says("Large") : "";
}

function listPhotos() {
  const list = form.querySelector("[data-chosen]");
  list.replaceChildren(...[...form.elements.photos.files].map((one) => {
    const item = document.createElement("li");
    item.textContent = `${one.name} · ${(one.size / 1048576).toFixed(1)} MB`;
    return item;
  }));
  say(wrong(filled().files));
}

async function keepDraft() {
  await store.put({ key: draftKey(), draft: true, who: form.dataset.who, at: Date.now(), ...filled() }).catch(() => {});
}

async function restore() {
  const draft = await store.get(draftKey()).catch(() => null);
  if (draft) { fill(draft); say(says("Draft")); }
}

function fill(kept) {
  const rows = form.querySelector("[data-rows]");
  const count = kept.fields.filter(([name]) => name === "drug").length;
  while (rows.children.length < count) rows.append(rows.lastElementChild.cloneNode(true));
  const next = {};
  for (const [name, value] of kept.fields) {
    const places = form.querySelectorAll(`[name="${name}"]`);
    next[name] = next[name] ?? 0;
    if (places[next[name]]) places[next[name]].value = value;
    next[name] += 1;
  }
  const holder = new DataTransfer();
  for (const one of kept.files) holder.items.add(new File([one.blob], one.name, { type: one.blob.type }));
  form.elements.photos.files = holder.files;
  listPhotos();
}

async function keep() {
  const told = filled();
  const fault = wrong(told.files);
  if (fault) { say(fault); return; }
  clearTimeout(wait);
  const key = form.elements.key.value || newKey();
  await store.put({ key, who: form.dataset.who, case: form.dataset.case, path: form.getAttribute("action") || location.pathname, at: Date.now(), state: "waiting", note: "", ...told });
  await store.drop(draftKey());
  const shop = form.elements.shop.value;
  form.reset();
  form.elements.shop.value = shop;
  form.elements.key.value = newKey();
  listPhotos();
  say(says("Kept"));
  window.scrollTo({ top: 0 });
  await flush(true);
}

async function flush(now) {
  clearTimeout(clock);
  if (busy) return;
  busy = true;
  if (now) pause = FIRST_MS;
  const again = await attempt().catch(() => false);
  busy = false;
  if (again) {
    clock = setTimeout(() => flush(false), pause);
    pause = Math.min(pause * 2, LONGEST_MS);
  }
}

// Sends what waits, oldest first; true when something still waits.
async function attempt() {
  for (const one of await store.waiting(form.dataset.who)) {
    if (one.state === "refused") continue;
    await show(one.key, says("Sending"));
    const answer = await send(one, form.elements.csrf_token.value);
    if (answer.state === "done") {
      await store.drop(one.key);
      say(`${says("Done")} · ${answer.text}`);
      continue;
    }
    one.state = answer.state === "refused" ? "refused" : "waiting";
    one.note = answer.state === "refused" ? answer.text || says("Large") : says(answer.state === "signin" ? "Signin" : "Waiting");
    await store.put(one);
    if (answer.state !== "refused") break;
  }
  await show();
  return (await store.waiting(form.dataset.who)).some((one) => one.state !== "refused");
}

async function show(sending, text) {
  const list = await store.waiting(form.dataset.who);
  shown.hidden = !list.length;
  shown.querySelector("ul").replaceChildren(...list.map((one) => line(one, one.key === sending ? text : "")));
}

function line(one, doing) {
  const item = document.createElement("li");
  item.className = one.state;
  const words = document.createElement("p");
  const at = new Map(one.fields).get("visited_at") || "";
  words.textContent = `${one.case} · ${at.replace("T", " ")} · ${doing || one.note || says("Waiting")}`;
  item.append(words);
  if (one.state === "refused") {
    item.append(
      button(says("Edit"), async () => { fill(one); await keepDraft(); await store.drop(one.key); await show(); }),
      button(says("Drop"), async () => { await store.drop(one.key); await show(); }),
    );
  } else if (!doing) item.append(button(says("Again"), () => flush(true)));
  return item;
}

function button(text, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}

function findSpot() {
  say(says("Locating"));
  navigator.geolocation.getCurrentPosition(({ coords }) => {
    form.elements.lon.value = coords.longitude.toFixed(6);
    form.elements.lat.value = coords.latitude.toFixed(6);
    form.elements.accuracy_m.value = Math.round(coords.accuracy);
    say(`±${Math.round(coords.accuracy)} m`);
    keepDraft();
  }, () => say(says("Nospot")), { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 });
}

if (form && window.indexedDB) start();
