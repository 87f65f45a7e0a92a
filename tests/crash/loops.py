"""The loops that `warm` runs: kills at random moments, kills at each call, and each call refused in turn."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.crash.model import Broken, Sent
from tests.crash.shim import EVERY, KILL, KILL_IN_THE_MIDST, KINDS, Shim
from tests.crash.warm import Bench, Load
from yaotong.errors import StoreError
from yaotong.intake import Limits

_GROUPS = (("sales",), ("shops",), ("again",), ("drugs",), ("sales", "sales", "drugs"), ("sales", "same"))
_PATIENCE_S = 20.0
_MOST_CALLS = 2_000
Told = dict[str, Any]


def kill(folder: Path, tries: str, seed: str) -> Told:
    """Kill loads, one or several at a time, at moments of chance and when files show that work goes on."""
    rng, bench = random.Random(int(seed)), Bench(folder, 300)
    spent = {group: _duration(bench, group) for group in _GROUPS}
    told: Counter[str] = Counter()
    while told["killed"] < int(tries):
        group = rng.choice(_GROUPS)
        moment = rng.choice(("chance", "chance", "staged", "moved", "written"))
        sent = _files(bench, group)
        loads = _start(bench, sent, rng)
        _wait(bench.home, moment, rng, spent[group])
        killed = sum(one.kill() for one in rng.sample(loads, len(loads)))
        inside = bench.settle(sent)
        told.update(killed=killed, tries=1, inside=len(inside), files=len({one.path for one in sent}))
        told[f"when {moment}"] += killed
    return dict(told)


def kill_at_each_call(folder: Path, kind: str, stride: str, midst: str) -> Told:
    """Kill a load before its first system call, before its second, …; or when half a write is done."""
    shim, bench, told = Shim(), Bench(folder, 40), Counter[str]()
    kinds, number = (KINDS["write"], KILL_IN_THE_MIDST) if midst == "midst" else (EVERY, KILL)
    turns = _Turns(int(stride))
    for n in turns:
        sent = bench.file(kind)
        load = Load(bench.home, sent, _limits(n), lambda n=n: shim.arm(bench.home, kinds, n, number))
        code = load.wait()
        _, fired = shim.disarm()
        told.update(killed=code < 0, inside=len(bench.settle([sent])))
        turns.met(n, fired > 0)
    return {**told, "calls": turns.most}


def refuse_each_call(folder: Path, kind: str, call: str, number: str, stride: str, lasting: str) -> Told:
    """Refuse the first system call of a kind, the second, …, until a load has fewer; or all from there on."""
    shim, bench, told = Shim(), Bench(folder, 40), Counter[str]()
    turns = _Turns(int(stride))
    for n in turns:
        sent = bench.file(kind)

        def arm(n: int = n) -> None:
            shim.arm(bench.home, KINDS[call], n, int(number), lasting=lasting == "lasting")

        load = Load(bench.home, sent, _limits(n), arm)
        code = load.wait()
        _, fired = shim.disarm()
        if code not in (0, StoreError.exit_code):
            raise Broken(
                f"{call} {n} refused with {os.strerror(int(number))}: ended with {code}: {load.told}"
            )
        inside = bench.settle([sent])
        told.update(
            {"fired": fired > 0, f"code {code}": 1, "told it failed, yet in": code != 0 and bool(inside)}
        )
        if code == 0 and not inside:
            raise Broken(f"{call} {n}: it said it was done and is not in")
        turns.met(n, fired > 0)
    return {**told, "calls": turns.most}


class _Turns:
    """The numbers of calls to stop at, until a load of either way of reading makes fewer calls than that."""

    def __init__(self, stride: int) -> None:
        self._numbers = range(1, _MOST_CALLS, stride)
        self._going = {n % 2 for n in self._numbers}
        self.most = 0

    def __iter__(self) -> Iterator[int]:
        for n in self._numbers:
            if n % 2 in self._going:
                yield n
            elif not self._going:
                return
        raise Broken("it never ended")

    def met(self, n: int, fired: bool) -> None:
        """Whether the call of that number was made."""
        if fired:
            self.most = max(self.most, n)
        else:
            self._going.discard(n % 2)


def _limits(n: int) -> Limits:
    """Strangers' files are read in a process of their own, a server's own files here: both in turn."""
    return Limits() if n % 2 else Limits.off()


def _files(bench: Bench, group: Sequence[str]) -> list[Sent]:
    files: list[Sent] = []
    for kind in group:
        files.append(files[-1] if kind == "same" else bench.file(kind))
    return files


def _start(bench: Bench, sent: Sequence[Sent], rng: random.Random) -> list[Load]:
    return [Load(bench.home, one, rng.choice((Limits(), Limits.off()))) for one in sent]


def _duration(bench: Bench, group: Sequence[str]) -> float:
    times = []
    for _ in range(2):
        sent, start = _files(bench, group), time.monotonic()
        for load in [Load(bench.home, one, Limits()) for one in sent]:
            if load.wait():
                raise Broken(load.told)
        times.append(time.monotonic() - start)
        bench.settle(sent)
    return min(times)


def _wait(home: Path, moment: str, rng: random.Random, spent: float) -> None:
    if moment != "chance":
        shows = _SHOWS[moment](home)
        end = time.monotonic() + min(_PATIENCE_S, 3 * spent)
        while time.monotonic() < end and not shows():
            time.sleep(0)
    spread = 1.1 if moment == "chance" else 0.05
    time.sleep(rng.uniform(0, spread * spent))


def _staged(home: Path) -> Callable[[], bool]:
    return lambda: next((home / "facts" / "staging").glob("*/*.*"), None) is not None


def _moved(home: Path) -> Callable[[], bool]:
    def count() -> int:
        return sum(1 for _ in (home / "facts").glob("*/*/*/*.parquet"))

    known = count()
    return lambda: count() > known


def _written(home: Path) -> Callable[[], bool]:
    journal = next(home.glob("**/*.db")).with_suffix(".db-wal")
    return lambda: journal.exists() and journal.stat().st_size > 0


_SHOWS = {"staged": _staged, "moved": _moved, "written": _written}
LOOPS: dict[str, Callable[..., Told]] = {
    "kill": kill,
    "kill_at_each_call": kill_at_each_call,
    "refuse_each_call": refuse_each_call,
}
