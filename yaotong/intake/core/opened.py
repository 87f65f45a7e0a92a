"""A file that is open: what it is, and its pieces judged in order while the next ones are being read."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import pandas as pd

from yaotong.errors import FileRefused
from yaotong.facts import FACT_MOMENTS
from yaotong.intake.core.choosing import Choice, asked, known_names, layer_of
from yaotong.intake.core.limits import Limits
from yaotong.intake.core.lines import Lines, lines_of
from yaotong.intake.core.piece import Judge, Judgement
from yaotong.intake.core.pseudonym import Pseudonymiser
from yaotong.intake.core.reference import Reference
from yaotong.intake.core.source import Source
from yaotong.intake.formats.pieces import Piece, open_pieces

_T = TypeVar("_T")
_READERS = 2
_AHEAD = 2


@dataclass(frozen=True, slots=True)
class Block:
    """A judged piece of a file of lines: its clean lines, and how many rows of the file came before it."""

    judgement: Judgement
    lines: Lines
    base: int


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file whose first piece told what it is. It can be read once."""

    path: Path
    digest: Callable[[], str]
    choice: Choice
    judge: Judge
    first: Source
    rest: Iterator[Piece]

    @property
    def sha256(self) -> str:
        """Of the file's bytes, 64 hex digits."""
        return self.digest()

    @property
    def has_lines(self) -> bool:
        """Whether its rows become facts, and not entries of a registry."""
        return self.choice.feed.name in FACT_MOMENTS

    @property
    def profile(self) -> str:
        """The id of the profile it is read by; empty for our own column names."""
        return self.choice.profile.id if self.choice.profile is not None else ""

    def whole(self) -> Judgement:
        """All of it as one piece."""
        return self.judge(_joined([self.first, *(piece() for piece in self.rest)]), self.choice)

    def blocks(self, pseudonymiser: Pseudonymiser) -> Iterator[Block]:
        """Its pieces in order, judged; FileRefused when one cannot be read or there are too many rows."""
        base = 0
        for judgement, lines in self._judged(pseudonymiser):
            yield Block(judgement, lines, base)
            base += judgement.rows
            if base > self.judge.limits.rows:
                raise FileRefused(
                    "too_many_rows", f"超过 {self.judge.limits.rows:,} 行。请按月拆分后分别送来。"
                )

    def _judged(self, pseudonymiser: Pseudonymiser) -> Iterator[tuple[Judgement, Lines]]:
        def work(piece: Piece) -> tuple[Judgement, Lines]:
            judgement = self.judge(piece(), self.choice)
            return judgement, lines_of(judgement.judged, self.choice, judgement.clean, pseudonymiser)

        if self.choice.profile is not None and self.choice.profile.prepare is not None:
            whole = _joined([self.first, *(piece() for piece in self.rest)])  # it reshapes the file, not rows
            yield work(lambda: whole)
            return
        yield from _in_order(work, itertools.chain([lambda: self.first], self.rest))


def open_file(
    path: Path,
    *,
    feed: str | None = None,
    profile: str | None = None,
    reference: Reference,
    limits: Limits,
    now: datetime,
) -> OpenFile:
    """Open a file of any accepted format and settle what it is.

    Args:
        feed, profile: what the file is; recognised by its columns where not given.
        reference: known keys to check against.
        limits: how much is read.
        now: naive Beijing time, to tell what lies in the future.

    Raises:
        FileRefused: the whole file cannot be taken; `reason` is one of contract §4.
        UsageError: `feed` or `profile` does not exist, or they do not fit each other.
    """
    wanted_feed, wanted_profile = asked(feed, profile)
    pieces = open_pieces(path, limits, known_names(), layer_of(path.name, wanted_profile))
    judge = Judge(path, wanted_feed, wanted_profile, reference, limits, now)
    first = next(pieces.pieces)()
    return OpenFile(path, pieces.sha256, judge.choice(first), judge, first, pieces.pieces)


def _joined(sources: list[Source]) -> Source:
    if len(sources) == 1:
        return sources[0]
    frames, ragged, base = [], [], 0
    for one in sources:
        frames.append(one.frame.set_axis(one.frame.index + base))
        ragged += [replace(torn, row=torn.row + base) for torn in one.ragged]
        base += len(one.frame) + len(one.ragged)
    return replace(sources[0], frame=pd.concat(frames), ragged=tuple(ragged))


def _in_order(work: Callable[[Piece], _T], pieces: Iterator[Piece]) -> Iterator[_T]:
    """The results in the order of the pieces, a few being worked on ahead."""
    first, second = next(pieces), next(pieces, None)
    if second is None:
        yield work(first)
        return
    with ThreadPoolExecutor(_READERS) as readers:
        waiting: deque[Future[_T]] = deque()
        try:
            for piece in itertools.chain([first, second], pieces):
                waiting.append(readers.submit(work, piece))
                if len(waiting) > _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for one in waiting:
                one.cancel()
