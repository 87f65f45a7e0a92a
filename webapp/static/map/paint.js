// Draws one layer from its collection and its paint; knows no layer by name.

import { element } from "./dom.js";
import { ShapeMarker, markStyle } from "./marks.js";
import { bubbleRadius, fillOf, isFew, valueOf } from "./scale.js";

export const PANES = { fill: 350, outline: 360, shops: 420, selection: 450 };
const FADED = 0.16;

export function addPanes(map) {
  for (const [name, order] of Object.entries(PANES)) map.createPane(`ym-${name}`).style.zIndex = order;
  map.getPane("ym-selection").style.pointerEvents = "none";
}

// Fills `entry.group`; returns a function that restyles it for another category.
export function paintLayer(entry, collection, category, select) {
  const painters = { fill: paintFill, outline: paintOutline, class: paintPoints, bubble: paintPoints };
  return painters[entry.spec.paint.mark](entry, collection, category, select);
}

function paintFill(entry, collection, category, select) {
  const { paint } = entry.spec;
  const style = (wanted) => (feature) => ({
    pane: "ym-fill",
    stroke: false,
    fillColor: fillOf(feature, wanted, collection, paint),
    fillOpacity: 1,
    className: valueOf(feature, wanted) === null ? "ym-area ym-unknown" : "ym-area",
  });
  const layer = L.geoJSON(collection, { pane: "ym-fill", style: style(category), onEachFeature: areaEvents(select) });
  entry.group.addLayer(layer);
  return (wanted) => layer.setStyle(style(wanted));
}

function paintOutline(entry, collection, category, select) {
  const style = (feature) => ({
    pane: "ym-outline",
    color: feature.properties.leaf ? "#5d6b78" : "#33414d",
    weight: feature.properties.leaf ? 1 : 2,
    // Shaped by data that say they are schematic: drawn as such.
    dashArray: collection.note ? "5 4" : null,
    fill: false,
    interactive: false,
  });
  entry.group.addLayer(L.geoJSON(collection, { pane: "ym-outline", style }));
  const inner = collection.features.filter((feature) => feature.properties.leaf);
  // An invisible ground so that areas can be chosen although no coloured layer is on.
  const ground = { pane: "ym-fill", stroke: false, fillOpacity: 0, fill: true, className: "ym-ground" };
  const under = L.geoJSON({ ...collection, features: inner }, { pane: "ym-fill", style: ground, onEachFeature: areaEvents(select) });
  entry.group.addLayer(under);
  under.on("add", () => under.bringToBack());
  under.bringToBack();
  for (const feature of inner) entry.group.addLayer(label(feature));
  if (collection.note) addCaption(entry.map, collection.note);
  return () => {};
}

// What the outlines are, said on the map itself and whatever layer is on.
function addCaption(map, text) {
  const caption = L.control({ position: "bottomright" });
  caption.onAdd = () => element("div", { class: "ym-caption" }, text);
  caption.addTo(map);
}

function label(feature) {
  const text = element("span", { "data-area": feature.id }, feature.properties.name);
  return L.tooltip({ permanent: true, direction: "center", className: "ym-label", interactive: false, opacity: 1 })
    .setLatLng(feature.properties.label)
    .setContent(text);
}

function areaEvents(select) {
  return (feature, layer) => layer.on("click", (event) => select(nearShop(event) || feature.id));
}

const COARSE = window.matchMedia("(pointer: coarse)");
const FINGER_PX = 18;

// A finger is wider than a mark: a touch on the ground close to a shop means the shop.
function nearShop(event) {
  if (!COARSE.matches) return null;
  let found = null;
  let nearest = FINGER_PX;
  const map = event.target._map;
  map.eachLayer((one) => {
    if (!one.feature || one.feature.geometry.type !== "Point") return;
    const distance = map.latLngToContainerPoint(one.getLatLng()).distanceTo(event.containerPoint);
    if (distance < nearest) [found, nearest] = [one.feature.id, distance];
  });
  return found;
}

function paintPoints(entry, collection, category, select) {
  const style = entry.spec.paint.mark === "bubble" ? bubbleStyle(entry, collection) : classStyle(entry);
  const shown = [...collection.features].sort((a, b) => (style(a, category).radius || 0) - (style(b, category).radius || 0));
  const layer = L.geoJSON({ ...collection, features: shown }, {
    pointToLayer: (feature, place) => new ShapeMarker(place, pointStyle(style, feature, category)),
    onEachFeature: (feature, point) => {
      point.on("click", () => select(feature.id));
      point.bindTooltip(() => element("span", {}, feature.properties.name), { direction: "top", offset: [0, -6] });
    },
  });
  entry.group.addLayer(layer);
  return (wanted) =>
    layer.eachLayer((point) => {
      const next = pointStyle(style, point.feature, wanted);
      point.setStyle(next);
      point.setRadius(next.radius);
    });
}

function pointStyle(style, feature, category) {
  const chosen = { ...style(feature, category), pane: "ym-shops" };
  const sells = feature.properties.sells;
  if (category !== "SPECIAL" && sells && !sells.includes(category)) {
    chosen.opacity = FADED;
    chosen.fillOpacity = FADED;
  }
  return chosen;
}

function classStyle(entry) {
  const marks = new Map(entry.spec.paint.classes.map((mark) => [mark.key, markStyle(mark)]));
  return (feature) => marks.get(feature.properties.class);
}

function bubbleStyle(entry, collection) {
  const { paint } = entry.spec;
  return (feature, category) => {
    const value = valueOf(feature, category);
    const mark = { shape: value === null ? "ring" : "circle", colour: paint.palette[0] };
    const none = value !== null && value <= 0;
    const radius = value === null ? 4 : bubbleRadius(value, collection.largest[category]);
    return { ...markStyle({ ...mark, colour: none || value === null ? "#8b949e" : mark.colour, radius }), ...(none ? {} : { fillOpacity: value === null ? 0.5 : 0.62 }) };
  };
}

// Names of the areas whose figure rests on few events, for the asterisk at their label.
export function fewAreas(collection, category) {
  return new Set(collection.features.filter((feature) => isFew(feature, category)).map((feature) => feature.id));
}
