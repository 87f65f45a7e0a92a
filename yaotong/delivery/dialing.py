"""Connections of delivery: to an address that was looked up and judged, within one total time."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore

from yaotong.addresses import Network, may_write_to

Resolve = Callable[[str, int], Sequence[str]]


class Refused(httpcore.ConnectError):
    """The host leads into a network that delivery may not write to."""


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, each once; httpcore.ConnectError when it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(type(error).__name__) from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def judged(host: str, port: int, allowed: Sequence[Network], look_up: Resolve = resolve) -> list[str]:
    """The addresses of a host; Refused when a single one may not be written to."""
    found = list(look_up(host, port))
    if not found or not all(may_write_to(one, allowed) for one in found):
        raise Refused("address")
    return found


class CheckedBackend(httpcore.NetworkBackend):
    """Connects to the very addresses it has judged, so that no name leads elsewhere after that.

    The URL keeps its name: the Host header and the certificate are held to it. `until` (monotonic
    seconds) bounds all waiting together, whatever trickles in.
    """

    def __init__(self, allowed: Sequence[Network], until: float, look_up: Resolve = resolve) -> None:
        self._allowed, self._until, self._look_up = allowed, until, look_up
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A stream to the first judged address that answers."""
        failed: Exception = httpcore.ConnectError("no address")
        for address in judged(host, port, self._allowed, self._look_up):
            try:
                left = _left(self._until, timeout, httpcore.ConnectTimeout)
                stream = self._plain.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
            else:
                return _Bounded(stream, self._until)
        raise failed

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        """Never: a message goes to a host."""
        raise Refused("unix socket")


class _Bounded(httpcore.NetworkStream):
    """A stream whose reads and writes share one last moment."""

    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self._stream, self._until = stream, until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._until, timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._until, timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(self._until, timeout, httpcore.ConnectTimeout)
        return _Bounded(self._stream.start_tls(ssl_context, server_hostname, left), self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(until: float, timeout: float | None, late: type[Exception]) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise late("total")
    return left if timeout is None else min(left, timeout)
