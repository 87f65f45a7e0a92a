"""Files that accompany another: a register beside a list of points, populations beside outlines."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from yaotong.errors import FileRefused
from yaotong.intake.core.limits import Limits
from yaotong.intake.formats.opening import open_source


def companion(path: Path, name: str, columns: tuple[str, ...]) -> pd.DataFrame:
    """The text columns of the file `name` that must lie beside `path`.

    FileRefused bad_schema when it is not there or lacks a column, and for the file's own reasons.
    """
    beside = path.with_name(name)
    if not beside.is_file():
        raise FileRefused("bad_schema", f"{path.name} 要与 {name} 放在同一目录，才能读全。")
    frame = open_source(beside, Limits(), columns).frame
    lacking = [one for one in columns if one not in frame.columns]
    if lacking:
        raise FileRefused("missing_column", f"{name} 缺少列：{'、'.join(lacking)}。")
    return frame
