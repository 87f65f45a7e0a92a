"""The till's question over HTTP: 200 a second for ten seconds, two processes, every question kept."""

from __future__ import annotations

import json
import secrets
import tempfile
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from bench import bench_find
from bench.bench_map_http import load, serving
from bench.special_figures import Figure
from tests.intake.helpers import person
from yaotong import clock
from yaotong.acts.intake import take_in
from yaotong.delivery.till_client import TillClient
from yaotong.intake import Limits
from yaotong.store import tillbook
from yaotong.workspace import Workspace, init_workspace

_SHOPS, _BUYERS, _LINES, _RATE = 20, 900, 100_000, 200
_LIMIT_MS = 50.0


def show() -> Figure:
    """Print the spread of answers and that all were kept; the slowest in a hundred."""
    with tempfile.TemporaryDirectory() as folder:
        ws, token = _city(Path(folder))
        requests = _questions(ws, token)
        with serving(["-m", "yaotong", "serve", "--home", str(ws.settings.home)]) as port:
            load(port, requests[:200], once=True)
            before = _kept(ws)
            paced = sorted(_paced(port, requests))
            kept = _kept(ws) - before
    p50, p99 = (paced[int(len(paced) * share)] * 1e3 for share in (0.5, 0.99))
    print(
        f"  每秒 {_RATE} 问、{len(paced):,} 问：p50 {p50:.1f} 毫秒，p99 {p99:.1f} 毫秒，"
        f"最慢 {paced[-1] * 1e3:.0f}；记下 {kept:,} 问", flush=True,
    )  # fmt: skip
    if kept != len(paced):
        raise AssertionError("有询问没有记下")
    return Figure(f"收银机询问 p99，每秒 {_RATE} 问", p99, _LIMIT_MS, "毫秒")


def _paced(port: int, requests: list[bytes]) -> list[float]:
    rate, seconds = bench_find._RATE, bench_find._PACED_S
    bench_find._RATE, bench_find._PACED_S = _RATE, 10.0
    try:
        return bench_find._paced(port, requests)
    finally:
        bench_find._RATE, bench_find._PACED_S = rate, seconds


def _kept(ws: Workspace) -> int:
    with ws.store.read() as connection:
        return sum(tillbook.counts(connection).values())


def _city(folder: Path) -> tuple[Workspace, str]:
    now = clock.now().replace(microsecond=0)
    ws, token = init_workspace(folder / "home", synthetic=True), secrets.token_hex(16)
    rng = np.random.default_rng(1)
    people = [person(one) for one in range(_BUYERS)]
    shops = [f"浙DA{one:06d}" for one in range(_SHOPS)]
    register = {"name": "药店", "address": "路1号", "lon": 121.0, "lat": 30.7, "crs": "wgs84"}
    tables = {
        "pharmacies": pd.DataFrame([{"license_no": one, **register} for one in shops]),
        "drugs": pd.DataFrame(
            {
                "drug_code": ["D1"],
                "drug_name": ["酚麻美敏片"],
                "category": ["EPH|OTC_A"],
                "active_mg_per_pack": [300],
            }
        ),
        "sales": pd.DataFrame(
            {
                "sale_id": np.arange(_LINES),
                "pharmacy_id": np.array(shops)[rng.integers(0, _SHOPS, _LINES)],
                "sold_at": [
                    f"{now - timedelta(minutes=int(one)):%Y-%m-%d %H:%M:%S}"
                    for one in rng.integers(1, 43_000, _LINES)
                ],
                "drug_code": "D1",
                "quantity": rng.integers(1, 3, _LINES),
                "buyer_id_no": np.array(people)[rng.integers(0, _BUYERS, _LINES)],
            }
        ),
    }
    for feed, frame in tables.items():
        path = folder / f"{feed}.csv"
        frame.to_csv(path, index=False)
        take_in(ws, path, feed=feed, now=now, limits=Limits.off())
    key = ws.settings.home / "keys" / "tills.key"
    key.write_text(f"{shops[0]} {token}\n", "utf-8")
    key.chmod(0o600)
    settings = ws.settings.home / "settings.toml"
    settings.write_text(settings.read_text("utf-8").replace("# tills_file", "tills_file"), "utf-8")
    return ws, token


def _questions(ws: Workspace, token: str) -> list[bytes]:
    till = TillClient("", "", token, ws.settings.pseudonym_key)
    known = [till.pseudonym(person(one)) for one in range(_BUYERS)]
    made = []
    for number in range(2_000):
        body = json.dumps(
            {"buyer": known[number % _BUYERS], "drug_code": "D1", "packs": 1 + number % 3}
        ).encode()
        made.append(
            b"POST /api/v1/allowance HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            + f"Authorization: Bearer {token}\r\nX-Licence: %E6%B5%99DA000000\r\n".encode()
            + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
        )  # fmt: skip
    return made
