"""Cells of a table as they leave in a CSV or XLSX: none of them begins like a formula.

A spreadsheet runs what begins with = + - @, their full-width forms, a tab or a line end. Such a cell gets an
apostrophe in front, which spreadsheets show or swallow and `as_sent` takes off again. A cell that begins
with apostrophes and then like a formula gets one more, so that nothing is lost on the way back. Signed
numbers are numbers and stay.

Source: OWASP, "CSV Injection".
"""

from __future__ import annotations

import re

import pandas as pd

_NUMBER = r"[+-](?:\d[\d,]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"
_FORMULA = re.compile(rf"'*(?!{_NUMBER})\s*[=+\-@＝＋－＠\t\r\n]")


def exported(value: object) -> object:
    """A cell as it may leave; what is no text passes unchanged."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def as_sent(value: object) -> object:
    """The cell that `exported` was given: one apostrophe less where it put one."""
    given = isinstance(value, str) and value.startswith("'") and _FORMULA.match(value)
    return str(value)[1:] if given else value


def exported_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """A table with all cells and column names as they may leave. Every export goes through here."""
    return frame.map(exported).rename(columns=exported)


def frame_as_sent(frame: pd.DataFrame) -> pd.DataFrame:
    """The table that `exported_frame` was given, of text columns."""
    plain = frame.rename(columns=as_sent)
    marked = [name for name in plain.columns if plain[name].astype("str").str.startswith("'").any()]
    return plain.assign(**{name: plain[name].map(as_sent).astype("str") for name in marked})
