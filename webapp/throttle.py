"""How often one address may ask the citizens' pages: a full bucket at first, filled again by the second.

Addresses are kept in memory alone, each for a minute after it last asked, and with nothing of what was asked.
Every process counts for itself.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict

from flask import Flask, Response, request

from webapp.faults import answer

PUBLIC = ("public_api.nearest", "public_api.pharmacies", "find.page", "exchange_api.take")
_MOST_ADDRESSES = 50_000
_FULL_AGAIN_S = 60.0


class Buckets:
    """What each address has left, a token for each request."""

    def __init__(self, per_minute: int) -> None:
        """`per_minute`: how many at once, and how many a minute in the long run; 0: no limit."""
        self._size = per_minute
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
            tokens = min(self._size, tokens + (at - counted) * self._size / _FULL_AGAIN_S)
            allowed = tokens >= 1
            self._left[address] = (tokens - allowed, at)
            while (
                len(self._left) > _MOST_ADDRESSES or next(iter(self._left.values()))[1] < at - _FULL_AGAIN_S
            ):
                self._left.popitem(last=False)
        return 0 if allowed else max(1, math.ceil((1 - tokens) * _FULL_AGAIN_S / self._size))


def throttle(app: Flask, per_minute: int) -> None:
    """Answer 429 to an address that asks too often."""
    buckets = Buckets(per_minute)

    @app.before_request
    def _often() -> Response | None:
        if request.endpoint not in PUBLIC:
            return None
        wait = buckets.wait_s(request.remote_addr or "", time.monotonic())
        if not wait:
            return None
        refused = answer(429, "同一地址的查询太多，请稍后再试。")
        refused.headers["Retry-After"] = str(wait)
        return refused
