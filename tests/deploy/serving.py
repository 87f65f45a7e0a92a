"""A real server of a small workspace, and somebody who keeps asking it."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

READY_S = 120.0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def status(port: int, path: str, timeout: float = 90.0) -> int:
    """The status of one answer, asked on a connection of its own; OSError when there is none."""
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        asked.request("GET", path)
        answer = asked.getresponse()
        answer.read()
        return answer.status
    except http.client.HTTPException as error:
        raise OSError(f"{type(error).__name__}: {error}") from error
    finally:
        asked.close()


def wait_until(true: Callable[[], bool], seconds: float = READY_S) -> None:
    """Wait for something to come true."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, f"not within {seconds} s"
        time.sleep(0.1)


def answers(port: int, path: str = "/readyz") -> bool:
    """Whether a server is ready."""
    try:
        return status(port, path) == 200
    except OSError:
        return False


@contextmanager
def serving(home: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """`yaotong serve` of a workspace, ready; ended at the end."""
    command = [sys.executable, "-m", "yaotong", "serve", "--home", str(home), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_until(lambda: server.poll() is not None or answers(port))
        assert server.poll() is None, "it ended before it was ready"
        yield server
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            raise


class Asker:
    """Citizens who ask without a pause, each on a new connection; what went wrong is kept."""

    def __init__(self, port: int, path: str, many: int = 4) -> None:
        self.asked, self.faults = 0, list[str]()
        self._port, self._path, self._over = port, path, threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(many)]

    def __enter__(self) -> Asker:
        for one in self._threads:
            one.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for one in self._threads:
            one.join()

    def more(self, count: int) -> None:
        """Wait until so many more were asked."""
        goal = self.asked + count
        wait_until(lambda: self.asked >= goal)

    def _ask(self) -> None:
        while not self._over.is_set():
            try:
                got = status(self._port, self._path)
                fault = "" if got == 200 else str(got)
            except OSError as error:
                fault = f"{type(error).__name__}: {error}"
            self.asked += 1
            if fault:
                self.faults.append(fault)
