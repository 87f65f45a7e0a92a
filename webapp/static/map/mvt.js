// Reads a vector tile (Mapbox Vector Tile 2) into plain features. Wire format by the Pbf library.

export const EXTENT = 4096;

// [{ id, kind: 1 point | 2 line | 3 area, parts: [[x, y], …] or [[[x, y], …], …], props }]
export function readTile(buffer) {
  const features = [];
  if (buffer.byteLength === 0) return features;
  const pbf = new Pbf.PbfReader(new Uint8Array(buffer));
  pbf.readFields((tag, list, reader) => { if (tag === 3) readLayer(reader, list); }, features);
  return features;
}

function readLayer(pbf, features) {
  const layer = { keys: [], values: [], raw: [] };
  pbf.readMessage((tag, into, reader) => {
    if (tag === 2) into.raw.push(reader.readBytes());
    else if (tag === 3) into.keys.push(reader.readString());
    else if (tag === 4) into.values.push(readValue(reader));
  }, layer);
  for (const bytes of layer.raw) features.push(readFeature(bytes, layer));
}

function readValue(pbf) {
  let value = null;
  pbf.readMessage((tag, _, reader) => {
    if (tag === 1) value = reader.readString();
    else if (tag === 2) value = reader.readFloat();
    else if (tag === 3) value = reader.readDouble();
    else if (tag === 4 || tag === 5) value = reader.readVarint(tag === 4);
    else if (tag === 6) value = reader.readSVarint();
    else if (tag === 7) value = reader.readBoolean();
  }, null);
  return value;
}

function readFeature(bytes, layer) {
  const raw = { tags: [], kind: 0, geometry: [] };
  new Pbf.PbfReader(bytes).readFields((tag, into, reader) => {
    if (tag === 2) reader.readPackedVarint(into.tags);
    else if (tag === 3) into.kind = reader.readVarint();
    else if (tag === 4) reader.readPackedVarint(into.geometry);
  }, raw);
  const props = {};
  for (let i = 0; i < raw.tags.length; i += 2) props[layer.keys[raw.tags[i]]] = layer.values[raw.tags[i + 1]];
  return { id: props.id, kind: raw.kind, parts: readParts(raw.geometry, raw.kind), props };
}

function readParts(commands, kind) {
  const parts = [];
  let x = 0;
  let y = 0;
  let part = null;
  for (let i = 0; i < commands.length;) {
    const command = commands[i] & 7;
    const count = commands[i] >> 3;
    i += 1;
    if (command === 7) continue; // a ring closes by itself when it is filled
    for (let n = 0; n < count; n += 1) {
      x += unzigzag(commands[i]);
      y += unzigzag(commands[i + 1]);
      i += 2;
      if (kind === 1) parts.push([x, y]);
      else if (command === 1) parts.push(part = [[x, y]]);
      else part.push([x, y]);
    }
  }
  return parts;
}

function unzigzag(number) {
  return (number >> 1) ^ -(number & 1);
}
