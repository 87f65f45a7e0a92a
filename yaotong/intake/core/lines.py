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

# Said by other columns, so no part of what a line says.
_DERIVED = (
    "line_id",
    "line_sha",
    "arrived_at",
    *(f"{who}_{what}" for who in ("buyer", "patient") for what in ("region", "age_years")),
)
_RECORDED = "recorded_at"


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines in the columns of `FACT_SCHEMAS`, without arrived_at and with line_key and line_sha.

    `key` says which line each is, `content` what it says, `recorded` when it was written down
    (seconds since 1970 in Beijing, UNDATED where nobody said).
    """

    table: pa.Table
    key: Lanes
    content: Lanes
    recorded: Moments


def lines_of(judged: Judged, choice: Choice, keep: Bools, pseudonymiser: Pseudonymiser) -> Lines:
    """The kept rows of judged columns, in their order."""
    compact = {name: replace(texts, compact=True) for name, texts in judged.texts.items()}
    columns = canonical_columns(replace(judged, texts=compact), choice, keep, pseudonymiser)
    rows = int(keep.sum())
    prints = Fingerprints(pseudonymiser.fingerprint_secret())
    names = [one for one in FACT_SCHEMAS[choice.feed.name].names if one not in _DERIVED]
    own = key_columns(choice)
    key = prints.of(columns, own, Lanes.zeros(rows))
    content = prints.of(columns, [name for name in names if name not in own], key)
    columns["line_id"] = _line_ids([columns[name] for name in own])
    columns |= {"line_key": key.binary(), "line_sha": content.binary()}
    held = [name for name in FACT_SCHEMAS[choice.feed.name].names if name in columns and name != "arrived_at"]
    order = dict.fromkeys([*held, "line_key", "line_sha"])
    table = pa.table([columns[name] for name in order], names=list(order))
    return Lines(table, key, content, _recorded(columns.get(_RECORDED), rows))


def key_columns(choice: Choice) -> tuple[str, ...]:
    """The canonical columns that say which line a line is."""
    return choice.feed.stored_key


def _line_ids(parts: list[Any]) -> Any:
    texts = [pc.cast(one, pa.string()) if pa.types.is_dictionary(one.type) else _text(one) for one in parts]
    return pc.binary_join_element_wise(*texts, "/") if len(texts) > 1 else texts[0]


def _text(part: Any) -> Any:
    if pa.types.is_timestamp(part.type):
        return pc.strftime(part, "%Y-%m-%dT%H:%M:%S")
    return pc.cast(part, pa.string())


def _recorded(column: Any, rows: int) -> Moments:
    if column is None or column.null_count == rows:
        return np.full(rows, UNDATED)
    seconds: Moments = pc.fill_null(pc.cast(column, pa.int64()), UNDATED).to_numpy(zero_copy_only=False)
    return seconds
