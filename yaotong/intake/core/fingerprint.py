"""The fingerprint of a row's content, the same whatever file, format or column order it came in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_UNIT = "\x1f"  # control characters never survive intake, so neither can stand inside a value
_HEX_BYTES = 16


def row_shas(columns: Mapping[str, Any]) -> Any:
    """32 hex digits per row over name=value pairs in order of names.

    Missing values are left out, so that a feed may gain an optional column without changing the
    fingerprints of rows that do not use it. Personal numbers must be pseudonyms already.
    """
    pairs = [pc.binary_join_element_wise(f"{name}=", _written(columns[name]), "") for name in sorted(columns)]
    joined = pc.binary_join_element_wise(*pairs, _UNIT, null_handling="skip")
    if isinstance(joined, pa.ChunkedArray):
        joined = joined.combine_chunks()
    encoded = pc.cast(joined, pa.binary()).to_pylist()
    return pa.array(
        [hashlib.blake2b(one, digest_size=_HEX_BYTES).hexdigest() for one in encoded], pa.string()
    )


def _written(column: Any) -> Any:
    kind = column.type
    if pa.types.is_timestamp(kind):
        return pc.cast(pc.cast(column, pa.int64()), pa.string())
    return pc.cast(column, pa.string())
