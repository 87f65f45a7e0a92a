// Where data come from: addresses below our own, or a table inside a page that stands alone.

import { readTile } from "./mvt.js";
import { say } from "./words.js";

const MOST_KEPT = 900; // tiles; a screen of both sides is some dozens

export function makeSource(config) {
  return config.embedded ? embeddedSource(config.embedded) : servedSource(config);
}

// What is asked for as a query: only what is not the usual, so that equal questions have equal addresses.
export function queryOf(ask) {
  const said = new URLSearchParams();
  for (const name of Object.keys(ask).sort()) {
    for (const value of [].concat(ask[name] ?? [])) if (value !== "") said.append(name, value);
  }
  return said.toString();
}

function servedSource(config) {
  const kept = new Map();
  const once = (address, read) => {
    if (!kept.has(address)) {
      if (kept.size > MOST_KEPT) for (const old of [...kept.keys()].slice(0, MOST_KEPT / 3)) kept.delete(old);
      kept.set(address, read(address).catch((error) => { kept.delete(address); throw error; }));
    }
    return kept.get(address);
  };
  const data = (name, ask) => `${config.url}/${name.split("/").map(encodeURIComponent).join("/")}.json${asQuery(ask)}`;
  return {
    panel: (name, ask) => once(data(`panel/${name}`, ask), fetchJson),
    summary: (layer, ask) => once(data(`layer/${layer}`, ask), fetchJson),
    table: (layer, ask) => fetchJson(data(`table/${layer}`, ask)),
    moved: async (box, from, crs) => (await fetchJson(data("moved", { box: box.join(","), from, crs }))).box,
    tableAddress: (layer, ask) => data(`table/${layer}`, ask).replace(".json", ".csv"),
    tile: (layer, ask, z, x, y) => once(`${config.tiles}/${encodeURIComponent(layer)}/${z}/${x}/${y}.mvt${asQuery(ask)}`, fetchTile),
  };
}

function asQuery(ask) {
  const query = queryOf(ask);
  return query ? `?${query}` : "";
}

async function fetched(address, accept) {
  const response = await fetch(address, { credentials: "same-origin", headers: { Accept: accept } });
  if (!response.ok) throw new Error(say("数据未能读取（{status}）", { status: response.status }));
  return response;
}

async function fetchJson(address) {
  return (await fetched(address, "application/json")).json();
}

async function fetchTile(address) {
  return readTile(await (await fetched(address, "application/vnd.mapbox-vector-tile")).arrayBuffer());
}

const CUT = { maxZoom: 17, indexMaxZoom: 5, indexMaxPoints: 5000, tolerance: 3, extent: 4096, buffer: 256 };

// The same questions answered from what lies in the page; its features are cut into tiles here.
function embeddedSource(embedded) {
  const cut = new Map();
  const found = async (name) => {
    if (!(name in embedded)) throw new Error(say("页面中没有数据 {name}", { name }));
    return embedded[name];
  };
  // A shop's area is outlined as the panel of the area has it.
  const outlined = (panel) => (panel.shape === undefined && panel.area ? { ...panel, shape: (embedded[`panel/${panel.area.id.replace(":", "/")}`] || {}).shape || null } : panel);
  // Where areas would be dots, the features of larger ones: "layer/ID/1" and so on.
  const nameAt = (layer, category, zoom) => {
    const told = embedded[`summary/${layer}/${category}`];
    const coarser = (told.merged || []).filter((one) => zoom < one.below).length;
    return coarser ? `${layer}/${coarser}` : layer;
  };
  const tilesOf = (layer) => {
    if (!cut.has(layer)) {
      const features = embedded[`layer/${layer}`].features.map((one, index) => ({ type: "Feature", geometry: one.geometry, properties: { index } }));
      cut.set(layer, features.length ? new GeoJSONVT({ type: "FeatureCollection", features }, CUT) : null);
    }
    return cut.get(layer);
  };
  const feature = (layer, category, one) => {
    const { index } = one.tags;
    const first = embedded[`layer/${layer}`].features[index];
    const other = embedded[`values/${layer}/${category}`];
    const own = other ? Object.fromEntries(Object.entries(other).map(([name, values]) => [name, values[index]])) : first.properties;
    return { id: first.id, kind: one.type, parts: one.geometry, props: own };
  };
  return {
    panel: async (name, ask) => (name === "inside" ? insideOf(embedded, ask.box) : outlined(await found(`panel/${name}`))),
    summary: (layer, ask) => found(`summary/${layer}/${ask.category || "SPECIAL"}`),
    table: async (layer, ask) => tableOf(embedded, layer, ask),
    tableAddress: () => null,
    tile: async (layer, ask, z, x, y) => {
      const category = ask.category || "SPECIAL";
      const name = nameAt(layer, category, z);
      const tiles = tilesOf(name);
      const tile = tiles && tiles.getTile(z, x, y);
      return tile ? tile.features.map((one) => feature(name, category, one)) : [];
    },
  };
}

function tableOf(embedded, layer, ask) {
  const { features } = embedded[`layer/${layer}`];
  const other = embedded[`values/${layer}/${ask.category || "SPECIAL"}`];
  const rows = features.map((one, index) => {
    const value = (name) => (other ? (other[name] || [])[index] : one.properties[name]);
    return { id: one.id, name: one.properties.name, class: value("class") ?? null, value: value("value") ?? null };
  });
  return { rows, total: rows.length };
}

// The figures of a rectangle, from the shops of the page.
function insideOf(embedded, box) {
  const [west, south, east, north] = box.split(",").map(Number);
  const shops = embedded["layer/outlets"].features.filter(({ geometry }) => {
    const [lon, lat] = geometry.coordinates;
    return west <= lon && lon <= east && south <= lat && lat <= north;
  });
  return {
    id: "inside", kind_zh: say("框选"), title: say("框内 {n} 家药店", { n: shops.length }), facts: [], notes: [], alerts: null,
    shops: shops.slice(0, 200).map((one) => ({ id: one.id, name: one.properties.name, level: null, state_zh: "" })), more: Math.max(0, shops.length - 200),
  };
}
