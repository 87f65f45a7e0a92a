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

from flask import Flask, Response, request

from webapp.faults import answer

PUBLIC = (
    "public_api.nearest",
    "public_api.pharmacies",
    "find.page",
    "wrong.page",
    "wrong.ticket",
    "seals.page",
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


def throttle(app: Flask, per_minute: int) -> None:
    """Answer 429 to an address that asks too often; 0: nobody does."""
    shared = Buckets(per_minute)
    few = {name: Buckets(size if per_minute else 0, again_s) for name, (size, again_s) in FEW.items()}

    @app.before_request
    def _often() -> Response | None:
        asked = str(request.endpoint)
        buckets = few.get(asked) or (shared if asked in PUBLIC else None)
        if buckets is None:
            return None
        wait = buckets.wait_s(request.remote_addr or "", time.monotonic())
        if not wait:
            return None
        refused = answer(429, "同一地址的查询太多，请稍后再试。")
        refused.headers["Retry-After"] = str(wait)
        return refused
