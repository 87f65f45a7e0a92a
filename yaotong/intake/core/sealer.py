"""Seal the numbers of buyers while they are read: what leaves the reading process can be opened by no reader.

Of each person and quarter two things are sealed, under keys derived apart: the number itself, and the element
that a matching with another region is made of.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from yaotong.exchange.elements import uniform_of
from yaotong.sealing import Algorithm, seal

FEED, COLUMN = "sales", "buyer_id_no"
NUMBER, ELEMENT = "identity", "exchange"
SCHEMA = pa.schema(
    [
        ("buyer_key", pa.string()),
        ("period", pa.string()),
        ("key_id", pa.string()),
        ("number", pa.binary()),
        ("element", pa.binary()),
    ]
)


def about(buyer_key: str, period: str) -> str:
    """The words that a sealed value is bound to."""
    return f"{buyer_key}|{period}"


@dataclass(slots=True)
class Sealer:
    """Data keys by quarter, as (key id, key), and what was sealed with them. Several threads may add.

    A quarter without a key is past its retention: nobody is sealed for it.
    """

    keys: Mapping[str, tuple[str, bytes]] = field(repr=False)
    algorithm: Algorithm
    _sealed: dict[tuple[str, str], tuple[bytes, bytes]] = field(default_factory=dict, repr=False)
    _lock: Any = None

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def __getstate__(self) -> tuple[Any, ...]:
        """Without the lock, so that a reading process can be given one."""
        return self.keys, self.algorithm

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.keys, self.algorithm = state
        self._sealed, self._lock = {}, threading.Lock()

    def take(self, numbers: Any, keys: Any, codes: Any, moments: Any) -> None:
        """Seal who bought when.

        `numbers` and `keys` are one per distinct person (pyarrow strings); `codes` says for each row whose
        it is (-1: nobody's), `moments` when it was (datetime64).
        """
        months = moments.astype("datetime64[M]").astype(np.int64)
        quarters = np.floor_divide(months, 3)
        known = (codes >= 0) & ~np.isnat(moments)
        pairs = np.unique(np.stack([codes[known].astype(np.int64), quarters[known]]), axis=1)
        for code, quarter in pairs.T.tolist():
            number, key = numbers[code].as_py(), keys[code].as_py()
            if number is not None:
                self._add(number, key, f"{1970 + quarter // 4}Q{quarter % 4 + 1}")

    def _add(self, number: str, key: str, period: str) -> None:
        if period not in self.keys or (key, period) in self._sealed:
            return
        secret, words = self.keys[period][1], about(key, period)
        made = (
            seal(secret, NUMBER, number.encode(), words, self.algorithm),
            seal(secret, ELEMENT, uniform_of(number), words, self.algorithm),
        )
        with self._lock:
            self._sealed[key, period] = made

    def table(self) -> pa.Table:
        """What was sealed, in the columns of SCHEMA."""
        people, sealed = list(self._sealed), list(self._sealed.values())
        columns = [
            [key for key, _ in people],
            [period for _, period in people],
            [self.keys[period][0] for _, period in people],
            [number for number, _ in sealed],
            [element for _, element in sealed],
        ]
        arrays = [pa.array(one, kind.type) for one, kind in zip(columns, SCHEMA, strict=True)]
        return pa.table(arrays, schema=SCHEMA)
