"""The desk with 100,000 open alerts: how long its pages take over HTTP, one after the other.

A real `yaotong serve` answers from a store of 100,000 alerts of 50,000 pharmacies; each page is asked for
often enough to tell its p95. `make bench-alerts`.
"""

from __future__ import annotations

import http.client
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from bench.bench_map_http import PASSWORD, USER, serving, signed_in
from bench.bench_map_read import filled
from yaotong.acts.accounts import add_user
from yaotong.clock import now

_EACH = 60
# Answers of a process that has just started, left out.
_COLD = 12
_PAGES = {
    # A server that has just started still reads registers beside it.
    "刚启动时的 /alerts": "/alerts",
    "第 500 页": "/alerts?page=500",
    "红色": "/alerts?level=red",
    "一条规则": "/alerts?rule=R-M14",
    "一个县": "/alerts?area=300010",
    "一家药店": f"/alerts?pharmacy={quote('药0000007')}",
    "找字": f"/alerts?q={quote('药店0001')}",
    "接口 /api/v1/alerts": "/api/v1/alerts",
    "工作台 /desk": "/desk",
    "预警 /alerts": "/alerts",
}


def main(shops: int, areas: int, open_alerts: int, lines: int) -> None:
    """Print median, p95 and the slowest of each page, in milliseconds; the target stands beside them."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = filled(Path(folder), shops, areas, open_alerts, lines)
        add_user(
            workspace, username=USER, display_name="bench", password=PASSWORD, department="msa",
            area_code="3", role="officer", now=now(),
        )  # fmt: skip
        print(f"{shops:,} 家药店、{open_alerts:,} 条未结预警，毫秒：中位、p95、最慢（目标 p95 200 毫秒以内）")
        with serving(["-m", "yaotong", "serve", "--home", str(workspace.settings.home)]) as port:
            head = dict(one.split(": ", 1) for one in signed_in(port))
            for name, path in _PAGES.items():
                print(f"  {name:<24} {_told(_times(port, path, head))}", flush=True)


def _times(port: int, path: str, head: dict[str, str]) -> list[float]:
    """Seconds of each answer, but of the first."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    took = []
    for _ in range(_EACH + _COLD):
        began = time.perf_counter()
        line.request("GET", path, headers=head)
        answer = line.getresponse()
        body = answer.read()
        took.append(time.perf_counter() - began)
        assert answer.status == 200, (path, answer.status)
        assert len(body) > 500, (path, len(body))
    return took[_COLD:]


def _told(took: Sequence[float]) -> str:
    p95 = statistics.quantiles(took, n=20)[-1]
    return f"{statistics.median(took) * 1000:8.0f} {p95 * 1000:8.0f} {max(took) * 1000:8.0f}"


if __name__ == "__main__":
    given = [int(value) for value in sys.argv[1:]]
    main(*(*given, *(50_000, 4_000, 100_000, 400_000)[len(given) :]))
