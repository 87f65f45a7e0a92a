"""A real browser on the real app: the server, the page that records everything, and what must never happen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page
from werkzeug.serving import make_server

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@contextmanager
def served(app: Callable[..., Any]) -> Iterator[str]:
    """Serve a WSGI app on a free loopback port in a thread; yields its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(timeout=10)


@dataclass
class Witness:
    """Everything a page asked for and complained about."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        """Record from now on every request, console error and page error of a context."""
        context.on("request", lambda one: self.requests.append(one.url))
        context.on("console", lambda one: self._hear(one.type, one.text))
        context.on("weberror", lambda one: self.complaints.append(str(one.error)))

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(f"{kind}: {text}")

    @property
    def foreign(self) -> list[str]:
        """Requests that left this machine; a page's own data: and blob: addresses and files do not."""
        return [
            one
            for one in self.requests
            if urlsplit(one).scheme in ("http", "https", "ws", "wss")
            and urlsplit(one).hostname != "127.0.0.1"
        ]


def ready(page: Page) -> Page:
    """Wait until both maps have drawn their layers."""
    page.wait_for_selector("html[data-map=ready]", state="attached", timeout=20_000)
    return page


def view(page: Page, side: str) -> tuple[float, float, float]:
    """Centre and zoom of one map: lat, lon, zoom."""
    lat, lon, zoom = page.evaluate(
        f"(() => {{ const m = map_{side}; const c = m.getCenter(); return [c.lat, c.lng, m.getZoom()]; }})()"
    )
    return lat, lon, zoom


def features(page: Page, side: str, layer: str) -> dict[str, dict[str, Any]]:
    """What a layer has on the screen of one side: the features' properties by id."""
    told = page.evaluate(
        "([side, layer]) => yaotongBoards[side].features(layer).map((one) => [one.id, one.props])",
        [side, layer],
    )
    return dict(told)


def spot(page: Page, side: str, layer: str, subject: str) -> tuple[float, float]:
    """Where on the screen a point of a layer stands."""
    x, y = page.evaluate(
        """([side, layer, subject]) => {
            const board = yaotongBoards[side];
            const found = board.features(layer).find((one) => one.id === subject);
            const at = board._map.latLngToContainerPoint(found.place);
            const box = board._map.getContainer().getBoundingClientRect();
            return [box.left + at.x, box.top + at.y];
        }""",
        [side, layer, subject],
    )
    return x, y


def click(page: Page, side: str, layer: str, subject: str) -> None:
    """Click a point of a layer, as a person does."""
    page.mouse.click(*spot(page, side, layer, subject))


def colours_at(page: Page, side: str, x: float, y: float, size: int = 1) -> set[tuple[int, ...]]:
    """The colours (red, green, blue, opacity) that the drawing of a side has in a square of the screen."""
    told = page.evaluate(
        """([side, x, y, size]) => {
            for (const canvas of document.querySelectorAll(`#map_${side} canvas.ym-tile`)) {
                const box = canvas.getBoundingClientRect();
                if (x < box.left || y < box.top || x >= box.right || y >= box.bottom) continue;
                const at = [(x - box.left) * canvas.width / box.width, (y - box.top) * canvas.height / box.height];
                const bytes = canvas.getContext("2d").getImageData(Math.floor(at[0]), Math.floor(at[1]), size, size).data;
                return Array.from({ length: size * size }, (_, i) => [...bytes.slice(4 * i, 4 * i + 4)]);
            }
            return [];
        }""",
        [side, x, y, size],
    )
    return {tuple(one) for one in told}
