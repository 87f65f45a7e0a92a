// Files dropped or chosen wait in a list; sent one after another, each ends in the slip of its receipt.
const form = document.querySelector("[data-upload]");
const drop = form.querySelector("[data-drop]");
const input = form.querySelector("input[type=file]");
const list = form.querySelector("[data-queue]");
const button = form.querySelector("[data-send]");
const said = form.querySelector("[data-said]");
const says = (name) => form.dataset[`says${name}`];
const waiting = [];
let busy = false;

function element(kind, name, text) {
  const made = document.createElement(kind);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
}

function size(bytes) {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function count() {
  button.textContent = waiting.length ? `${says("Send")} (${waiting.length})` : says("Send");
  // With a script the list holds the files, so the field itself may be empty again.
  input.required = !waiting.length && !busy;
  list.hidden = !list.children.length;
}

function entry(file) {
  const item = element("li", "item");
  const one = { file, item, state: element("span", "quiet state-text", says("Ready")), bar: element("progress") };
  one.remove = element("button", "plain", says("Remove"));
  one.remove.type = "button";
  one.remove.setAttribute("aria-label", `${says("Remove")} ${file.name}`);
  one.remove.addEventListener("click", () => {
    if (waiting.includes(one)) waiting.splice(waiting.indexOf(one), 1);
    item.remove();
    count();
    input.focus();
  });
  one.bar.hidden = true;
  one.bar.setAttribute("aria-label", file.name);
  const line = element("div", "item-line");
  line.append(element("strong", "item-name", file.name), element("span", "quiet small", size(file.size)), one.state, one.remove);
  one.slot = element("div");
  item.append(line, one.bar, one.slot);
  list.append(item);
  return one;
}

function show(one, state, text) {
  one.item.dataset.state = state;
  one.state.textContent = text;
}

function fail(one, text) {
  one.bar.hidden = true;
  show(one, "failed", "");
  const note = element("p", "refusal", text);
  const again = element("button", "", says("Again"));
  again.type = "button";
  again.addEventListener("click", () => { one.slot.replaceChildren(); show(one, "ready", says("Ready")); waiting.push(one); count(); work(); });
  one.slot.replaceChildren(note, again);
  said.textContent = `${one.file.name}: ${text}`;
}

function refuse(one, text) {
  show(one, "failed", "");
  one.slot.replaceChildren(element("p", "refusal", text));
  said.textContent = `${one.file.name}: ${text}`;
}

function add(files, folders = new Set()) {
  for (const file of files) {
    const one = entry(file);
    if (folders.has(file.name)) refuse(one, says("Folder"));
    else if (!file.size) refuse(one, says("Empty"));
    else if (file.size > Number(form.dataset.maxBytes)) refuse(one, says("Large"));
    else { show(one, "ready", says("Ready")); waiting.push(one); }
  }
  count();
}

function finish(one, request) {
  const answer = new DOMParser().parseFromString(request.responseText, "text/html");
  const slip = answer.querySelector("[data-receipt]");
  if (slip) {
    one.bar.hidden = true;
    show(one, slip.dataset.outcome, says("Done"));
    one.slot.replaceChildren(document.importNode(slip, true));
    said.textContent = `${one.file.name}: ${slip.querySelector(".outcome").textContent}`;
    return;
  }
  const told = request.status >= 400 && answer.querySelector("main p:not(.faultno)");
  fail(one, request.status === 413 ? says("Large") : told ? told.textContent : says("Signin"));
}

function send(one) {
  return new Promise((done) => {
    const body = new FormData();
    for (const name of ["csrf_token", "feed", "profile", "on_bad_rows"]) body.append(name, form.elements[name].value);
    body.append("file", one.file, one.file.name);
    const request = new XMLHttpRequest();
    let clock = 0;
    const end = () => { clearInterval(clock); done(); };
    request.open("POST", form.action);
    request.setRequestHeader(form.dataset.inline, "1");
    request.upload.addEventListener("progress", (event) => {
      const sent = Math.min(event.loaded, one.file.size);
      one.bar.max = one.file.size;
      one.bar.value = sent;
      show(one, "sending", `${says("Sent")} ${size(sent)} / ${size(one.file.size)}`);
    });
    request.upload.addEventListener("load", () => {
      const since = Date.now();
      one.bar.removeAttribute("value");
      show(one, "reading", says("Reading"));
      clock = setInterval(() => show(one, "reading", `${says("Reading")} ${Math.round((Date.now() - since) / 1000)} ${says("Seconds")}`), 1000);
    });
    request.addEventListener("load", () => { finish(one, request); end(); });
    for (const name of ["error", "abort", "timeout"]) request.addEventListener(name, () => { fail(one, says("Lost")); end(); });
    one.remove.hidden = true;
    one.bar.hidden = false;
    one.bar.max = one.file.size;
    one.bar.value = 0;
    show(one, "sending", `${says("Sent")} 0 KB / ${size(one.file.size)}`);
    request.send(body);
  });
}

async function renew() {
  const answer = await fetch(location.href, { credentials: "same-origin" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#history");
  if (fresh) document.querySelector("#history").replaceWith(document.importNode(fresh, true));
}

async function work() {
  if (busy) return;
  busy = true;
  while (waiting.length) {
    const one = waiting.shift();
    count();
    await send(one);
  }
  busy = false;
  count();
  await renew().catch(() => {});
}

form.addEventListener("submit", (event) => { event.preventDefault(); work(); });
input.addEventListener("change", () => { const files = [...input.files]; input.value = ""; add(files); });
window.addEventListener("beforeunload", (event) => { if (busy) event.preventDefault(); });

let depth = 0;
const over = (inside) => drop.classList.toggle("over", inside);
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("dragenter", () => { depth += 1; over(true); });
document.addEventListener("dragleave", () => { depth -= 1; if (depth <= 0) over(false); });
document.addEventListener("drop", (event) => {
  event.preventDefault();
  depth = 0;
  over(false);
  const folders = new Set([...event.dataTransfer.items].map((one) => one.webkitGetAsEntry && one.webkitGetAsEntry()).filter((one) => one && one.isDirectory).map((one) => one.name));
  add([...event.dataTransfer.files], folders);
});
form.classList.add("scripted");
count();
