// What a script adds to the finder: the own position, reading aloud, and the last answer kept for no network.
const CACHE = "yaotong-find", LAST = "/find/last", LARGE = "yaotong-large";

// Large text is remembered by this device alone: the server is told by the address, and never by a cookie.
function remember() {
  const here = new URL(location.href), asked = here.searchParams.get("big");
  try {
    if (asked) localStorage.setItem(LARGE, asked);
    else if (localStorage.getItem(LARGE) === "1" && /^\/(find.*)?$/.test(here.pathname)) {
      here.searchParams.set("big", "1");
      location.replace(here);
    }
  } catch { /* A browser that keeps nothing: the links still carry it. */ }
}

function finder(form) {
  const button = form.querySelector("[data-locate]");
  const said = form.querySelector("[data-said]");
  const { lon, lat, q, town } = form.elements;

  const forget = () => {
    lon.disabled = lat.disabled = true;
    lon.value = lat.value = "";
  };
  const found = (position) => {
    // Four decimals are ten metres: enough to order shops by distance.
    lon.value = position.coords.longitude.toFixed(4);
    lat.value = position.coords.latitude.toFixed(4);
    lon.disabled = lat.disabled = false;
    if (town) town.value = "";
    if (q) q.value = "";
    form.submit();
  };
  if (navigator.geolocation && window.isSecureContext) {
    button.hidden = false;
    button.addEventListener("click", () => {
      said.textContent = said.dataset.asking;
      const failed = () => { said.textContent = said.dataset.failed; };
      navigator.geolocation.getCurrentPosition(found, failed, { timeout: 10000, maximumAge: 60000 });
    });
  }
  const auto = form.querySelector("[data-auto]");
  if (auto) auto.hidden = false;
  form.addEventListener("change", (event) => {
    if (event.target.matches("[data-town]")) {
      forget();
      if (q) q.value = "";
    }
    if (event.target.closest("details")) return;
    if (event.target.matches("[data-town], input[type=checkbox]")) form.requestSubmit();
  });
}

// Aloud, one sentence after the other, so that it can be stopped between them.
function speaker(button) {
  const voice = window.speechSynthesis;
  if (!voice || !window.SpeechSynthesisUtterance) return;
  const lines = () => {
    const shops = [...document.querySelectorAll("li.shop")].slice(0, 5);
    const parts = shops.length && document.querySelector("ol.shops") && !document.querySelector(".plain, .one")
      ? [document.querySelector(".told"), ...shops.flatMap((one) => [...one.querySelectorAll("h2 a, .hours, .stock, .dist, .call")])]
      : [...document.querySelectorAll("h1, .plain h2, .plain p, .plain li, .one .hours, .one .entries div, .start h2, .hint p")];
    return parts.filter(Boolean).map((one) => one.innerText.replace(/\s+/g, " ").trim()).filter(Boolean);
  };
  const rest = () => { button.textContent = button.dataset.start; button.setAttribute("aria-pressed", "false"); };
  button.hidden = false;
  rest();
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-pressed") === "true") {
      voice.cancel();
      rest();
      return;
    }
    const spoken = lines().map((text) => {
      const one = new SpeechSynthesisUtterance(text);
      one.lang = document.documentElement.lang;
      one.rate = 0.9;
      return one;
    });
    if (!spoken.length) return;
    spoken[spoken.length - 1].onend = rest;
    button.textContent = button.dataset.stop;
    button.setAttribute("aria-pressed", "true");
    voice.cancel();
    spoken.forEach((one) => voice.speak(one));
  });
  window.addEventListener("pagehide", () => voice.cancel());
}

// The shops of the last answer. From an own position: by name, without distances, drawing or place.
async function keep(results) {
  const copy = results.cloneNode(true);
  copy.querySelectorAll(".pages, .sketch, .told").forEach((one) => one.remove());
  if (results.hasAttribute("data-own")) {
    copy.querySelectorAll("[data-far], .hint").forEach((one) => one.remove());
    copy.querySelectorAll(".no").forEach((one) => one.remove());
    const list = copy.querySelector("ol.shops");
    if (list) {
      const name = (one) => one.querySelector("h2").textContent;
      [...list.children].sort((a, b) => name(a).localeCompare(name(b))).forEach((one, place) => {
        one.id = `n${place + 1}`;
        list.append(one);
      });
    }
  }
  const moment = document.createElement("p");
  moment.textContent = new Date().toLocaleString(document.documentElement.lang);
  copy.prepend(moment);
  const large = document.body.classList.contains("big") ? "1" : "0";
  const headers = { "Content-Type": "text/html; charset=utf-8", "Content-Language": document.documentElement.lang, "X-Large": large };
  await (await caches.open(CACHE)).put(LAST, new Response(copy.outerHTML, { headers }));
}

remember();
document.querySelectorAll("[data-finder]").forEach(finder);
document.querySelectorAll("[data-speak]").forEach(speaker);
if ("serviceWorker" in navigator && "caches" in window) {
  navigator.serviceWorker.register("/sw.js", { scope: "/find" }).catch(() => {});
  const results = document.querySelector("section[data-results]");
  if (results && results.querySelector("li.shop")) keep(results);
  const forget = document.querySelector("[data-forget]");
  if (forget) forget.addEventListener("click", async () => {
    await (await caches.open(CACHE)).delete(LAST);
    document.querySelector("[data-last]").textContent = "—";
  });
}
