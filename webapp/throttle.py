"""How often one address may ask the citizens' pages: a full bucket at first, filled again by the second.

Addresses are kept in memory alone, each for a minute after it last asked, and with nothing of what was asked.
Every process counts for itself.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, request

from webapp.faults import answer

PUBLIC = (
    "public_api.nearest",
    "public_api.pharmacies",
    "find.page",
    "wrong.page",
    "wrong.ticket",
    "seals.page",
    "ogc.items",
    "ogc.item",
    "opendata.changes",
    "opendata.feed",
    "exchange_api.take",
)
# What writes, or tells of a code: how many at once, and in how many seconds as many again.
FEW: Mapping[str, tuple[int, float]] = {
    # The whole register.
    "opendata.geojson": (30, 3600.0),
    "opendata.table": (30, 3600.0),
    "wrong.add": (12, 3600.0),
    "seals.look": (20, 600.0),
    "seals.opened": (12, 3600.0),
}
_MOST_ADDRESSES = 50_000
_FULL_AGAIN_S = 60.0


class Buckets:
    """What each address has left, a token for each request."""

    def __init__(self, size: int, full_again_s: float = _FULL_AGAIN_S) -> None:
        """`size`: how many at once, and in the long run in `full_again_s` seconds; 0: no limit."""
        self._size, self._full_again_s = size, full_again_s
        self._lock = threading.Lock()
        # Address → tokens and when they were counted, the one that asked last at the end.
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, address: str, at: float) -> int:
        """0 for a request that may go on; else after how many whole seconds the next one may.

        `at`: seconds of a clock that never goes back.
        """
        if not self._size:
            return 0
        with self._lock:
            tokens, counted = self._left.pop(address, (float(self._size), at))
            tokens = min(self._size, tokens + (at - counted) * self._size / self._full_again_s)
            allowed = tokens >= 1
            self._left[address] = (tokens - allowed, at)
            while (
                len(self._left) > _MOST_ADDRESSES
                or next(iter(self._left.values()))[1] < at - self._full_again_s
            ):
                self._left.popitem(last=False)
        return 0 if allowed else max(1, math.ceil((1 - tokens) * self._full_again_s / self._size))


class Limits:
    """What every address may ask of every page; `per_minute` 0: nobody is held back."""

    def __init__(self, per_minute: int) -> None:
        self._shared = Buckets(per_minute)
        self._few = {
            name: Buckets(size if per_minute else 0, again_s) for name, (size, again_s) in FEW.items()
        }

    def wait_s(self, endpoint: str, address: str) -> int:
        """0 for a request that may go on; else after how many seconds the next one may."""
        buckets = self._few.get(endpoint) or (self._shared if endpoint in PUBLIC else None)
        return 0 if buckets is None else buckets.wait_s(address, time.monotonic())

    def allow(self, endpoint: str, environ: Mapping[str, Any]) -> bool:
        """Whether a request of a WSGI server may go on; then it counts, and else it does not."""
        return not self.wait_s(endpoint, environ.get("REMOTE_ADDR") or "")


def throttle(app: Flask, per_minute: int) -> Limits:
    """Answer 429 to an address that asks too often."""
    limits = Limits(per_minute)

    @app.before_request
    def _often() -> Response | None:
        wait = limits.wait_s(str(request.endpoint), request.remote_addr or "")
        if not wait:
            return None
        refused = answer(429, "同一地址的查询太多，请稍后再试。")
        refused.headers["Retry-After"] = str(wait)
        return refused

    return limits
