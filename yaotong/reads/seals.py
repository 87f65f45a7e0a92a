"""药安封签 and 追溯码, for whoever holds the package: what the shops' sales say of a code, and no more.

Of a seal: whose it is, on which day, and whether it was used again. Of a trace code only how often it was
sold. A code that was asked for is kept nowhere, and no answer names a drug, a price or a buyer.
"""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from yaotong.errors import UsageError
from yaotong.reads.register import register
from yaotong.store import seals, soldcodes
from yaotong.store.publicly import public_read
from yaotong.store.soldcodes import Told
from yaotong.store.taken import taken_at
from yaotong.workspace import Workspace

# As R-M27: within so long the lines of one seal are one order.
ORDER_WITHIN = timedelta(minutes=30)
LEAST_CHARS, MOST_CHARS, TRACE_DIGITS = 4, 40, 20
SealState = Literal["genuine", "opened", "again", "returned", "unknown"]
TraceState = Literal["none", "one", "many"]


@dataclass(frozen=True, slots=True)
class SealAnswer:
    """What is known of a seal; of several shops that number alike, each that used it.

    `mark` stands for this seal of this shop where somebody may say that they opened it.
    """

    state: SealState
    shop: str
    license_no: str
    days: tuple[date, ...]
    opened_on: date | None
    mark: str


@dataclass(frozen=True, slots=True)
class CodeAnswer:
    """What is known of a code: as a seal, by shop, and as a trace code where it looks like one."""

    seals: tuple[SealAnswer, ...]
    trace: TraceState | None
    data_until: datetime | None


def look_up(workspace: Workspace, code: str) -> CodeAnswer:
    """Look a code up; UsageError when it is none. Nothing of it is kept, and no error repeats it."""
    text = soldcodes.plain(code)
    if not (LEAST_CHARS <= len(text) <= MOST_CHARS and text.isascii() and text.isalnum()):
        raise UsageError(f"封签号和追溯码由 {LEAST_CHARS} 到 {MOST_CHARS} 个字母、数字组成。请核对后再试。")
    secret, facts = workspace.settings.pseudonym_key, workspace.store.facts_dir
    with public_read(workspace.store) as connection:
        sealed = soldcodes.told_of(connection, facts, secret, "seal", text)
        is_trace = text.isdigit() and len(text) == TRACE_DIGITS
        traced = soldcodes.told_of(connection, facts, secret, "trace", text) if is_trace else ()
        by_shop: dict[str, list[Told]] = {}
        for one in sealed:
            by_shop.setdefault(one.pharmacy_id, []).append(one)
        marks = {shop: _mark(secret, shop, text) for shop in by_shop}
        opened = seals.opened_among(connection, list(marks.values()))
        until = taken_at(connection, soldcodes.FEED)
    answers = tuple(
        _answer(workspace, shop, lines, marks[shop], opened.get(marks[shop]))
        for shop, lines in by_shop.items()
    )
    return CodeAnswer(answers, trace_state(traced) if is_trace else None, until)


def seal_state(lines: list[Told], opened: datetime | None) -> SealState:
    """What the lines of one shop's seal, by time, say together."""
    out = [one.at for one in lines if one.sign > 0]
    if not out:
        return "unknown"
    if any(after - before > ORDER_WITHIN for before, after in itertools.pairwise(out)):
        return "again"
    if sum(one.sign for one in lines) <= 0:
        return "returned"
    return "opened" if opened is not None else "genuine"


def trace_state(lines: tuple[Told, ...]) -> TraceState:
    """How often a pack was sold and not taken back."""
    sold = sum(one.sign for one in lines)
    return "none" if sold <= 0 else "one" if sold == 1 else "many"


def _answer(
    workspace: Workspace, license_no: str, lines: list[Told], mark: str, opened: datetime | None
) -> SealAnswer:
    known = register(workspace)
    number = known.number_of(license_no)
    return SealAnswer(
        state=seal_state(lines, opened),
        shop=license_no if number is None else str(known.row(number)["name"]),
        license_no=license_no,
        days=tuple(sorted({one.at.date() for one in lines if one.sign > 0})),
        opened_on=None if opened is None else opened.date(),
        mark=mark,
    )


def _mark(secret: bytes, license_no: str, code: str) -> str:
    said = f"{license_no}\0{code}".encode()
    return hashlib.blake2b(said, key=secret[:64], digest_size=16, person=b"opened").hexdigest()
