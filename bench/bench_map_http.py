"""A country over HTTP from `yaotong serve`: tiles a second, cold and warm, and its map in Chromium.

    python -m bench.bench_map_http [shops [areas [alerts [lines]]]]

Two processes of gunicorn as `yaotong serve` starts them, and this client with eight connections that each
wait for their answer, all on the same two cores. Cold: tiles nobody asked for before, each once. Warm: those
of the first view over and over, whole (200) and as "not changed" (304). Empty: a Flask page of nothing, the
same way.
"""

from __future__ import annotations

import re
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from urllib.request import HTTPCookieProcessor, Request, build_opener

from bench.bench_map_read import filled
from bench.map_browser import look
from geo.mercator import tiles_covering
from layers.contract import layers
from yaotong.acts.accounts import add_user
from yaotong.clock import now

_CONNECTIONS, _SECONDS = 8, 5.0
USER, PASSWORD = "bench", "bench-of-tiles"
_BOX = (80.0, 20.0, 130.0, 50.0)
_LENGTH = re.compile(rb"(?i)content-length: (\d+)")


def main(sizes: Sequence[int]) -> None:
    """Print how many tiles a second each kind of request gets."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = filled(Path(folder), *sizes)
        add_user(
            workspace, username=USER, display_name="bench", password=PASSWORD, department="msa",
            area_code="3", role="officer", now=now(),
        )  # fmt: skip
        serve = ["-m", "yaotong", "serve", "--home", str(workspace.settings.home)]
        with serving(serve) as port:
            head = signed_in(port)
            _warmed(port, head)
            tell("无缓存 cold", *load(port, [_get(one, head) for one in _deep()], once=True))
            first = [_get(one, head) for one in _tiles(3, _BOX)]
            tell("有缓存 warm 200", *load(port, first))
            tag = f"If-None-Match: {_tag(port, first[0])}"
            tell("有缓存 warm 304", *load(port, [_get(one, [*head, tag]) for one in _tiles(3, _BOX)]))
            look(f"http://127.0.0.1:{port}", USER, PASSWORD)
    gunicorn = [
        "-m",
        "gunicorn",
        "--workers",
        "2",
        "--threads",
        "4",
        "--log-level",
        "warning",
        "bench.bench_map_http:empty()",
    ]
    with serving(gunicorn) as port:
        load(port, [_get("/empty", [])] * 100, once=True)  # until both processes are up
        tell("空的 Flask 回答", *load(port, [_get("/empty", [])]))


def empty() -> object:
    """A Flask app with a page of nothing."""
    from flask import Flask

    app = Flask(__name__)
    app.add_url_rule("/empty", view_func=lambda: "")
    return app


def tell(name: str, rate: float, codes: Counter[bytes]) -> None:
    """Print one line."""
    told = "、".join(f"{code.decode()} × {n:,}" for code, n in sorted(codes.items()))
    print(f"  {name:<24} {rate:9,.0f} 张/秒  {told}", flush=True)


@contextmanager
def serving(arguments: list[str]) -> Iterator[int]:
    """A server on a free port of this machine; ended with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    where = ["--port", str(port)] if "serve" in arguments else ["--bind", f"127.0.0.1:{port}"]
    process = subprocess.Popen([sys.executable, *arguments, *where], stdout=subprocess.DEVNULL)
    try:
        _listening(port)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _listening(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("the server does not come up")


def load(port: int, requests: Sequence[bytes], *, once: bool = False) -> tuple[float, Counter[bytes]]:
    """Answers per second and how many of each status: each request once, or all over again for a while."""
    began = time.perf_counter()
    codes: Counter[bytes] = Counter()
    with selectors.DefaultSelector() as ready:
        todo = iter(requests) if once else cycle(requests)
        for first in islice(todo, _CONNECTIONS):
            line = socket.create_connection(("127.0.0.1", port))
            line.sendall(first)
            ready.register(line, selectors.EVENT_READ, bytearray())
        while ready.get_map():
            for key, _ in ready.select():
                line, got = key.fileobj, key.data
                assert isinstance(line, socket.socket)
                got += line.recv(1 << 20)
                if not _whole(got):
                    continue
                codes[bytes(got[9:12])] += 1
                got.clear()
                over = not once and time.perf_counter() - began > _SECONDS
                following = None if over else next(todo, None)
                if following is None:
                    ready.unregister(line)
                    line.close()
                else:
                    line.sendall(following)
    return codes.total() / (time.perf_counter() - began), codes


def _whole(got: bytearray) -> bool:
    end = got.find(b"\r\n\r\n")
    if end < 0:
        return False
    length = _LENGTH.search(got, 0, end)
    return len(got) >= end + 4 + (int(length[1]) if length and got[9:12] != b"304" else 0)


def _get(path: str, head: Sequence[str]) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *head, "", ""]).encode()


def signed_in(port: int) -> list[str]:
    """Heads of a request of somebody who has signed in."""
    cookies = HTTPCookieProcessor()
    opener, site = build_opener(cookies), f"http://127.0.0.1:{port}"
    opener.addheaders = [("User-Agent", "bench")]
    form = opener.open(f"{site}/login?next=/rules").read().decode()
    found = re.search(r'name="csrf_token" value="([^"]+)"', form)
    assert found is not None
    said = f"username={USER}&password={PASSWORD}&csrf_token={found[1]}"
    opener.open(Request(f"{site}/login?next=/rules", said.encode()))
    cookie = "; ".join(f"{one.name}={one.value}" for one in cookies.cookiejar)
    return [f"Cookie: {cookie}", "User-Agent: bench", "Accept-Encoding: gzip"]


def _warmed(port: int, head: list[str]) -> None:
    """Wait until both processes have all layers of the first views ready, as on any working day."""
    every = [_get(one, head) for z in (3, 6, 7, 8, 10) for one in _tiles(z, (105.0, 30.0, 105.1, 30.1))]
    quick = 0
    while quick < 6:
        began = time.perf_counter()
        load(port, every * 4, once=True)
        quick = quick + 1 if time.perf_counter() - began < 1.0 else 0


def _tiles(z: int, box: tuple[float, float, float, float]) -> list[str]:
    shown = [one.layer_id for one in layers().values() if one.about.shown]
    return [f"/tiles/{one}/{z}/{x}/{y}.mvt" for x, y in tiles_covering(*box, z) for one in shown]


def _deep() -> list[str]:
    """Tiles of four zooms around one place, as many of each."""
    boxes = {6: (85.0, 22.0, 115.0, 42.0), 7: (90.0, 25.0, 105.0, 35.0), 8: (95.0, 28.0, 102.0, 33.0)}
    return [one for z, box in boxes.items() for one in _tiles(z, box)]


def _tag(port: int, request: bytes) -> str:
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(request)
        found = re.search(rb"(?i)etag: ([^\r]+)", line.recv(4096))
    assert found is not None
    return found[1].decode()


if __name__ == "__main__":
    given = [int(value) for value in sys.argv[1:]]
    main((*given, *(600_000, 42_849, 100_000, 2_000_000)[len(given) :]))
