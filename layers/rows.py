"""The content of a layer as a table: for reading exactly, for screen readers, and for export."""

from __future__ import annotations

from typing import Any

import pandas as pd

from layers.drawn import Drawn
from layers.elements import Paint
from layers.geojson import plain
from layers.speech import Say, as_written

MOST_ROWS = 500


def ordered(drawn: Drawn, paint: Paint) -> pd.DataFrame:
    """The features with the gravest or largest first; those of which nothing is known come last."""
    frame = drawn.frame
    if "class" in frame:
        ranks = {mark.key: rank for rank, mark in enumerate(paint.classes)}
        return frame.assign(order=frame["class"].map(ranks)).sort_values(["order", "name"], kind="stable")
    if "value" in frame:
        by = ["value", "name"]
        return frame.sort_values(by, ascending=[False, True], na_position="last", kind="stable")
    return frame.sort_values("name", kind="stable")


def told_rows(drawn: Drawn, paint: Paint, most: int = MOST_ROWS) -> dict[str, Any]:
    """The first rows as plain data, and how many there are."""
    frame = ordered(drawn, paint).head(most)
    columns = {name: frame[name].tolist() if name in frame else [None] * len(frame) for name in _TOLD}
    rows = [dict(zip(_TOLD, map(plain, row), strict=True)) for row in zip(*columns.values(), strict=True)]
    return {"rows": rows, "total": len(drawn.frame)}


def as_table(drawn: Drawn, paint: Paint, say: Say = as_written) -> pd.DataFrame:
    """Every feature in the reader's words: number, name, and the figure or class as the legend has it."""
    frame = ordered(drawn, paint)
    title = say(paint.legend_zh) + (f" ({say(paint.unit)})" if paint.unit else "")
    told: pd.Series
    if "class" in frame:
        told = frame["class"].map({mark.key: say(mark.label_zh) for mark in paint.classes})
    elif "value" in frame:
        told = frame["value"].astype(object).where(frame["value"].notna(), say(paint.unknown_zh))
    else:
        told = pd.Series("", index=frame.index)
    table = pd.DataFrame(
        {
            say("编号"): frame["id"].astype(str).str.replace(r"^[^:]*:", "", regex=True),
            say("名称"): frame["name"],
            title: told,
        }
    )
    for column, name in (("lon", say("经度 (WGS-84)")), ("lat", say("纬度 (WGS-84)"))):
        if column in frame:
            table[name] = frame[column]
    return table


_TOLD = ("id", "name", "class", "value")
