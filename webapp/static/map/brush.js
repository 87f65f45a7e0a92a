// A rectangle drawn over either map: its figures go to the side panel.

export function makeBrush(sides, done) {
  let armed = false;
  let ended = -Infinity;
  const ghosts = new Map();

  for (const map of Object.values(sides)) {
    map.boxZoom.disable(); // Shift and drag is ours
    map.on("mousedown", (event) => {
      if (!armed && !event.originalEvent.shiftKey) return;
      L.DomEvent.stop(event.originalEvent);
      map.dragging.disable();
      track(map, event.latlng);
    });
    map.getContainer().addEventListener("touchstart", (event) => {
      if (!armed || event.touches.length !== 1) return;
      event.preventDefault();
      map.dragging.disable();
      trackTouch(map, map.mouseEventToLatLng(event.touches[0]));
    }, { passive: false });
  }

  function track(map, from) {
    const move = (event) => ghost(map, L.latLngBounds(from, event.latlng));
    const up = (event) => { map.off("mousemove", move); document.removeEventListener("mouseup", end); finish(map, L.latLngBounds(from, event)); };
    const end = (event) => up(map.mouseEventToLatLng(event));
    map.on("mousemove", move);
    document.addEventListener("mouseup", end);
  }

  function trackTouch(map, from) {
    let to = from;
    const box = map.getContainer();
    const move = (event) => { event.preventDefault(); to = map.mouseEventToLatLng(event.touches[0]); ghost(map, L.latLngBounds(from, to)); };
    const end = () => { box.removeEventListener("touchmove", move); box.removeEventListener("touchend", end); finish(map, L.latLngBounds(from, to)); };
    box.addEventListener("touchmove", move, { passive: false });
    box.addEventListener("touchend", end);
  }

  function ghost(map, bounds) {
    if (ghosts.has(map)) ghosts.get(map).setBounds(bounds);
    else ghosts.set(map, L.rectangle(bounds, { pane: "ym-selection", color: "#176b6e", weight: 1.5, fillOpacity: 0.08, interactive: false }).addTo(map));
  }

  function finish(map, bounds) {
    map.dragging.enable();
    if (ghosts.has(map)) ghosts.get(map).remove();
    ghosts.delete(map);
    const size = map.latLngToContainerPoint(bounds.getNorthEast()).distanceTo(map.latLngToContainerPoint(bounds.getSouthWest()));
    arm(false);
    ended = performance.now();
    if (size > 6) done([bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()]);
  }

  function arm(on) {
    armed = on;
    for (const map of Object.values(sides)) map.getContainer().classList.toggle("ym-brushing", on);
  }

  // The end of a rectangle is no click on what lies under it.
  return { arm: () => arm(true), rest: () => arm(false), justEnded: () => performance.now() - ended < 300 };
}
