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
        return [one for one in self.requests if urlsplit(one).scheme in ("http", "https", "ws", "wss") and urlsplit(one).hostname != "127.0.0.1"]


def ready(page: Page) -> Page:
    """Wait until both maps have drawn their layers."""
    page.wait_for_selector("html[data-map=ready]", state="attached", timeout=20_000)
    return page


def view(page: Page, side: str) -> tuple[float, float, float]:
    """Centre and zoom of one map: lat, lon, zoom."""
    lat, lon, zoom = page.evaluate(f"(() => {{ const m = map_{side}; const c = m.getCenter(); return [c.lat, c.lng, m.getZoom()]; }})()")
    return lat, lon, zoom
