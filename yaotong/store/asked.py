"""Small questions to fact files, each for itself: one engine for the process, and nothing opened for them."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import duckdb
import pandas as pd

from yaotong.errors import StoreError

_making = threading.Lock()


def asked(query: str, values: Sequence[Any]) -> pd.DataFrame:
    """What DuckDB answers to a query with its values; StoreError when a file is missing or cannot be read."""
    with _making:
        engine = _engine()
    try:
        with engine.cursor() as cursor:
            found: pd.DataFrame = cursor.execute(query, list(values)).df()
    except duckdb.IOException as error:
        raise StoreError(f"事实文件读不了：{error}。请从备份恢复 facts 目录。") from error
    return found


@lru_cache(maxsize=1)
def _engine() -> Any:
    """Asked through cursors, by many threads at once; what it learns of a file's inside serves the next."""
    engine = duckdb.connect(config={"threads": 2})
    engine.execute("set parquet_metadata_cache = true")
    atexit.register(_close)  # what is open when the interpreter ends is told as a leak
    return engine


def _close() -> None:
    _engine().close()
    _engine.cache_clear()
