"""Real instances: each its own workspace, database, keys, port and server process; and a wire that is recorded."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_START_S = 180.0


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Instance:
    """`yaotong serve` over a workspace, on a port of its own; it can be killed and started again."""

    def __init__(self, home: Path, port: int) -> None:
        self.home, self.port = home, port
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [
            sys.executable,
            "-m",
            "yaotong",
            "serve",
            "--home",
            str(self.home),
            "--port",
            str(self.port),
        ]
        self.process = subprocess.Popen(
            [*command, "--workers", "1"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        until = time.monotonic() + _START_S
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=5):
                    return
            except OSError:
                assert time.monotonic() < until, "the server did not start"
                time.sleep(0.2)

    def kill(self) -> None:
        """At once, with all that it runs, as a loss of power would."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A verb of the command line on this workspace."""
        command = [sys.executable, "-m", "yaotong", *arguments, "--home", str(self.home)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)


@contextmanager
def recorded(target: Instance) -> Iterator[tuple[str, list[bytes]]]:
    """An address that leads to an instance, and all that is said on the way."""
    seen: list[bytes] = []

    class Between(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append(f"{self.path} {self.headers}".encode() + asked)
            request = urllib.request.Request(target.url + self.path, asked, dict(self.headers), method="POST")
            try:
                with urllib.request.urlopen(request, timeout=600) as answer:
                    status, told = answer.status, answer.read()
            except urllib.request.HTTPError as error:
                status, told = error.code, error.read()
            seen.append(told)
            self.send_response(status)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Between)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
