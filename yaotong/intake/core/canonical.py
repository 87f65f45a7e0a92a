"""Canonical frames: the columns that the stores and the rules see, made from judged columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from yaotong.intake.checks.distinct import Bools, Distinct, mask_of
from yaotong.intake.core.choosing import Choice
from yaotong.intake.core.fingerprint import row_shas
from yaotong.intake.core.judging import Judged
from yaotong.intake.core.masking import mask_id_like, mask_identity
from yaotong.intake.core.pseudonym import Pseudonymiser
from yaotong.intake.core.sealer import COLUMN, FEED, Sealer
from yaotong.intake.core.source import GEOMETRY, series_of
from yaotong.intake.core.strays import keyed
from yaotong.lineids import line_ids
from yaotong.records import Column, Feed, Kind

_DEFAULTS = {("areas", "generation"): "1", ("pharmacies", "status"): "active"}
_NULLABLE = {pa.bool_(): pd.BooleanDtype(), pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int32Dtype()}
# Derived from other columns by arithmetic whose last digit may differ between machines.
_NOT_CONTENT = frozenset(("lon", "lat"))


def canonical(judged: Judged, choice: Choice, keep: Bools, pseudonymiser: Pseudonymiser) -> pd.DataFrame:
    """The kept rows of a registry in its canonical columns, with `row_sha`; the index counts from 0."""
    columns = canonical_columns(judged, choice, keep, pseudonymiser)
    if choice.feed.name in ("pharmacies", "places"):
        columns.update(_places(columns, judged, keep))
    return _frame(columns, judged, choice, keep)


def framed(feed: str, lines: pa.Table, rows: NDArray[np.int64], keep: Bools) -> pd.DataFrame:
    """The kept lines as a frame of plain columns, with their number among the file's rows as `row`.

    `row_sha` is the fingerprint of their content (hexadecimal).
    """
    if not keep.all():
        lines, rows = lines.filter(pa.array(keep)), rows[keep]
    plain = {
        name: lines[name].cast(lines[name].type.value_type)
        if pa.types.is_dictionary(lines[name].type)
        else lines[name]
        for name in lines.column_names
        if name not in ("line_key", "line_sha")
    }
    said = pa.array([one.hex() for one in lines["line_sha"].to_pylist()], pa.large_string())
    return _plain_frame({"line_id": line_ids(feed, lines), **plain, "row_sha": said}, row=rows)


def _plain_frame(columns: dict[str, Any], **more: NDArray[Any]) -> pd.DataFrame:
    """Arrow columns as a frame: what `to_pandas` makes of them, sooner where there are few rows."""
    held = {name: _plain_values(column) for name, column in columns.items()}
    return pd.DataFrame({**held, **more}, copy=False)


def _plain_values(column: Any) -> Any:
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return series_of(column)
    if kind in _NULLABLE:
        return column.to_pandas(types_mapper=_NULLABLE.get).array
    return np.array(column.to_numpy(zero_copy_only=False))  # a view of Arrow's memory could not be written to


def canonical_columns(
    judged: Judged, choice: Choice, keep: Bools, pseudonymiser: Pseudonymiser
) -> dict[str, Any]:
    """The kept rows as pyarrow arrays by canonical name."""
    columns: dict[str, Any] = {}
    for column in choice.feed.columns:
        if column.kind is not Kind.GEOMETRY:
            texts = judged.texts[column.name]
            kept = texts.kept(keep)
            columns.update(_column(column, kept, judged, choice, pseudonymiser))
    if choice.feed.moment:
        moments = columns[choice.feed.column(choice.feed.moment).stored]
        for column in choice.feed.columns:
            if column.kind is Kind.IDENTIFIER and not column.personal:
                columns[column.stored] = keyed(columns[column.stored], moments, pseudonymiser)
    if pseudonymiser.sealer is not None and choice.feed.name == FEED:
        _seal(pseudonymiser.sealer, columns, judged, choice, keep, pseudonymiser)
    for column in choice.feed.columns:
        if column.identity:
            born = columns.pop(f"{column.stem}_born")
            columns[f"{column.stem}_age_years"] = _ages(born, columns[choice.feed.moment])
    return columns


def _seal(
    sealer: Sealer,
    columns: dict[str, Any],
    judged: Judged,
    choice: Choice,
    keep: Bools,
    pseudonymiser: Pseudonymiser,
) -> None:
    """Seal the buyers of the kept rows, by the quarter each line is of."""
    texts, numbers = judged.texts[COLUMN].kept(keep), judged.typed[COLUMN]
    codes = np.arange(texts.rows, dtype=np.int32) if texts.codes is None else texts.codes
    moment = choice.feed.column(choice.feed.moment).stored if choice.feed.moment else ""
    sealer.take(
        numbers,
        pseudonymiser.keys(numbers),
        codes,
        columns[moment].to_numpy(zero_copy_only=False).astype("datetime64[s]"),
    )


def _column(
    column: Column, texts: Distinct, judged: Judged, choice: Choice, pseudonymiser: Pseudonymiser
) -> dict[str, Any]:
    name, typed = column.name, judged.typed[column.name]
    if column.personal:
        stem = column.stem
        keys = pseudonymiser.keys(typed)
        found = {column.stored: texts.spread(keys)}
        if column.identity:
            people = judged.people[name]
            region = people.region.dictionary_encode() if texts.compact else people.region
            found |= {
                f"{stem}_region": texts.spread(region),
                f"{stem}_born": texts.spread(people.born),
            }
        return found
    if column.kind is Kind.TEXT:
        typed = _without_numbers(typed, mask_id_like if choice.feed.moment else mask_identity)
    values = texts.spread(typed)
    if (choice.feed.name, name) in _DEFAULTS:
        values = pc.fill_null(values, _DEFAULTS[choice.feed.name, name])
    if column.stored.endswith("_fen"):
        fen = pc.round(pc.multiply(values, 100.0), round_mode="half_to_even")
        values = pc.cast(fen, pa.int64())
    return {column.stored: values}


def _without_numbers(typed: Any, masked: Callable[[str], str]) -> Any:
    """Free text: a note about a visit may name somebody's number, and so may a shop's name."""
    return pa.array([None if one is None else masked(one) for one in typed.to_pylist()], pa.string())


def _ages(born: Any, sold: Any) -> Any:
    """Full years on the day of the line."""
    known = mask_of(pc.and_(pc.is_valid(born), pc.is_valid(sold)))
    years = np.zeros(len(known), dtype=np.int32)
    if known.any():
        from yaotong.intake.checks import kernels  # compiled code is loaded where somebody was registered

        since, until = (pc.fill_null(pc.cast(one, pa.int64()), 0).to_numpy() for one in (born, sold))
        kernels.full_years(since, until, known, years)
    return pa.array(years, pa.int32(), mask=~known)


def _places(columns: dict[str, Any], judged: Judged, keep: Bools) -> dict[str, Any]:
    if judged.lon is None or judged.lat is None:
        raise ValueError("places were not judged")
    lon, lat = judged.lon[keep], judged.lat[keep]
    return {
        "source_lon": columns["lon"],
        "source_lat": columns["lat"],
        "lon": pa.array(lon, pa.float64(), mask=np.isnan(lon)),
        "lat": pa.array(lat, pa.float64(), mask=np.isnan(lat)),
    }


_KEPT_AS = {
    Kind.FLAG: pa.bool_(),
    Kind.NUMBER: pa.float64(),
    Kind.INTEGER: pa.int64(),
    Kind.DATE: pa.timestamp("s"),
    Kind.MOMENT: pa.timestamp("s"),
}


def registry_shas(feed: Feed, frame: pd.DataFrame) -> list[str]:
    """The `row_sha` of canonical rows whose values were changed since; of feeds without an outline."""
    held = {one.stored: _KEPT_AS.get(one.kind, pa.string()) for one in feed.columns}
    held |= {name: pa.float64() for name in ("source_lon", "source_lat") if name in frame}
    content = {
        name: pa.array(
            _moments(frame[name]) if pa.types.is_timestamp(kind) else frame[name].tolist(),
            kind,
            from_pandas=True,
        )
        for name, kind in held.items()
        if name not in _NOT_CONTENT
    }
    shas: list[str] = row_shas(content).to_pylist()
    return shas


def _moments(days: pd.Series) -> pd.Series:
    return pd.to_datetime(days).dt.as_unit("s")


def _frame(columns: dict[str, Any], judged: Judged, choice: Choice, keep: Bools) -> pd.DataFrame:
    content = {name: one for name, one in columns.items() if name not in _NOT_CONTENT}
    shapes = judged.shapes[keep] if judged.shapes is not None else None
    if shapes is not None:
        # Where a ring starts and which way it runs says nothing; normalised, equal outlines are equal.
        content[GEOMETRY] = pa.array(shapely.to_wkb(shapely.normalize(shapes), hex=True), pa.string())
    columns["row_sha"] = row_shas(content)
    frame = _plain_frame(columns)
    if shapes is None:
        return frame
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, index=frame.index, crs="EPSG:4326"))
