"""A mixed load over HTTP for minutes on end: requests a second, how long they take, errors, memory.

    python -m bench.bench_load [minutes [home]]

Two processes as `yaotong serve` starts them over a demo city (a copy of `home` where one is given), and this
client with eight connections that each wait for their answer, on the same cores. One answer in a hundred is
looked over (bench/load_mix.py). At the end the same client asks a Flask app that answers nothing. An answer
that is no 200 or 204, or a connection that breaks, is an error; one of them ends the run with code 1.
"""

from __future__ import annotations

import http.client
import random
import re
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import httpx
import numpy as np

from bench.bench_map_http import serving
from bench.load_mix import GROUPS, Asked, Mix, template
from yaotong.acts.demo import DEMO_PASSWORD, build_demo
from yaotong.clock import now
from yaotong.reads.alerts import inbox
from yaotong.reads.public import pharmacies
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace, init_workspace, open_workspace

_CONNECTIONS, _EVERY, _WARM_S, _SECONDS = 8, 100, 20.0, 60
_BOUNDARY = "yaotong-bench-load"
_FINE = (200, 204)


class Tally:
    """What came back: seconds by group, errors by what they were, and the sample."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.errors: Counter[str] = Counter()
        self.looked_over = 0
        self.wrong: list[str] = []
        self._lock = threading.Lock()

    def add(self, kind: str, seconds: float, error: str, wrong: str | None) -> None:
        """Count one answer; `wrong` is None for one that was not looked over."""
        with self._lock:
            self.seconds[GROUPS.get(kind, kind)].append(seconds)
            if error:
                self.errors[f"{kind} {error}"] += 1
            if wrong is not None:
                self.looked_over += 1
                self.wrong += [f"{kind}: {wrong}"] if wrong else []


class Asker(threading.Thread):
    """One connection that asks the next thing as soon as it was answered."""

    def __init__(
        self, port: int, mix: Mix | None, heads: dict[str, str], tally: Tally, seed: int, until: float
    ) -> None:
        super().__init__()
        self._mix, self._heads, self._tally, self._until = mix, heads, tally, until
        self._rng, self._seed, self._line = (
            random.Random(seed),
            seed,
            http.client.HTTPConnection("127.0.0.1", port, timeout=120),
        )

    def run(self) -> None:
        """Until the time is over."""
        number = self._seed * 100_000
        while time.monotonic() < self._until:
            number += 1
            one = self._mix.next(self._rng, number) if self._mix else Asked("empty", "/empty", lambda _: "")
            began = time.perf_counter()
            try:
                status, got = self._asked(one)
                error = "" if status in _FINE else str(status)
            except (OSError, http.client.HTTPException) as broken:
                self._line.close()
                error, got = type(broken).__name__, b""
            took = time.perf_counter() - began
            look = not error and self._mix is not None and self._rng.randrange(_EVERY) == 0
            self._tally.add(one.kind, took, error, self._checked(one, got) if look else None)
        self._line.close()

    def _asked(self, one: Asked) -> tuple[int, bytes]:
        heads = {**self._heads, "Connection": "keep-alive"}
        if one.content:
            heads["Content-Type"] = f"multipart/form-data; boundary={_BOUNDARY}"
            self._line.request("POST", one.path, _form(one.content), heads)
        else:
            self._line.request("GET", one.path, headers=heads)
        answer = self._line.getresponse()
        return answer.status, answer.read()

    @staticmethod
    def _checked(one: Asked, got: bytes) -> str:
        try:
            return one.check(got)
        except (KeyError, ValueError, TypeError) as error:
            return f"{type(error).__name__}: {error}"


def main(minutes: float, home: Path | None) -> int:
    """Print the figures; 1 when an answer was an error or wrong."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = _city(Path(folder) / "home", home)
        mix = _mix(workspace)
        where = str(workspace.settings.home)
        workspace.store.engine.dispose()
        with serving(["-m", "yaotong", "serve", "--home", where]) as port:
            heads = _signed_in(port)
            _asked_for(port, mix, heads, _WARM_S, Tally(), seed=90)
            tally, before = Tally(), _memory_mb(port)
            began = time.monotonic()
            for minute in range(max(1, round(minutes))):
                _asked_for(
                    port,
                    mix,
                    heads,
                    _SECONDS if minutes >= 1 else minutes * 60,
                    tally,
                    seed=100 + minute * 10,
                )
                print(f"  第 {minute + 1} 分钟  内存 {_memory_mb(port):,.0f} MB", flush=True)
            took = time.monotonic() - began
            after = _memory_mb(port)
    _tell(tally, took, before, after)
    _empty()
    return 1 if tally.errors or tally.wrong else 0


def _asked_for(
    port: int, mix: Mix | None, heads: dict[str, str], seconds: float, tally: Tally, seed: int
) -> None:
    until = time.monotonic() + seconds
    askers = [Asker(port, mix, heads, tally, seed + one, until) for one in range(_CONNECTIONS)]
    for one in askers:
        one.start()
    for one in askers:
        one.join()


def _tell(tally: Tally, took: float, before: float, after: float) -> None:
    every = [second for some in tally.seconds.values() for second in some]
    print(f"  {len(every):,} 次请求，{len(every) / took:,.0f} 次/秒")
    for name, seconds in [("all", every), *sorted(tally.seconds.items())]:
        p50, p95, p99 = (float(one) for one in np.percentile(seconds, [50, 95, 99]) * 1000)
        print(f"  {name:<10} {len(seconds):>8,} 次  p50 {p50:8.1f}  p95 {p95:8.1f}  p99 {p99:8.1f} 毫秒")
    print(f"  错误 {tally.errors.total()} {dict(tally.errors)}")
    print(f"  核对 {tally.looked_over} 份（百分之一），不对 {len(tally.wrong)} {tally.wrong[:5]}")
    print(f"  内存 开始 {before:,.0f} MB，结束 {after:,.0f} MB", flush=True)


def _empty() -> None:
    """The same client against a page of nothing."""
    gunicorn = ["-m", "gunicorn", "--workers", "2", "--threads", "4", "--log-level", "warning"]
    with serving([*gunicorn, "bench.bench_map_http:empty()"]) as port:
        _asked_for(port, None, {}, 2.0, Tally(), seed=1)
        tally = Tally()
        _asked_for(port, None, {}, 5.0, tally, seed=1)
    seconds = tally.seconds["empty"]
    p50, p99 = (float(one) for one in np.percentile(seconds, [50, 99]) * 1000)
    print(f"  空的 Flask 回答 {len(seconds) / 5:,.0f} 次/秒  p50 {p50:.1f}  p99 {p99:.1f} 毫秒")


def _city(folder: Path, given: Path | None) -> Workspace:
    """A demo city of its own, from which nobody is held back for asking much."""
    if given is None:
        build_demo(folder, now=now()).workspace.store.engine.dispose()
    else:
        shutil.copytree(given, folder)
        init_workspace(folder).store.engine.dispose()  # brings an older one up to date
    path = folder / "settings.toml"
    text, changed = re.subn(r"(?m)^per_minute = \d+", "per_minute = 0", path.read_text("utf-8"))
    assert changed, "settings.toml names no limit per minute"
    path.write_text(text, "utf-8")
    return open_workspace(folder, {})


def _mix(workspace: Workspace) -> Mix:
    """The truth that answers are held against, read before anybody asks."""
    viewer = Viewer("msa", "", "msa", "330482", "leader")
    rows = inbox(workspace, viewer, limit=500, now=now()).rows
    known = pharmacies(workspace, at=now(), limit=100_000)["features"]
    at: Sequence[tuple[float, float]] = [tuple(one["geometry"]["coordinates"]) for one in known]
    licences = [one["properties"]["license_no"] for one in known]
    return Mix(at, [one.alert_id for one in rows], licences, template(workspace.settings.home))


def _signed_in(port: int) -> dict[str, str]:
    """Heads of an officer of market supervision, uploads allowed."""
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120)
    token = _token(client.get("/login").text)
    client.post("/login", data={"username": "msa", "password": DEMO_PASSWORD, "csrf_token": token})
    token = _token(client.get("/sources").text)
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    agent = client.headers["User-Agent"]
    return {"Cookie": cookies, "X-CSRFToken": token, "User-Agent": agent, "Accept-Encoding": "identity"}


def _token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None, "the page has no form"
    return found[1]


def _form(content: bytes) -> bytes:
    said = 'Content-Disposition: form-data; name="file"; filename="sales.csv"\r\nContent-Type: text/csv'
    head = f"--{_BOUNDARY}\r\n{said}\r\n\r\n"
    return head.encode() + content + f"\r\n--{_BOUNDARY}--\r\n".encode()


def _memory_mb(port: int) -> float:
    """What the server's processes hold of their own and share of the rest (PSS), in megabytes."""
    mine: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            mine[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    roots = {pid for pid in mine if f":{port}" in _line(pid) or f"--port\0{port}" in _line(pid)}
    chosen = {pid for pid in mine if pid in roots or mine[pid] in roots}
    return sum(_pss_kb(pid) for pid in chosen) / 1024


def _line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace")
    except OSError:
        return ""


def _pss_kb(pid: int) -> int:
    try:
        found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
    except OSError:
        return 0
    return int(found[1]) if found else 0


if __name__ == "__main__":
    sys.exit(
        main(
            float(sys.argv[1]) if len(sys.argv) > 1 else 10.0,
            Path(sys.argv[2]) if len(sys.argv) > 2 else None,
        )
    )
