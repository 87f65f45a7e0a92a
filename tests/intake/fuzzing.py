"""Mutated files of every format and feed, read one after the other: none may end but in a reason.

    python -m tests.intake.fuzzing [--count 20000] [--seed 1] [--first 0] [--jobs 2]

Input number n under a seed is always the same, so that a find can be read again alone. Every outcome must be a
reading that accounts for every row, without any clear identity number, or a refusal whose reason the contract
knows. Anything else, a warning, a long think and a crash included, is printed and ends the run with 1.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import signal
import sys
import tempfile
import time
import unicodedata
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import FrameType

import pyarrow as pa

from tests.intake.fuzz_mutations import TOKENS, mutated
from tests.intake.fuzz_seeds import PEOPLE, Seed, seeds, sound_rows
from tests.intake.helpers import KEY, NOW
from yaotong.codes import FILE_REASONS, ROW_REASONS
from yaotong.errors import FileRefused, UsageError
from yaotong.intake import Limits, Reading, Reference, profiles, read_file

__all__ = ["PEOPLE", "TOKENS", "Seed", "mutated", "outcome", "run", "seeds", "sound_rows"]

_SLOW_S = 5.0
_STUCK_S = 60.0
_MEMORY = 3 << 30
_CHUNK = 500
_TOLD_EVERY = 50_000
_MOST_SAID = 4_000
_LIMITS = Limits(file_bytes=2_000_000, rows=5_000, unpacked_bytes=4_000_000)
_REGION = (115.0, 27.0, 123.0, 34.0)
_REFERENCES = (
    Reference(region=_REGION),
    Reference(
        frozenset(["pha27", "pha45"]),
        frozenset(["dru48", "dru45"]),
        frozenset(["tow1", "330482001"]),
        _REGION,
    ),
)
_CLEAR = re.compile("|".join("[ -]?".join(number) for number in PEOPLE), re.I)
_CHINESE = re.compile("[\u4e00-\u9fff]")


class Stuck(BaseException):
    """Raised in the midst of a reading that takes too long; no handler of the reader's can hold it."""


class Waited(Stuck):
    """It did nothing for long, by the clock on the wall."""


def outcome(made: Seed, folder: Path) -> str:
    """What the file ended in, in a word; AssertionError when it must not end so."""
    path = folder / made.name
    written = [(path, made.data), *((folder / name, data) for name, data in made.beside)]
    try:
        for place, data in written:
            place.write_bytes(data)
        return _read(path, made)
    finally:
        for place, _ in written:
            place.unlink(missing_ok=True)


def _read(path: Path, made: Seed) -> str:
    reference = _REFERENCES[made.referenced]
    try:
        reading = read_file(
            path,
            feed=made.feed,
            profile=made.profile,
            reference=reference,
            pseudonymiser=KEY,
            limits=_LIMITS,
            now=NOW,
        )
    except FileRefused as refused:
        _check_refusal(refused)
        return refused.reason
    except UsageError:
        return "usage"
    _check(reading)
    return "accepted" if not reading.rejected else "partial"


def _check_refusal(refused: FileRefused) -> None:
    assert refused.reason in FILE_REASONS, refused.reason
    assert _CHINESE.search(refused.message), "a refusal says what to do"
    assert len(refused.message) < _MOST_SAID, "a refusal is short"
    assert not _clear(refused.message), "a clear number in a message"


def _clear(text: str) -> bool:
    return bool(
        _CLEAR.search(text) or (not text.isascii() and _CLEAR.search(unicodedata.normalize("NFKC", text)))
    )


def _check(reading: Reading) -> None:
    rows = [one.row for one in reading.rejected]
    kept = reading.accepted["row"].tolist()
    assert reading.rows == len(kept) + reading.duplicates + len(rows)
    assert all(one.reason in ROW_REASONS for one in reading.rejected)
    assert all(_CHINESE.search(one.message) for one in reading.rejected), "a reason is said in words"
    assert rows == sorted(rows)
    assert min([*rows, *kept], default=1) >= 1
    # A source that reshapes the file makes several lines of a row, or one of several.
    reshaped = reading.profile and profiles()[reading.profile].prepare is not None
    if not reshaped:
        assert max([*rows, *kept], default=0) <= reading.rows, "a row that is not there"
        assert len({*rows, *kept}) == len(rows) + len(kept), "each row has one end"
    assert reading.masked["row"].tolist() == rows
    assert reading.masked["reason"].tolist() == [one.reason for one in reading.rejected]
    _check_told(reading)


def _check_told(reading: Reading) -> None:
    told = [
        *(one.message for one in reading.rejected),
        *(one.column for one in reading.rejected),
        *reading.notes,
    ]
    told += [str(name) for name in reading.masked]
    told += [str(cell) for _, cells in reading.masked.items() for cell in pa.array(cells.array).to_pylist()]
    assert not _clear("\n".join(told)), "a clear number among what is told"
    personal = {column.name for column in reading.feed.columns if column.personal}
    assert not personal & set(reading.accepted.columns), "a personal column is kept"


def _alarm(signum: int, frame: FrameType | None) -> None:
    raise Waited if signum == signal.SIGALRM else Stuck


def _end(seed: int, number: int, folder: Path) -> str:
    """One input's outcome. One that only waited is read again: the machine may have held the whole process."""
    try:
        return _one(seed, number, folder)
    except Waited:
        return _one(seed, number, folder)


def _one(seed: int, number: int, folder: Path) -> str:
    """One input's outcome, within the time; a warning is no outcome."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        made = mutated(seed, number)
        # Time of this process alone: others may be busy on the same cores. Waiting is bounded, too.
        signal.setitimer(signal.ITIMER_PROF, _SLOW_S)
        signal.setitimer(signal.ITIMER_REAL, _STUCK_S)
        try:
            end = outcome(made, folder)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
    assert not said, f"warns: {said[0].category.__name__} {said[0].message}"
    return end


def run(seed: int, first: int, count: int, tracks: Path | None = None) -> tuple[Counter[str], list[str]]:
    """Outcomes of some inputs, and the finds as sentences; `tracks` is where a crash can be traced."""
    counts: Counter[str] = Counter()
    finds = []
    old = {one: signal.signal(one, _alarm) for one in (signal.SIGPROF, signal.SIGALRM)}
    track = (tracks / str(os.getpid())).open("wb", 0) if tracks is not None else None
    try:
        with tempfile.TemporaryDirectory(dir=_memory_folder()) as folder:
            for number in range(first, first + count):
                if track is not None:
                    os.pwrite(track.fileno(), b"%12d" % number, 0)
                try:
                    counts[_end(seed, number, Path(folder))] += 1
                except Waited:
                    finds.append(f"seed {seed} number {number}: waited longer than {_STUCK_S:g} s, twice")
                except Stuck:
                    finds.append(f"seed {seed} number {number}: took longer than {_SLOW_S:g} s")
                except Exception as error:  # any other end is what is looked for
                    finds.append(f"seed {seed} number {number}: {type(error).__name__}: {str(error)[:300]}")
    finally:
        if track is not None:
            track.close()
        for one, handler in old.items():
            signal.signal(one, handler)
    return counts, finds


def _memory_folder() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))


def main() -> int:
    """Run the inputs on some processes and print what they ended in."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("count", 20_000), ("seed", 1), ("first", 0), ("jobs", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=_memory_folder()) as tracks:
        try:
            return _all(asked.seed, asked.first, asked.count, asked.jobs, Path(tracks))
        except BrokenProcessPool:
            numbers = sorted(int(one.read_bytes()) for one in Path(tracks).iterdir())
            print(f"a process died; seed {asked.seed}, one of the numbers {numbers}")
            return 1


def _all(seed: int, first: int, count: int, jobs: int, tracks: Path) -> int:
    starts = range(first, first + count, _CHUNK)
    sizes = [min(_CHUNK, first + count - start) for start in starts]
    counts: Counter[str] = Counter()
    found, began = 0, time.monotonic()
    same = ([one] * len(sizes) for one in (seed, tracks))
    with ProcessPoolExecutor(jobs, initializer=_bounded) as workers:
        for some, finds in workers.map(run, next(same), starts, sizes, next(same)):
            before, found = counts.total(), found + len(finds)
            counts += some
            for one in finds:
                print(one, flush=True)
            if before // _TOLD_EVERY < counts.total() // _TOLD_EVERY:
                spent = time.monotonic() - began
                print(
                    f"{counts.total():,} inputs, {counts.total() / spent:,.0f}/s, {found} finds", flush=True
                )
    spent = time.monotonic() - began
    print(f"{counts.total():,} inputs in {spent:,.0f} s, {counts.total() / spent:,.0f}/s; {found} finds")
    print(", ".join(f"{name} {number:,}" for name, number in counts.most_common()), flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
