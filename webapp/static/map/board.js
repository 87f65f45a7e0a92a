// The drawing of one side: one canvas per tile, on it every layer that is on. A tile is repainted only when
// all it needs is there, so that a change of day or filter never shows half of two pictures.

import { drawTile } from "./draw.js";
import { hitTile } from "./hit.js";

const TILE_PX = 512;

export const Board = L.GridLayer.extend({
  // `shown()` gives the entries to draw, lowest first; `load(entry, z, x, y)` their features. The option
  // `veil()` says how much colours of areas cover of the picture below, 1 where there is none.
  initialize(shown, load, options) {
    L.GridLayer.prototype.initialize.call(this, { tileSize: TILE_PX, updateWhenZooming: false, keepBuffer: 1, ...options });
    this._shown = shown;
    this._load = load;
  },

  onAdd(map) {
    L.GridLayer.prototype.onAdd.call(this, map);
    map.on("zoomend", this._sharpen, this);
  },

  onRemove(map) {
    map.off("zoomend", this._sharpen, this);
    L.GridLayer.prototype.onRemove.call(this, map);
  },

  createTile(coords, done) {
    const canvas = L.DomUtil.create("canvas", "ym-tile");
    this._paint(canvas, coords).then(() => done(null, canvas), (error) => done(error, canvas));
    return canvas;
  },

  // Ask anew for what every tile on screen shows; done when all of them are repainted.
  refresh() {
    const tiles = Object.values(this._tiles || {}).filter((one) => one.coords.z === this._tileZoom);
    return Promise.all(tiles.map((one) => this._paint(one.el, one.coords)));
  },

  // How much larger than its own zoom a tile stands on the screen: maps may rest between two zooms.
  stretch() {
    return this._map.getZoomScale(this._map.getZoom(), this._tileZoom);
  },

  _sharpen() {
    for (const one of Object.values(this._tiles || {})) {
      if (one.coords.z === this._tileZoom && one.el.ymLoaded && one.el.ymStretch !== this.stretch()) this._draw(one.el, one.coords);
    }
  },

  async _paint(canvas, coords) {
    const turn = canvas.ymTurn = (canvas.ymTurn || 0) + 1;
    const entries = this._shown();
    const loaded = await Promise.all(entries.map(async (entry) => ({ entry, features: await this._load(entry, coords.z - 1, coords.x, coords.y) })));
    if (canvas.ymTurn !== turn || !this._map) return; // asked again meanwhile
    canvas.ymLoaded = loaded;
    this._draw(canvas, coords);
  },

  _draw(canvas, coords) {
    const stretch = this.stretch();
    const size = TILE_PX * stretch;
    // Twice as fine between two zooms, where tiles do not meet the pixels of the screen.
    const ratio = (window.devicePixelRatio || 1) * (stretch === 1 ? 1 : 2);
    const pixels = Math.round(size * ratio);
    if (canvas.width !== pixels) canvas.width = canvas.height = pixels;
    const ctx = canvas.getContext("2d");
    ctx.setTransform(pixels / size, 0, 0, pixels / size, 0, 0);
    ctx.clearRect(0, 0, size, size);
    canvas.ymStretch = stretch;
    canvas.ymHits = drawTile(ctx, canvas.ymLoaded, { size, ratio, left: coords.x * size, top: coords.y * size, veil: this.options.veil ? this.options.veil() : 1 });
  },

  // The zoom that tiles on screen are asked for with: of 512 px, it is one less than the map's.
  zoomOfTiles() {
    return this._tileZoom - 1;
  },

  tilePixels() {
    return TILE_PX * this.stretch();
  },

  // The uppermost feature at a place of the container, of those wanted, with the entry that draws it; or null.
  hit(point, reach, wanted = () => true) {
    const place = this._map.containerPointToLayerPoint(point).add(this._map.getPixelOrigin());
    const size = this.tilePixels();
    const x = Math.floor(place.x / size);
    const y = Math.floor(place.y / size);
    const tile = (this._tiles || {})[`${x}:${y}:${this._tileZoom}`];
    if (!tile || !tile.el.ymHits) return null;
    return hitTile(tile.el.ymHits.filter(wanted), place.x - x * size, place.y - y * size, reach);
  },

  // Every feature on the tiles of the screen that is wanted, once, for labels, tables and tests.
  features(layerId, wanted = () => true) {
    const found = new Map();
    for (const { features, coords } of this._drawn(layerId)) {
      for (const feature of features) if (wanted(feature) && !found.has(feature.id)) found.set(feature.id, { ...feature, place: this._placeOf(feature, coords) });
    }
    return [...found.values()];
  },

  // Whether a feature on the screen is such a one.
  some(layerId, test) {
    return this._drawn(layerId).some(({ features }) => features.some(test));
  },

  _drawn(layerId) {
    const tiles = Object.values(this._tiles || {}).filter((one) => one.coords.z === this._tileZoom && one.el.ymLoaded);
    return tiles.flatMap(({ el, coords }) => el.ymLoaded.filter(({ entry }) => entry.spec.id === layerId).map(({ features }) => ({ features, coords })));
  },

  _placeOf(feature, coords) {
    const [x, y] = feature.kind === 1 ? feature.parts[0] : feature.parts[0][0];
    const world = L.point(coords.x + x / 4096, coords.y + y / 4096).multiplyBy(TILE_PX);
    return this._map.unproject(world, coords.z);
  },
});
