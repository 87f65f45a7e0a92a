"""The index of trace codes: take scans in, and tell of each what it is by everything known of its code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from yaotong.errors import StoreError
from yaotong.traces import kernels, runs
from yaotong.traces.codes import (
    EPOCH,
    PURCHASE,
    SALE,
    WITHDRAWN,
    Keys,
    Names,
    Scans,
    Words,
    keys_of,
    scans_of,
)
from yaotong.traces.runs import Manifest, Run

_Ints = NDArray[np.int64]
RESCAN_S = 300
# A run is merged with the next smaller one when it is less than so many times its size.
_GROWTH = 4
_LARGE, _HANDS = 4_000_000, 16


@dataclass(frozen=True, eq=False)
class History:
    """Scans of the codes asked for, code after code, each in the order of time.

    `begin` and `end` by code; `words`, `said` (kernels' FIRST … GONE) and `before` (place of the sale
    before a sale, -1 for none) by scan.
    """

    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    words: Words
    said: NDArray[np.uint8]
    before: NDArray[np.int64]

    @property
    def shop(self) -> NDArray[np.int64]:
        """The number of each scan's shop."""
        return ((self.words[:, 0] & np.uint64(0xFFFFFFFF)) >> np.uint64(1)).astype(np.int64)

    @property
    def at(self) -> NDArray[np.datetime64]:
        """The moment of each scan."""
        return ((self.words[:, 0] >> np.uint64(32)).astype(np.int64) + EPOCH).astype("datetime64[s]")


@dataclass(frozen=True, eq=False)
class Answers:
    """Of scans in the order given: what each is, whether its code has any duplicate, was it ever bought.

    `refused` are the rows whose code is none (a bar code, zeros, too long): nothing is told of them.
    """

    said: NDArray[np.uint8]
    any_duplicate: NDArray[np.bool_]
    bought: NDArray[np.bool_]
    kept: NDArray[np.int64]
    refused: NDArray[np.int64]


class Traces:
    """An index in a folder. Many may read; who writes holds the folder's lock (`runs.alone`)."""

    def __init__(self, folder: Path) -> None:
        """Open it, empty where there is nothing; StoreError where it is damaged."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.manifest = runs.read_manifest(folder)
        told = runs.read_names(folder, self.manifest.names)
        self.shops, self.drugs, self.others = (
            Names(told.get(one, ())) for one in ("shops", "drugs", "others")
        )
        self.runs = [runs.open_run(folder, name, many) for name, many in self.manifest.runs]

    def __len__(self) -> int:
        return sum(map(len, self.runs))

    def read(self, table: pa.Table, kind: int) -> Scans:
        """Scans of a table (columns as `scans_of`), not yet taken in."""
        return scans_of(table, kind, self.others, self.shops, self.drugs)

    def scan(self, table: pa.Table, *, version: int | None = None) -> Answers:
        """Take sales in and answer; what was answered is on the disk."""
        scans = self.read(table, SALE)
        self.add([scans], version=version)
        return self.answers(scans)

    def buy(self, table: pa.Table) -> Scans:
        """Take purchases in."""
        scans = self.read(table, PURCHASE)
        self.add([scans])
        return scans

    def answers(self, scans: Scans) -> Answers:
        """What scans are, by all that is known now; they must have been taken in."""
        known, owner = np.unique(scans.keys, return_inverse=True)
        told = self.history(known)
        begin, end = told.begin[owner], told.end[owner]
        said = _said_of(told, begin, end, scans.words)
        many = len(known)
        duplicate, bought = (np.zeros(many, bool) for _ in range(2))
        codes = np.repeat(np.arange(many), told.end - told.begin)
        duplicate[codes[told.said == kernels.DUPLICATE]] = True
        bought[codes[told.said == kernels.BOUGHT]] = True
        return Answers(said, duplicate[owner], bought[owner], scans.kept, scans.refused)

    def codes(self, texts: Sequence[str]) -> History:
        """The history of codes as they are written; one that is none has an empty one."""
        keys, valid = keys_of(pa.array(texts, pa.string()), Names(self.others.texts()))
        keys[~valid] = np.iinfo(np.uint64).max
        return self.history(keys)

    def history(self, keys: Keys) -> History:
        """Everything known of some keys."""
        places = []
        for run in self.runs:
            low, high = np.empty(len(keys), np.int64), np.empty(len(keys), np.int64)
            _side_by_side(
                len(run),
                len(keys),
                partial(_find, run, keys, low, high),
            )
            places.append((run, low, high))
        many: Any = sum((high - low for _, low, high in places), np.zeros(len(keys), np.int64))
        end = np.cumsum(many)
        begin = end - many
        total = int(end[-1]) if len(end) else 0
        words = np.empty((total, 4), np.uint64)
        going = begin.copy()
        for run, low, high in places:
            _side_by_side(
                len(run),
                len(keys),
                partial(_gather, run, low, high, going, words),
            )
        gone, said = np.zeros(total, bool), np.zeros(total, np.uint8)
        before = np.empty(total, np.int64)
        kernels.order(words, begin, end)
        kernels.cancel(words, begin, end, gone)
        kernels.tell(words, begin, end, gone, RESCAN_S, said, before)
        return History(begin, end, words, said, before)

    def add(
        self, parts: Sequence[Scans], *, withdrawn: Sequence[Scans] = (), version: int | None = None
    ) -> None:
        """Take scans in as one run, and wordings that no longer hold; all of it or nothing."""
        gone = [
            np.column_stack([one.words[:, 0], one.words[:, 1] | WITHDRAWN, one.words[:, 2:]])
            for one in withdrawn
        ]
        keys = np.concatenate([one.keys for one in (*parts, *withdrawn)] or [np.zeros(0, np.uint64)])
        words = np.concatenate([*(one.words for one in parts), *gone] or [np.zeros((0, 4), np.uint64)])
        order = np.lexsort((words[:, 0], keys))
        self.put(keys[order], words[order], version=version)

    def put(self, keys: Keys, words: Words, *, version: int | None = None) -> None:
        """Take in a run that is in order already."""
        held, number = self.manifest, self.manifest.next_run
        names = {"shops": self.shops.texts(), "drugs": self.drugs.texts(), "others": self.others.texts()}
        called = f"names-{'-'.join(str(len(one)) for one in names.values())}.json"
        if called != held.names:
            runs.write_names(self.folder, called, names)
        listed, made = held.runs, list(self.runs)
        if len(keys):
            name = f"run-{number:08d}"
            runs.write_run(self.folder, name, keys, words)
            listed, number = (*listed, (name, len(keys))), number + 1
            made.append(runs.open_run(self.folder, name, len(keys)))
        self._turn_to(Manifest(listed, called, held.version if version is None else version, number), made)

    def settle(self, *, below: int | None = None) -> int:
        """Merge neighbouring runs of like size, those of more than `below` scans left; how many merges."""
        done = 0
        while (pair := self._pair(below)) is not None:
            one, other = self.runs[pair], self.runs[pair + 1]
            name = f"run-{self.manifest.next_run:08d}"
            runs.merge_runs(self.folder, name, one, other)
            merged = runs.open_run(self.folder, name, len(one) + len(other))
            made = [*self.runs[:pair], merged, *self.runs[pair + 2 :]]
            listed = tuple((run.name, len(run)) for run in made)
            self._turn_to(replace(self.manifest, runs=listed, next_run=self.manifest.next_run + 1), made)
            done += 1
        return done

    def _pair(self, below: int | None) -> int | None:
        """The place of the youngest run that is less than _GROWTH times the one after it."""
        for place in range(len(self.runs) - 2, -1, -1):
            one, other = len(self.runs[place]), len(self.runs[place + 1])
            if one < _GROWTH * other and (below is None or one + other <= below):
                return place
        return None

    def _turn_to(self, manifest: Manifest, made: list[Run]) -> None:
        try:
            runs.write_manifest(self.folder, manifest)
        except OSError as error:
            raise StoreError(f"追溯码索引写不下：{error.strerror}。请清出磁盘空间后再试。") from error
        self.manifest, self.runs = manifest, made
        runs.sweep(self.folder, manifest)


def _find(run: Run, keys: Keys, low: _Ints, high: _Ints, part: slice) -> None:
    kernels.find(run.keys, run.samples, keys[part], low[part], high[part])


def _gather(run: Run, low: _Ints, high: _Ints, going: _Ints, words: Words, part: slice) -> None:
    kernels.gather(run.words, low[part], high[part], going[part], words)


def _side_by_side(size: int, many: int, look: Callable[[slice], None]) -> None:
    """Look in slices at once where a run may not lie in memory: a disk answers many as soon as one."""
    if size < _LARGE or many < 2 * _HANDS:
        look(slice(0, many))
        return
    edges = np.linspace(0, many, _HANDS + 1).astype(int).tolist()
    with ThreadPoolExecutor(_HANDS) as hands:
        list(hands.map(look, (slice(*one) for one in pairwise(edges))))


def _said_of(
    told: History, begin: NDArray[np.int64], end: NDArray[np.int64], words: Words
) -> NDArray[np.uint8]:
    """What each scan is: among its code's scans of the same words the last that is not gone."""
    said = np.full(len(words), kernels.GONE, np.uint8)
    kernels.same(told.words, told.said, begin, end, words, said)
    return said
