"""Lines: the clean rows of a feed whose rows become facts, as Arrow columns with their fingerprints."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yaotong.facts import FACT_SCHEMAS
from yaotong.intake.checks.distinct import Bools
from yaotong.intake.core.canonical import canonical_columns
from yaotong.intake.core.choosing import Choice
from yaotong.intake.core.judging import Judged
from yaotong.intake.core.lanes import Fingerprints, Lanes
from yaotong.intake.core.ledger import UNDATED, Moments
from yaotong.intake.core.pseudonym import Pseudonymiser
from yaotong.records import FEEDS

NOT_SENT = ("line_id", "arrived_at")  # made of the key, and by the load
# Said by other columns, so no part of what a line says.
_DERIVED = (
    *NOT_SENT,
    *(f"{who}_{what}" for who in ("buyer", "patient") for what in ("region", "age_years")),
)
_RECORDED = "recorded_at"


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines in the columns of `FACT_SCHEMAS` without line_id and arrived_at, with line_key and line_sha.

    `key` says which line each is, `content` what it says, `recorded` when it was written down
    (seconds since 1970 in Beijing, UNDATED where nobody said).
    """

    table: pa.Table
    key: Lanes
    content: Lanes
    recorded: Moments


def said_columns(feed: str) -> tuple[str, ...]:
    """The columns that tell what a line says, beside those that tell which line it is."""
    own = FEEDS[feed].stored_key
    return tuple(one for one in FACT_SCHEMAS[feed].names if one not in (*own, *_DERIVED))


def lines_of(judged: Judged, choice: Choice, keep: Bools, pseudonymiser: Pseudonymiser) -> Lines:
    """The kept rows of judged columns, in their order."""
    compact = {name: replace(texts, compact=True) for name, texts in judged.texts.items()}
    columns = canonical_columns(replace(judged, texts=compact), choice, keep, pseudonymiser)
    rows = int(keep.sum())
    prints = Fingerprints(pseudonymiser.fingerprint_secret())
    names, own = FACT_SCHEMAS[choice.feed.name].names, choice.feed.stored_key
    key = prints.of(columns, own, Lanes.zeros(rows))
    content = prints.of(columns, said_columns(choice.feed.name), key)
    held = {name: columns[name] for name in names if name not in NOT_SENT}
    table = pa.table({**held, "line_key": key.binary(), "line_sha": content.binary()})
    return Lines(table, key, content, _recorded(columns.get(_RECORDED), rows))


def _recorded(column: Any, rows: int) -> Moments:
    if column is None or column.null_count == rows:
        return np.full(rows, UNDATED)
    seconds: Moments = pc.fill_null(pc.cast(column, pa.int64()), UNDATED).to_numpy(zero_copy_only=False)
    return seconds
