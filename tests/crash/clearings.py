"""Loops over clearing: refused or killed at each call, every data version says what it said."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.crash import model
from tests.crash.loops import Told
from tests.crash.model import Broken, Sent, World
from tests.crash.shim import EVERY, KILL, KINDS, Shim
from tests.crash.warm import Bench, Clearing, cleared, send
from yaotong.errors import StoreError
from yaotong.intake import Limits
from yaotong.store.scratch import scratch
from yaotong.workspace import open_workspace

_MOST_CALLS = 500
_BASE_VERSION = 3  # pharmacies, drugs and the first wording of the lines; the corrections are the fourth


def _two_thirds(again: Sent) -> Sent:
    """Without every third line: those that stay as they were are what a copy is for."""
    header, *rows, bad = again.path.read_text("utf-8").splitlines()
    kept = [row for number, row in enumerate(rows) if number % 3]
    again.path.write_text("\n".join([header, *kept, bad]) + "\n", "utf-8")
    named = {row.split(",")[0] for row in kept}
    return replace(again, entries={key: value for key, value in again.entries.items() if key[1] in named})


class _Corrected:
    """A workspace two thirds of whose lines were worded anew, and what its data versions say."""

    def __init__(self, folder: Path) -> None:
        bench = Bench(folder, 40)
        self.home, self._base = folder / "tried", bench.home
        again = _two_thirds(bench.file("again"))
        self.past: World = bench.before
        send(self._base, again, Limits.off())
        self.now: World = {**bench.before, **again.entries}

    def fresh(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.copytree(self._base, self.home)

    def check(self) -> None:
        if model.world(self.home)[0] != self.now:
            raise Broken("the facts changed")
        if model.past(self.home, _BASE_VERSION) != self.past:
            raise Broken("the past changed")

    def settle(self) -> None:
        """What was begun hurts nobody, and can be gone on with."""
        self.check()
        cleared(self.home)
        self.check()
        if cleared(self.home):
            raise Broken("cleared, there was something left to clear")
        self._swept()

    def _swept(self) -> None:
        """What a dead process left goes with the next one that needs room."""
        ws = open_workspace(self.home, {})
        with scratch(ws.store) as mine:
            left = [one.name for one in mine.parent.iterdir() if one.is_dir() and one != mine]
        ws.store.engine.dispose()
        if left:
            raise Broken(f"left behind: {left}")


def clear_refused(folder: Path, call: str, number: str, stride: str) -> Told:
    """Refuse the first system call of a kind, the second, …, until clearing makes fewer."""
    corrected, shim, told = _Corrected(folder), Shim(), Counter[str]()
    for n in range(1, _MOST_CALLS, int(stride)):
        corrected.fresh()

        def arm(n: int = n) -> None:
            shim.arm(corrected.home, KINDS[call], n, int(number))

        load = Clearing(corrected.home, arm)
        code = load.wait()
        _, fired = shim.disarm()
        if code not in (0, StoreError.exit_code):
            raise Broken(
                f"{call} {n} refused with {os.strerror(int(number))}: ended with {code}: {load.told}"
            )
        corrected.settle()
        told.update({f"code {code}": 1, "calls": fired > 0})
        if not fired:
            return dict(told)
    raise Broken("it never ended")


def clear_killed(folder: Path, stride: str) -> Told:
    """Kill clearing before its first system call, before its second, …"""
    corrected, shim, told = _Corrected(folder), Shim(), Counter[str]()
    for n in range(1, _MOST_CALLS, int(stride)):
        corrected.fresh()
        load = Clearing(corrected.home, lambda n=n: shim.arm(corrected.home, EVERY, n, KILL))
        killed = load.wait() < 0
        shim.disarm()
        corrected.settle()
        told.update(killed=killed)
        if not killed:
            return dict(told)
    raise Broken("it never ended")


LOOPS: dict[str, Any] = {"clear_refused": clear_refused, "clear_killed": clear_killed}
