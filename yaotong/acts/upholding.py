"""What was corrected in the register stands while its source repeats the wrong value, and no longer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from yaotong import intake
from yaotong.corrections import COLUMNS, FLAGS, POINT
from yaotong.records import PHARMACIES
from yaotong.store import Connection, corrections

_SINGLE = tuple(one for one in COLUMNS if one not in POINT)
_POINT = ("source_lon", "source_lat", "crs", "lon", "lat")


def upheld(connection: Connection, frame: pd.DataFrame, version: int) -> pd.DataFrame:
    """A register as its source sends it, with what was corrected where the source repeats the wrong value.

    Where it says anything else than the wrong or the right value it has news: the correction ends.
    """
    known = [one for one in corrections.standing(connection) if one.license_no in set(frame["license_no"])]
    if not known:
        return frame
    frame = frame.copy()
    at = {license_no: number for number, license_no in enumerate(frame["license_no"])}
    touched: set[int] = set()
    for one in known:
        number = at[one.license_no]
        told = _value(frame.iloc[number].to_dict(), one.name)
        if told == one.wrong:
            _put(frame, number, one.name, one.right)
            touched.add(number)
        elif told != one.right:
            corrections.end(connection, [(one.license_no, one.name)], version)
    if touched:
        rows = sorted(touched)
        for number, sha in zip(rows, intake.registry_shas(PHARMACIES, frame.iloc[rows]), strict=True):
            frame.at[frame.index[number], "row_sha"] = sha
    return frame


def differences(ticket: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[corrections.Held]:
    """The columns of a shop that say something else than before, the point as one."""
    license_no = str(before["license_no"])
    told = [(name, _value(before, name), _value(after, name)) for name in (*_SINGLE, "point")]
    return [corrections.Held(ticket, license_no, *one) for one in told if one[1] != one[2]]


def _value(shop: Mapping[Any, Any], name: str) -> Any:
    """One column as JSON can hold it; `point` stands for all that tells where the shop is."""
    if name == "point":
        return [_plain(shop[one]) for one in _POINT]
    return _plain(shop[name])


def _plain(value: Any) -> Any:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return None
    return value if isinstance(value, str) else value.item() if hasattr(value, "item") else value


def _put(frame: pd.DataFrame, number: int, name: str, value: Any) -> None:
    if name != "point":
        frame.at[frame.index[number], name] = pd.NA if value is None and name in FLAGS else value
        return
    for column, one in zip(_POINT, value, strict=True):
        frame.at[frame.index[number], column] = one
