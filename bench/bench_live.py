"""From an uploaded sale to the notice of it: five uploads of 100 lines a second, with a year behind.

`python -m bench.bench_live [seconds] [days of history]`. A real server takes the uploads, a real worker
judges them and delivers to a receiver on this machine. Each upload is one shop's and holds one sale over the
limit of R-M01, so each opens one alert. `make bench-alerts`.
"""

from __future__ import annotations

import csv
import io
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from sqlalchemy import select

from tests.delivery.filling import ROOT, hooked, worker
from tests.delivery.receivers import OK, Receiver, receiving
from yaotong import clock
from yaotong.acts.demo import DEMO_PASSWORD, build_demo
from yaotong.config import SETTINGS_FILE
from yaotong.store.schema import alert
from yaotong.workspace import open_workspace

LINES, A_SECOND = 100, 5
_PORT, _FIRST = 8137, 5
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def main(seconds: int = 50, days: int = 365) -> None:
    """Print the figures; the target stands beside them."""
    with tempfile.TemporaryDirectory() as folder, receiving(OK) as receiver:
        home = Path(folder) / "home"
        build_demo(home, days=days, now=clock.now())
        hooked(home, {"msa": receiver.url})
        path = home / SETTINGS_FILE
        path.write_text(
            path.read_text("utf-8").replace("flood_alerts_a_day = 200", "flood_alerts_a_day = 100000")
        )
        uploads = _uploads(home, seconds * A_SECOND + _FIRST)
        processes = [_server(home), worker(home)]
        try:
            _ready()
            rest = dict(list(uploads.items())[_FIRST:])
            _send({shop: uploads[shop] for shop in uploads.keys() - rest.keys()})
            time.sleep(30)  # the questions of the day are put, and what the city left to be judged is judged
            sent = _send(rest)
            _until_told(receiver, home, sent)
        finally:
            for one in processes:
                one.terminate()
            for one in processes:
                one.wait(timeout=30)
        _tell(receiver, home, sent, seconds)


def _uploads(home: Path, count: int) -> dict[str, bytes]:
    """A file of each of so many shops: its last lines anew, and one sale over the limit."""
    rows: dict[str, list[dict[str, str]]] = {}
    path = max((home / "feeds" / "sales").glob("*.csv"))
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            rows.setdefault(row["pharmacy_id"], []).append(row)
    return {
        shop: _upload(some[-LINES:], number) for number, (shop, some) in enumerate(list(rows.items())[:count])
    }


def _upload(rows: list[dict[str, str]], number: int) -> bytes:
    at = f"{max(row['sold_at'] for row in rows)[:10]} 12:00:00"
    anew = [
        {**row, "sale_id": f"L{number}-{place}", "trace_code": "", "prescription_no": ""}
        for place, row in enumerate(rows)
    ]
    anew[0] |= {"drug_code": "YP0102A", "quantity": "5", "sold_at": at, "recorded_at": at, "buyer_id_no": ""}
    out = io.StringIO()
    writer = csv.DictWriter(out, list(anew[0]))
    writer.writeheader()
    writer.writerows(anew)
    return out.getvalue().encode()


def _server(home: Path) -> subprocess.Popen[str]:
    arguments = ("serve", "--home", str(home), "--port", str(_PORT), "--workers", "1")
    return subprocess.Popen([sys.executable, "-m", "yaotong", *arguments], cwd=ROOT, text=True)


def _ready() -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            if httpx.get(f"http://127.0.0.1:{_PORT}/readyz").status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.3)
    raise SystemExit("120 秒内没有就绪")


def _send(uploads: dict[str, bytes]) -> dict[str, tuple[float, float]]:
    """Upload at an even pace; of each shop when its upload began, and how long until the receipt."""
    client = httpx.Client(base_url=f"http://127.0.0.1:{_PORT}", timeout=60)
    token = _token(client)
    client.post("/login", data={"username": "msa", "password": DEMO_PASSWORD, "csrf_token": token})
    token, done, lock = _token(client, "/sources"), {}, threading.Lock()

    def one(shop: str, content: bytes, began: float) -> None:
        time.sleep(max(0.0, began - time.monotonic()))
        answer = client.post(
            "/api/v1/feeds/sales", files={"file": (f"{shop}.csv", content)}, headers={"X-CSRFToken": token}
        )
        assert answer.json()["accepted"] == content.count(b"\n") - 1, answer.text[:500]
        with lock:
            done[shop] = (began, time.monotonic() - began)

    start = time.monotonic() + 0.5
    with ThreadPoolExecutor(16) as pool:
        list(
            pool.map(
                lambda item: one(item[1][0], item[1][1], start + item[0] / A_SECOND),
                enumerate(uploads.items()),
            )
        )
    return done


def _token(client: httpx.Client, page: str = "/login") -> str:
    found = _TOKEN.search(client.get(page).text)
    assert found is not None
    return found.group(1)


def _opened(home: Path) -> dict[str, str]:
    """The shop of each alert of R-M01."""
    with open_workspace(home).store.read() as connection:
        query = select(alert.c.alert_id, alert.c.subject).where(alert.c.rule_id == "R-M01")
        return {row.alert_id: row.subject for row in connection.execute(query)}


def _arrivals(receiver: Receiver, home: Path, sent: dict[str, tuple[float, float]]) -> dict[str, float]:
    """When the first notice about each shop arrived after its upload began."""
    shops, first = _opened(home), {}
    for at, _, body in list(receiver.got):
        found = re.search(rb'"alert_id":"([^"]+)"', body)
        shop = shops.get(found.group(1).decode()) if found else None
        if shop in sent and at >= sent[shop][0]:
            first.setdefault(shop, at)
    return first


def _until_told(receiver: Receiver, home: Path, sent: dict[str, tuple[float, float]]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and len(_arrivals(receiver, home, sent)) < len(sent):
        time.sleep(0.5)


def _tell(receiver: Receiver, home: Path, sent: dict[str, tuple[float, float]], seconds: int) -> None:
    first = _arrivals(receiver, home, sent)
    waits = sorted(first[shop] - sent[shop][0] for shop in first)
    taken = sorted(took for _, took in sent.values())
    print(f"每秒 {A_SECOND} 次、每次 {LINES} 行，共 {len(sent)} 次，{seconds} 秒；送达 {len(waits)} 条")
    for name, some in (("上传到回执", taken), ("上传到送达（目标 p99 2 秒以内）", waits)):
        print(
            f"{name}：中位 {statistics.median(some):.2f} 秒，p95 {some[int(len(some) * 0.95) - 1]:.2f} 秒，"
            f"p99 {some[int(len(some) * 0.99) - 1]:.2f} 秒，最长 {some[-1]:.2f} 秒"
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
