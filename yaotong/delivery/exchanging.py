"""Post a signed message to another region's instance and read its whole answer."""

from __future__ import annotations

import json
from collections.abc import Sequence

from yaotong.addresses import Network
from yaotong.delivery.asking import ask
from yaotong.delivery.retry import Attempt

PATH = "/api/v1/exchange"
# A run of 100,000 people answers with about twelve megabytes, after a minute on a busy machine.
MOST_BYTES = 128 << 20
TIMEOUT_SECONDS = 300.0


class Unreachable(Exception):
    """No answer came, or none of an instance; the message names the fault and nothing of the content."""


class Refused(Exception):
    """The other instance refused the message; `reason` is its word for why, "" when it gave none."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def post_exchange(
    url: str, wire: bytes, *, allowed: Sequence[Network] = (), timeout: float = TIMEOUT_SECONDS
) -> bytes:
    """The answer to a message. Unreachable to try again; Refused when the other side said no."""
    headers = {"content-type": "application/octet-stream", "accept": "application/octet-stream"}
    answer = ask(
        url.rstrip("/") + PATH, headers, wire, allowed=allowed, timeout=timeout, most_bytes=MOST_BYTES
    )
    if isinstance(answer, Attempt):
        raise Unreachable(answer.error)
    if answer.status == 403:
        raise Refused(_reason(answer.body))
    if answer.status != 200 or len(answer.body) > MOST_BYTES:
        raise Unreachable(f"HTTP {answer.status}")
    return answer.body


def _reason(body: bytes) -> str:
    try:
        told = json.loads(body)
    except ValueError:
        return ""
    kind = told.get("type", "") if isinstance(told, dict) else ""
    return str(kind).rpartition(":")[2][:40]
