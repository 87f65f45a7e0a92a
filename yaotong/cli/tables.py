"""Tables in and out of the commands that work on any file: Parquet, or CSV by its suffix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import click
import pandas as pd
import pyarrow as pa

from yaotong.cells import exported_frame
from yaotong.errors import UsageError

_SHOWN = 20


def read_table(path: Path, texts: tuple[str, ...]) -> pd.DataFrame:
    """A table, its columns `texts` as text. Raises UsageError for what is no table."""
    if not path.is_file():
        raise UsageError(f"没有文件 {path}")
    try:
        if path.suffix.lower() == ".csv":
            return pd.read_csv(path, dtype=dict.fromkeys(texts, "string"))
        return pd.read_parquet(path)
    except (pa.ArrowInvalid, ValueError, UnicodeDecodeError) as error:
        raise UsageError(f"{path.name} 不能作为表读：{error}") from error


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table; in a CSV no cell begins like a formula."""
    if not path.parent.is_dir():
        raise UsageError(f"没有目录 {path.parent}")
    if path.suffix.lower() == ".csv":
        exported_frame(table).to_csv(path, index=False)
    else:
        table.to_parquet(path, index=False)


def tell_reasons(parts: Iterable[Mapping[str, str]], words: Mapping[str, str]) -> None:
    """The reasons by name on standard error, the first of each part."""
    for told in parts:
        for name, reason in sorted(told.items())[:_SHOWN]:
            click.echo(f"  {name or '（空）'}：{words[reason]}（{reason}）", err=True)
        if len(told) > _SHOWN:
            click.echo(f"  …… 另有 {len(told) - _SHOWN} 个", err=True)
