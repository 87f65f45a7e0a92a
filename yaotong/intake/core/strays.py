"""Numbers of people in columns of lines that are for other numbers: kept as keys, so that no line is lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yaotong.intake.checks.distinct import mask_of
from yaotong.intake.checks.identifiers import births
from yaotong.intake.core.pseudonym import Pseudonymiser

_YOUNGEST = np.timedelta64(365, "D")


def keyed(column: Any, moments: Any, pseudonymiser: Pseudonymiser) -> Any:
    """An identifier column (texts, or a dictionary of them) with the key of each identity number in it.

    A serial that holds the day of its line fits the check digit once in eleven, so that a number of somebody
    born less than a year before the line (`moments`) is taken for a serial.
    """
    coded = isinstance(column, pa.DictionaryArray)
    born = births(column.dictionary if coded else column)
    if np.isnat(born).all():
        return column
    if coded:
        born = born[pc.fill_null(column.indices, 0).to_numpy()]
        column = column.dictionary_decode()
    days = pc.cast(moments, pa.timestamp("s")).to_numpy(zero_copy_only=False)
    strays = mask_of(pc.is_valid(column)) & ~np.isnat(born) & (days - born >= _YOUNGEST)
    keys = pseudonymiser.keys(pc.utf8_upper(column.filter(pa.array(strays))))
    return pc.replace_with_mask(column, pa.array(strays), keys)
