"""Receivers on this machine that answer well or badly, each connection in its own thread."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Answer = Callable[[socket.socket, bytes], None]


class Receiver(socketserver.ThreadingTCPServer):
    """Keeps (seconds, headers, body) of each request in `got`, then lets `answer` speak on the socket."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.got: list[tuple[float, dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for _, headers, _ in self.got]

    def handle_error(self, request: object, client_address: object) -> None:
        return None  # a sender that hangs up is what some tests want


class _Handler(socketserver.StreamRequestHandler):
    server: Receiver

    def handle(self) -> None:
        first = self.rfile.readline()
        if not first:
            return
        headers = {}
        while (line := self.rfile.readline().strip()) != b"":
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length", "0")))
        self.server.got.append((time.monotonic(), headers, body))
        self.server.answer(self.connection, first)


@contextmanager
def receiving(answer: Answer) -> Iterator[Receiver]:
    server = Receiver(answer)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def says(status: str, *headers: str, body: bytes = b"", length: int | None = None) -> Answer:
    """A whole answer, unless `length` is not the body's."""
    lines = [f"HTTP/1.1 {status}", *headers, f"content-length: {len(body) if length is None else length}"]
    head = "\r\n".join([*lines, "connection: close", "", ""]).encode()
    return lambda connection, _: connection.sendall(head + body)


OK = says("204 No Content")


def hangs(connection: socket.socket, _: bytes) -> None:
    """Says nothing until the sender has hung up."""
    connection.settimeout(30)
    connection.recv(1)


def trickles(connection: socket.socket, _: bytes) -> None:
    """A header byte now and then, for ever: no single wait is long."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nx-slow: ")
    while True:
        connection.sendall(b"a")
        time.sleep(0.05)


def never_ends(connection: socket.socket, _: bytes) -> None:
    """Success, and a body without end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")


def resets(connection: socket.socket, _: bytes) -> None:
    """Cuts the line without an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def babbles(connection: socket.socket, _: bytes) -> None:
    """Speaks something that is not HTTP."""
    connection.sendall(b"220 smtp.example ESMTP\r\n")
