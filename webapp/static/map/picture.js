// The current view as a picture or a PDF: both maps, legends, date, filters, author. Made in the browser.

import { say } from "./words.js";

const MARGIN = 24;
const HEAD = 78;
const FOOT = 34;

export async function makePicture(page, lines) {
  const sides = [...page.querySelectorAll(".ym-side")].filter((side) => side.offsetParent !== null);
  const width = sides.reduce((sum, side) => sum + side.querySelector(".ym-map").offsetWidth + MARGIN, MARGIN);
  const tall = Math.max(...sides.map((side) => side.querySelector(".ym-map").offsetHeight));
  const legends = sides.map(legendLines);
  const low = Math.max(...legends.map((one) => one.length)) * 17 + 12;
  const height = HEAD + tall + low + FOOT + 30;
  const ratio = 2;
  const canvas = Object.assign(document.createElement("canvas"), { width: width * ratio, height: height * ratio });
  const ctx = canvas.getContext("2d");
  ctx.scale(ratio, ratio);
  ctx.fillStyle = "#ffffff";
  ctx.fillRect(0, 0, width, height);
  drawHead(ctx, lines);
  let left = MARGIN;
  sides.forEach((side, index) => {
    const map = side.querySelector(".ym-map");
    text(ctx, side.querySelector("h2").textContent, left, HEAD + 4, 14, 600);
    drawMap(ctx, map, left, HEAD + 12);
    legends[index].forEach((line, row) => drawLegendLine(ctx, line, left, HEAD + 12 + tall + 20 + row * 17));
    left += map.offsetWidth + MARGIN;
  });
  text(ctx, lines.foot, MARGIN, height - 14, 11);
  return canvas;
}

function drawHead(ctx, { title, sub, filters }) {
  text(ctx, title, MARGIN, 30, 18, 650);
  text(ctx, sub, MARGIN, 50, 12);
  if (filters) text(ctx, filters, MARGIN, 66, 12);
}

function text(ctx, words, x, y, size, weight = 400) {
  ctx.font = `${weight} ${size}px "Noto Sans SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif`;
  ctx.fillStyle = "#1d2a33";
  ctx.textBaseline = "alphabetic";
  ctx.textAlign = "left";
  ctx.fillText(words, x, y);
}

// Tiles and base map as they stand on the screen, then the selection and the names.
function drawMap(ctx, map, left, top) {
  const frame = map.getBoundingClientRect();
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, frame.width, frame.height);
  ctx.clip();
  ctx.fillStyle = getComputedStyle(map).backgroundColor;
  ctx.fillRect(left, top, frame.width, frame.height);
  for (const one of tilesOf(map)) {
    const box = one.getBoundingClientRect();
    if (one.width && box.width) ctx.drawImage(one, left + box.left - frame.left, top + box.top - frame.top, box.width, box.height);
  }
  for (const path of map.querySelectorAll("path.ym-chosen-area, path.ym-chosen-shop, path.ym-brush")) drawPath(ctx, path, frame, left, top);
  for (const label of map.querySelectorAll(".ym-label span, .leaflet-control-scale-line")) drawLabel(ctx, label, frame, left, top);
  for (const caption of map.querySelectorAll(".ym-caption:not([hidden])")) drawCaption(ctx, caption, frame, left, top);
  ctx.restore();
  ctx.strokeStyle = "#d9e0e4";
  ctx.strokeRect(left, top, frame.width, frame.height);
}

// Pictures and canvases in the order they lie, whichever came first.
function tilesOf(map) {
  const layers = [...map.querySelectorAll(".leaflet-tile-pane .leaflet-layer")].sort((a, b) => Number(a.style.zIndex) - Number(b.style.zIndex));
  return layers.flatMap((layer) => [...layer.querySelectorAll("img.leaflet-tile-loaded, canvas.ym-tile")]);
}

// What is said at the edge of a map, whole: whose picture it is must be readable in print, too.
function drawCaption(ctx, caption, frame, left, top) {
  const box = caption.getBoundingClientRect();
  const [x, y] = [left + box.left - frame.left, top + box.top - frame.top];
  ctx.fillStyle = "rgba(255,255,255,.85)";
  ctx.fillRect(x, y, box.width, box.height);
  ctx.font = `400 11px "Noto Sans SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif`;
  const lines = [""];
  for (const letter of caption.textContent) {
    if (ctx.measureText(lines.at(-1) + letter).width > box.width - 8) lines.push("");
    lines[lines.length - 1] += letter;
  }
  lines.forEach((line, row) => text(ctx, line, x + 5, y + 13 + row * 15, 11));
}

function drawPath(ctx, path, frame, left, top) {
  const matrix = path.getScreenCTM();
  ctx.save();
  ctx.translate(left - frame.left, top - frame.top);
  ctx.transform(matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f);
  ctx.strokeStyle = path.getAttribute("stroke");
  ctx.lineWidth = Number(path.getAttribute("stroke-width"));
  ctx.stroke(new Path2D(path.getAttribute("d")));
  ctx.restore();
}

function drawLabel(ctx, label, frame, left, top) {
  const box = label.getBoundingClientRect();
  ctx.font = `600 12px "Noto Sans SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.lineWidth = 3;
  ctx.strokeStyle = "rgba(255,255,255,.85)";
  const [x, y] = [left + box.left - frame.left + box.width / 2, top + box.top - frame.top + box.height / 2];
  ctx.strokeText(label.textContent, x, y);
  ctx.fillStyle = "#1d2a33";
  ctx.fillText(label.textContent, x, y);
}

function legendLines(side) {
  return [...side.querySelectorAll(".ym-legend .ym-block")].flatMap((block) => [
    { head: block.querySelector("h3").textContent },
    ...[...block.querySelectorAll("li")].map((item) => ({ symbol: item.querySelector("svg"), text: item.textContent.replace(/\s+/g, " "), count: (item.querySelector("b") || {}).textContent, name: item.querySelector("span").textContent })),
    ...[...block.querySelectorAll(".ym-fine")].map((fine) => ({ fine: fine.textContent })),
  ]);
}

function drawLegendLine(ctx, line, left, y) {
  if (line.head) { text(ctx, line.head, left, y, 12, 600); return; }
  if (line.fine) { text(ctx, line.fine, left, y, 11); return; }
  const size = Number(line.symbol.getAttribute("width"));
  for (const shape of line.symbol.querySelectorAll("rect, path, circle")) drawShape(ctx, shape, left + 12 - size / 2, y - 4 - Number(line.symbol.getAttribute("height")) / 2);
  text(ctx, line.count ? `${line.name}  ${line.count}` : line.name, left + 32, y, 12);
}

function drawShape(ctx, shape, x, y) {
  const get = (name) => shape.getAttribute(name);
  const path = new Path2D();
  if (shape.tagName === "rect") path.rect(Number(get("x")), Number(get("y")), Number(get("width")), Number(get("height")));
  else if (shape.tagName === "circle") path.arc(Number(get("cx")), Number(get("cy")), Number(get("r")), 0, 2 * Math.PI);
  else path.addPath(new Path2D(get("d")));
  ctx.save();
  ctx.translate(x, y);
  const fill = get("fill");
  if (fill && fill !== "none") {
    ctx.globalAlpha = Number(get("fill-opacity") || 1);
    ctx.fillStyle = fill.startsWith("url(") ? "#c9ced3" : fill;
    ctx.fill(path);
    ctx.globalAlpha = 1;
  }
  if (get("stroke")) {
    ctx.strokeStyle = get("stroke");
    ctx.lineWidth = Number(get("stroke-width") || 1);
    ctx.stroke(path);
  }
  ctx.restore();
}

export async function savePng(canvas, name) {
  const blob = await new Promise((done) => { canvas.toBlob(done, "image/png"); });
  save(blob, `${name}.png`);
}

// A PDF of one page that holds the picture: A4 across, as large as fits.
export async function savePdf(canvas, name) {
  const blob = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.92); });
  save(pdfOf(new Uint8Array(await blob.arrayBuffer()), canvas.width, canvas.height), `${name}.pdf`);
}

function pdfOf(jpeg, width, height) {
  const [pageWidth, pageHeight] = [842, 595];
  const scale = Math.min((pageWidth - 40) / width, (pageHeight - 40) / height);
  const [w, h] = [width * scale, height * scale];
  const content = `q ${w.toFixed(2)} 0 0 ${h.toFixed(2)} ${((pageWidth - w) / 2).toFixed(2)} ${((pageHeight - h) / 2).toFixed(2)} cm /I Do Q`;
  const parts = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${pageWidth} ${pageHeight}] /Contents 5 0 R /Resources << /XObject << /I 4 0 R >> >> >>`,
    [`<< /Type /XObject /Subtype /Image /Width ${width} /Height ${height} /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode /Length ${jpeg.length} >>\nstream\n`, jpeg, "\nendstream"],
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
  ];
  const chunks = ["%PDF-1.4\n"];
  const starts = [];
  let size = chunks[0].length;
  const put = (chunk) => { chunks.push(chunk); size += chunk.length; };
  parts.forEach((part, index) => {
    starts.push(size);
    put(`${index + 1} 0 obj\n`);
    for (const chunk of [].concat(part)) put(chunk);
    put("\nendobj\n");
  });
  const table = size;
  put(`xref\n0 ${parts.length + 1}\n0000000000 65535 f \n${starts.map((one) => `${String(one).padStart(10, "0")} 00000 n \n`).join("")}`);
  put(`trailer\n<< /Size ${parts.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`);
  return new Blob(chunks, { type: "application/pdf" });
}

function save(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export function pictureName(day) {
  return `${say("云药通双地图")}-${day || say("无日期")}`;
}
