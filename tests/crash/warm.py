"""A process that imported everything once and forks one child per load, to kill it or to let a call fail.

    LD_PRELOAD=fault.so YAOTONG_FAULT_STATE=… python -m tests.crash.warm LOOP FOLDER ARGUMENTS…

After every try the workspace is opened anew: each file is wholly in or wholly out, and sending it again gives
exactly its rows once. Prints one line of JSON; 1 and a sentence when something was broken.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.crash import model
from tests.crash.model import Broken, Sent, World
from yaotong.acts import warm as _warm  # noqa: F401  (compiled loops are loaded before the first fork)
from yaotong.acts.intake import take_in
from yaotong.codes import Outcome
from yaotong.errors import YaotongError
from yaotong.intake import Limits
from yaotong.intake.core import sandbox, sandbox_server
from yaotong.records import Receipt
from yaotong.store import loads
from yaotong.store.clearing import clear
from yaotong.store.scratch import scratch
from yaotong.workspace import init_workspace, open_workspace

NOW = datetime(2026, 7, 1, 9)
FAULTY, TRACEBACK = 1, 70
_READERS_END_S = 10.0
_FRESH_EVERY = 25  # tries until the workspace is made anew, so that looking at it stays quick


class _Forked:
    """A reading server that was forked from here instead of started; as much of Popen as is used."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> None:
        """It lives as long as its control socket."""

    def wait(self) -> None:
        """Reaped here, so that nothing of the load is left."""
        os.waitpid(self.pid, 0)


def _fork_server(preload: str) -> Any:
    """Like `sandbox._started`, only that everything is imported already."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        _let_go_of_locks()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        try:
            sandbox_server.serve(theirs)
        finally:
            os._exit(0)
    theirs.close()
    sandbox.received(ours, 1)
    return sandbox._Server(_Forked(pid), ours)  # type: ignore[arg-type]


def _let_go_of_locks() -> None:
    """As a started process has it: no lock of the load lives on in its reader."""
    for place in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            if place.readlink().name in (".lock", ".turn"):
                os.close(int(place.name))


sandbox._started = _fork_server


def send(home: Path, one: Sent, limits: Limits) -> Receipt:
    """Take a file in; Broken when the receipt does not account for its rows."""
    ws = open_workspace(home, {})
    try:
        receipt = take_in(ws, one.path, feed=one.feed, now=NOW, limits=limits)
    finally:
        ws.store.engine.dispose()
    if receipt.outcome is Outcome.REJECTED_FILE:
        raise Broken(f"{one.path.name} was refused: {receipt.file_reason} {receipt.message}")
    if (receipt.accepted + receipt.duplicates, len(receipt.rejected)) != (len(one.entries), one.refused):
        raise Broken(f"{receipt.accepted} accepted, {receipt.duplicates} known of {len(one.entries)}")
    return receipt


class Load:
    """A child process that takes one file in."""

    def __init__(self, home: Path, one: Sent, limits: Limits, arm: Any = None) -> None:
        self._start(one.path.with_suffix(".told"), lambda: send(home, one, limits), arm)

    def _start(self, told: Path, work: Callable[[], Any], arm: Any) -> None:
        self._told = told
        self._told.unlink(missing_ok=True)
        self.pid = os.fork()
        if self.pid == 0:
            self._run(work, arm)

    def _run(self, work: Callable[[], Any], arm: Any) -> None:
        code, said = TRACEBACK, ""
        try:
            if arm is not None:
                arm()
            work()
            code = 0
        except YaotongError as error:
            code, said = error.exit_code, str(error)
        except Broken as error:
            code, said = FAULTY, str(error)
        except BaseException:
            said = traceback.format_exc()
        finally:
            sandbox._stop()
            self._told.write_text(json.dumps({"code": code, "said": said}))
            os._exit(code)

    def kill(self) -> bool:
        """Kill it without warning; whether it was still at work."""
        os.kill(self.pid, signal.SIGKILL)
        return self.wait() == -signal.SIGKILL

    def wait(self) -> int:
        """The exit code, or minus the signal it died of."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    @property
    def told(self) -> str:
        """What it said in the end."""
        said: str = json.loads(self._told.read_text())["said"]
        return said


class Clearing(Load):
    """A child process that clears the files of a workspace."""

    def __init__(self, home: Path, arm: Any = None) -> None:
        self._start(home.parent / "clearing.told", lambda: cleared(home), arm)


def cleared(home: Path) -> int:
    """Clear a workspace; how many files were copied."""
    ws = open_workspace(home, {})
    try:
        with ws.store.read() as connection:
            version = loads.current_version(connection)
        return clear(ws.store, version)
    finally:
        ws.store.engine.dispose()


class Bench:
    """A workspace with a model beside it, made anew now and then; files are numbered throughout."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.folder, self.rows = folder, rows
        self.home, self._base = folder / "home", folder / "base"
        self._numbers = itertools.count(1)
        self._tries = 0
        init_workspace(self._base, environ={})
        self.before: World = {}
        for one in (model.shops(folder, 0, 2, "P"), model.drugs(folder, 0, 3), model.sales(folder, 0, rows)):
            send(self._base, one, Limits())
            self.before = {**self.before, **one.entries}
        sandbox._stop()
        sandbox._servers.clear()
        self._start = self.before
        shutil.copytree(self._base, self.home)

    def file(self, kind: str) -> Sent:
        """A new file: lines, lines of the last one worded anew, drugs or pharmacies."""
        number = next(self._numbers)
        if kind == "again":  # the lines that the base came with
            return model.sales(self.folder, 0, self.rows, again=1 + self._tries % _FRESH_EVERY)
        make = {"sales": model.sales, "drugs": model.drugs, "shops": model.shops}[kind]
        return make(self.folder, number, self.rows)

    def settle(self, sent: Sequence[Sent]) -> list[Sent]:
        """After a try: whole, then sent again and exactly once, and nothing left of the try."""
        inside = model.wholly_in(self.home, self.before, sent)
        for one in dict.fromkeys(one.path for one in sent):
            again = next(item for item in sent if item.path == one)
            outcome = send(self.home, again, Limits.off()).outcome
            if (again in inside) != (outcome is Outcome.NOOP):
                raise Broken(
                    f"{one.name} was {'in' if again in inside else 'out'}; sent again it is {outcome}"
                )
            self.before = {**self.before, **again.entries}
        if len(model.wholly_in(self.home, self.before, sent)) != len({one.path for one in sent}):
            raise Broken("sent again, a file is not in")
        self._swept()
        self._renew()
        return inside

    def _swept(self) -> None:
        """Nothing is left once the readers of dead loads have ended, too, and another load came."""
        end = time.monotonic() + _READERS_END_S
        while left := [one.name for one in (self.home / "facts" / "staging").iterdir() if one.is_dir()]:
            if time.monotonic() > end:
                raise Broken(f"left of dead loads: {left}")
            ws = open_workspace(self.home, {})
            with scratch(ws.store):
                time.sleep(0.01)
            ws.store.engine.dispose()

    def _renew(self) -> None:
        self._tries += 1
        if self._tries % _FRESH_EVERY == 0:
            shutil.rmtree(self.home)
            shutil.copytree(self._base, self.home)
            self.before = self._start


def main() -> int:
    """Run one loop."""
    from tests.crash import clearings, loops

    try:
        told = (loops.LOOPS | clearings.LOOPS)[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])
    except Broken as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
