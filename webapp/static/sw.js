// Citizens' pages without a network: the style, the script and the last answer, as the page itself kept it.
// Addresses are never kept: they may hold where somebody is.
const CACHE = "yaotong-find";
const LAST = "/find/last";
const FILES = ["/static/app.css", "/static/find.css", "/static/find.js", "/static/img/icon.svg"];
const SHELLS = ["/find/offline?lang=zh", "/find/offline?lang=en"];

async function install() {
  const cache = await caches.open(CACHE);
  // Without credentials: what is kept is the same for everybody.
  await Promise.all([...FILES, ...SHELLS].map(async (one) => {
    const answer = await fetch(one, { credentials: "omit", cache: "reload" });
    if (answer.ok) await cache.put(one, answer);
  }));
  await self.skipWaiting();
}

async function offline() {
  const cache = await caches.open(CACHE);
  const last = await cache.match(LAST);
  const english = last && last.headers.get("Content-Language") === "en";
  const shell = await cache.match(SHELLS[english ? 1 : 0]);
  if (!shell) return Response.error();
  let text = await shell.text();
  if (last) {
    const kept = await last.text();
    text = text.replace(/(<div data-last>)[^<]*/, (_, begin) => begin + kept);
    if (last.headers.get("X-Large") === "1") text = text.replace('class="citizen"', 'class="citizen big"');
  }
  return new Response(text, { headers: shell.headers });
}

async function file(request, path) {
  const cache = await caches.open(CACHE);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(path, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(path);
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(fetch(request).catch(offline));
  else if (FILES.includes(address.pathname)) event.respondWith(file(request, address.pathname));
});
