"""One POST through checked addresses, bounded in time and in what is read of the answer."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpcore

from yaotong.addresses import Network
from yaotong.delivery.dialing import CheckedBackend, Refused, Resolve, resolve
from yaotong.delivery.retry import Attempt

TIMEOUT_SECONDS = 10.0
MAX_ANSWER_BYTES = 65_536
REFUSED = Attempt("RefusedAddress", receiver_wide=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, or one longer than anybody needs. `retry_after` is the header's text."""

    status: int
    retry_after: str | None
    body: bytes


def ask(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    allowed: Sequence[Network] = (),
    timeout: float = TIMEOUT_SECONDS,
    look_up: Resolve = resolve,
    most_bytes: int = MAX_ANSWER_BYTES,
) -> Answer | Attempt:
    """The answer within `timeout` seconds in all, or the failed attempt. Redirects are not followed."""
    until = time.monotonic() + timeout
    try:
        with httpcore.ConnectionPool(network_backend=CheckedBackend(allowed, until, look_up)) as pool:
            return _asked(pool, url, headers, body, until, most_bytes)
    except Refused:
        return REFUSED
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
        return Attempt(type(error).__name__, receiver_wide=True)
    except (httpcore.UnsupportedProtocol, UnicodeError, ValueError) as error:
        return Attempt(type(error).__name__)


def _asked(
    pool: httpcore.ConnectionPool, url: str, headers: Mapping[str, str], body: bytes, until: float, most: int
) -> Answer:
    sent: dict[bytes | str, bytes | str] = {
        **dict(headers.items()),
        "content-length": str(len(body)),
        "connection": "close",
    }
    limits = dict.fromkeys(("connect", "read", "write", "pool"), max(until - time.monotonic(), 0.001))
    with pool.stream("POST", url, headers=sent, content=body, extensions={"timeout": limits}) as answer:
        read = bytearray()
        for part in answer.iter_stream():
            read += part
            if len(read) > most:
                break
        given = {name.lower(): value for name, value in answer.headers}
        retry_after = given.get(b"retry-after", b"").decode("latin-1") or None
        return Answer(answer.status, retry_after, bytes(read))
