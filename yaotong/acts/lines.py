"""Lines of one file, read, compared with what is kept and staged: all that needs no database.

It runs in a process of its own, so everything it takes and gives back is plain data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from yaotong import memory
from yaotong.acts.vaulting import write_sealed
from yaotong.acts.wordings import Wording
from yaotong.facts import FACT_MOMENTS
from yaotong.intake import Limits, Pseudonymiser, Reading, Reference
from yaotong.intake.core.lanes import Lanes, lanes_of
from yaotong.intake.core.ledger import Ledger, Moments, Status
from yaotong.intake.core.opened import Block, OpenFile, open_file
from yaotong.intake.core.piece import all_masked
from yaotong.intake.core.reading import read_registry
from yaotong.intake.formats.pieces import BLOCK_BYTES
from yaotong.records import Rejection
from yaotong.store import prints
from yaotong.store.factfiles import KeptFile, fingerprints
from yaotong.store.staging import Stage, StagedFile

RECORDED = frozenset(("sales",))  # feeds whose lines say when they were written down
_SHORTEST_LINE = 48  # bytes; shorter ones only make the ledger grow
_MOST_LEARNED = 30_000_000  # stored lines held in memory while a file that repeats them is read


@dataclass(frozen=True, slots=True)
class Task:
    """What to read and what to know for it. `kept` are the stored files of each feed of lines."""

    path: Path
    feed: str | None
    profile: str | None
    reference: Reference
    pseudonymiser: Pseudonymiser
    limits: Limits
    now: datetime
    folder: Path
    areas: Mapping[str, str]
    kept: Mapping[str, Sequence[KeptFile]]
    facts_dir: Path


@dataclass(frozen=True, slots=True)
class Staged:
    """What one file of lines says, and its new lines as staged files.

    `rows == accepted + duplicates + len(rejected)` always holds. `new` and `stored` are the wordings of
    lines that have several, for whoever decides which holds.
    """

    feed: str
    profile: str
    sha256: str
    rows: int
    accepted: int
    duplicates: int
    rejected: tuple[Rejection, ...]
    masked: pd.DataFrame
    notes: tuple[str, ...]
    files: tuple[StagedFile, ...]
    new: tuple[Wording, ...] = ()
    stored: tuple[Wording, ...] = ()

    def __post_init__(self) -> None:
        if self.rows != self.accepted + self.duplicates + len(self.rejected):
            raise ValueError("a staged file must account for every row")
        if self.accepted != sum(one.rows for one in self.files):
            raise ValueError("every accepted line is in a staged file")


def read_or_stage(task: Task) -> Reading | Staged:
    """Read a registry whole, or stage the lines of a file that has lines. FileRefused as `open_file`."""
    file = open_file(
        task.path,
        feed=task.feed,
        profile=task.profile,
        reference=task.reference,
        limits=task.limits,
        now=task.now,
    )
    if not file.has_lines:
        return read_registry(file, task.pseudonymiser)
    long = task.path.stat().st_size > BLOCK_BYTES
    with memory.kept() if long else nullcontext():
        return _Staging(task, file).run()


@dataclass(slots=True)
class _Counts:
    rows: int = 0
    duplicates: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    masked: list[pd.DataFrame] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)


class _Staging:
    """One file of lines on its way into staged files."""

    def __init__(self, task: Task, file: OpenFile) -> None:
        self._task, self._file = task, file
        self._feed = file.choice.feed.name
        self._kept = list(task.kept.get(self._feed, ()))
        self._ledger, self._counts = Ledger(task.path.stat().st_size // _SHORTEST_LINE), _Counts()
        self._stage = Stage(task.folder, self._feed, task.areas, task.now)
        self._long = task.path.stat().st_size > BLOCK_BYTES
        self._learning = False
        self._learned: set[Path] = set()

    def run(self) -> Staged:
        for number, block in enumerate(self._file.blocks(self._task.pseudonymiser)):
            if number == 0:
                self._ledger.expect(self._likely(block))
                # What one block repeats is dropped as well at the end.
                self._learning = self._long and self._mostly_known(block)
            if self._learning:
                self._learn(block)
            self._take(block)
        rivals = self._compare()
        new = self._new_wordings(rivals)
        repeated = self._ledger.stored
        files = self._stage.settle(repeated)
        write_sealed(self._task.pseudonymiser.sealer, self._task.folder)
        counts = self._counts
        return Staged(
            feed=self._feed,
            profile=self._file.profile,
            sha256=self._file.sha256,
            rows=counts.rows,
            accepted=sum(one.rows for one in files),
            duplicates=counts.duplicates + int(repeated.sum()),
            rejected=tuple(counts.rejected),
            masked=all_masked(counts.masked),
            notes=tuple(counts.notes),
            files=files,
            new=new,
            stored=tuple(one for one, _ in rivals),
        )

    def _take(self, block: Block) -> None:
        lines, judgement, counts = block.lines, block.judgement, self._counts
        verdict = self._ledger.add(lines.key, lines.content, lines.recorded)
        judgement.conflicting(verdict.status == Status.CONFLICT)
        refused, masked = judgement.refused(block.base)
        fresh = verdict.fresh
        kept = lines.table if fresh.all() else lines.table.filter(pa.array(fresh))
        self._stage.add(kept, verdict.entry[fresh])
        counts.rows += judgement.rows
        counts.duplicates += int(np.isin(verdict.status, (Status.REPEAT, Status.KNOWN)).sum())
        counts.rejected += refused
        counts.masked.append(masked)
        counts.notes.update(dict.fromkeys(judgement.notes))

    def _likely(self, first: Block) -> int:
        """How many lines the file has, if the rest of it is like its first block."""
        size = self._task.path.stat().st_size
        return min(first.judgement.rows * size // max(1, min(size, BLOCK_BYTES)), size // _SHORTEST_LINE)

    def _mostly_known(self, block: Block) -> bool:
        """Whether the first lines of the file are mostly kept already: then the rest will be, too."""
        if not self._kept or sum(1 for _ in self._relevant(block)) == 0:
            return False
        probe = Ledger()
        lines = block.lines
        probe.add(lines.key, lines.content, lines.recorded)
        for one in self._relevant(block):
            for key, content, _ in self._prints(one):
                probe.meet(key, content)
        return int(probe.stored.sum()) * 2 > probe.count

    def _learn(self, block: Block) -> None:
        """Enter the stored lines of the block's months, so that repeats are dropped before being staged."""
        for one in self._relevant(block):
            if one.path not in self._learned and self._ledger.count < _MOST_LEARNED:
                self._learned.add(one.path)
                for key, content, recorded in self._prints(one):
                    self._ledger.learn(key, content, recorded)

    def _relevant(self, block: Block) -> Iterator[KeptFile]:
        moments = block.lines.table[FACT_MOMENTS[self._feed]].to_numpy()
        months = set(np.unique(moments.astype("datetime64[M]")).astype(str).tolist())
        return (one for one in self._kept if one.month in months)

    def _compare(self) -> list[tuple[Wording, int]]:
        """Mark what is kept already; the stored wordings of lines that are worded anew, with the entry."""
        rivals: list[tuple[Wording, int]] = []
        if not self._ledger.fresh:
            return rivals
        for name, key, content, recorded in self._stored():
            places, entries = self._ledger.meet(key, content)
            said = _wordings(key, content, recorded, places, name)
            rivals += zip(said, entries.tolist(), strict=True)
        return rivals

    def _stored(self) -> Iterator[tuple[str, Lanes, Lanes, Moments]]:
        """Stored lines that may be among those entered, by the name of their file; of a long file, all."""
        path = prints.place_of(self._task.facts_dir, self._feed)
        found = (
            ((one, None) for one in self._kept)
            if self._long
            else prints.near(path, self._kept, self._ledger.firsts)
        )
        for one, told in found:
            if told is not None:
                yield one.name, Lanes(*told.key), Lanes(*told.content), told.recorded
                continue
            for key, content, recorded in self._prints(one):
                yield one.name, key, content, recorded

    def _new_wordings(self, rivals: list[tuple[Wording, int]]) -> tuple[Wording, ...]:
        entries = self._ledger.family([entry for _, entry in rivals] + self._ledger.siblings)
        entries = entries[~self._ledger.stored[entries]]
        if not len(entries):
            return ()
        found = self._stage.lines_of(entries)
        recorded = self._ledger.recorded(found["entry"].to_numpy())
        found = found.append_column("recorded", pa.array(recorded)).sort_by("entry")
        return tuple(
            Wording(one.pop("line_key").hex(), one.pop("line_sha").hex(), **one)
            for one in found.drop_columns("entry").to_pylist()
        )

    def _prints(self, one: KeptFile) -> Iterable[tuple[Lanes, Lanes, Moments]]:
        dated = self._feed in RECORDED
        for part in fingerprints(one.path, recorded=dated):
            yield lanes_of(part["line_key"]), lanes_of(part["line_sha"]), prints.moments(part, dated)


def _wordings(key: Lanes, content: Lanes, recorded: Moments, places: np.ndarray, file: str) -> list[Wording]:
    keys = key.binary().take(pa.array(places)).to_pylist()
    shas = content.binary().take(pa.array(places)).to_pylist()
    return [
        Wording(one.hex(), sha.hex(), at, file=file)
        for one, sha, at in zip(keys, shas, recorded[places].tolist(), strict=True)
    ]
