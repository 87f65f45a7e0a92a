"""An owner of tiles on this machine that behaves well or badly: what a test calls it by its path."""

from __future__ import annotations

import struct
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GREEN = (96, 172, 104)


def png(colour: tuple[int, int, int] = GREEN, size: int = 256) -> bytes:
    """A square of one colour as a PNG."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    rows = (b"\0" + bytes(colour) * size) * size
    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@dataclass
class Owner:
    """The running server: its address and what it was asked. `broken` makes it fail from now on."""

    address: str
    paths: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    broken: bool = False


@contextmanager
def owner() -> Iterator[Owner]:
    """Serve /good, /fail, /none, /hang, /drip, /away, /round, /html, /svg, /huge, /zip, /cut and /inside."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    mine = Owner(f"http://127.0.0.1:{server.server_port}")
    server.owner = mine  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield mine
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer as the first part of the path says."""
        mine: Owner = self.server.owner  # type: ignore[attr-defined]
        mine.paths.append(self.path)
        mine.hosts.append(self.headers["Host"])
        way = "fail" if mine.broken else self.path.split("/")[1].split("?")[0]
        try:
            getattr(self, f"_{way}")()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _send(self, content: bytes, media: str = "image/png", status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": media, "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def _good(self) -> None:
        self._send(png())

    def _fail(self) -> None:
        self._send(b"no", "text/plain", 500)

    def _none(self) -> None:
        self._send(b"", status=404)

    def _hang(self) -> None:
        time.sleep(3)
        self.close_connection = True

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Connection", "close")
        self.end_headers()
        for _ in range(60):
            self.wfile.write(b".")
            self.wfile.flush()
            time.sleep(0.05)
        self.close_connection = True

    def _away(self) -> None:
        self._send(b"", status=302, Location="http://localhost:1/good/1/0/0.png")

    def _round(self) -> None:
        self._send(b"", status=302, Location=self.path)

    def _inside(self) -> None:
        self._send(b"", status=302, Location="/good/moved.png")

    def _html(self) -> None:
        self._send(b"<script>alert(1)</script>", "text/html")

    def _svg(self) -> None:
        self._send(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml")

    def _huge(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Content-Length", str(20_000_000))
        self.end_headers()
        for _ in range(20):
            self.wfile.write(b"\0" * 1_000_000)

    def _zip(self) -> None:
        self._send(zlib.compress(b"\0" * 1_000_000), Content_Encoding="deflate")

    def _cut(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Content-Length", "5000")
        self.end_headers()
        self.wfile.write(b"short")
        self.close_connection = True
