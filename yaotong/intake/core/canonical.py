"""Canonical frames: the columns that the stores and the rules see, made from judged columns."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from yaotong.facts import PURCHASES_SCHEMA, SALES_SCHEMA
from yaotong.intake.checks.distinct import Bools, Distinct
from yaotong.intake.core.choosing import Choice
from yaotong.intake.core.fingerprint import row_shas
from yaotong.intake.core.judging import Judged, is_identity
from yaotong.intake.core.pseudonym import Pseudonymiser
from yaotong.intake.core.source import GEOMETRY
from yaotong.records import Column, Kind

_DEFAULTS = {("areas", "generation"): "1", ("pharmacies", "status"): "active"}
_LINE_FEEDS = {"sales": SALES_SCHEMA, "purchases": PURCHASES_SCHEMA}
_NULLABLE = {pa.bool_(): pd.BooleanDtype(), pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int32Dtype()}
# Derived from other columns by arithmetic whose last digit may differ between machines.
_NOT_CONTENT = frozenset(("lon", "lat", "line_id"))


def canonical(judged: Judged, choice: Choice, keep: Bools, pseudonymiser: Pseudonymiser) -> pd.DataFrame:
    """The kept rows in the feed's canonical columns, with `row_sha`; the index counts from 0."""
    columns: dict[str, Any] = {}
    for column in choice.feed.columns:
        if column.kind is not Kind.GEOMETRY:
            texts = judged.texts[column.name]
            kept = texts.kept(keep)
            columns.update(_column(column, kept, judged, choice, pseudonymiser))
    name = choice.feed.name
    if name == "sales":
        columns["buyer_age_years"] = _ages(columns.pop("buyer_born"), columns["sold_at"])
    if name in _LINE_FEEDS:
        serial = columns[choice.feed.key[1]]
        columns["line_id"] = pc.binary_join_element_wise(columns["pharmacy_id"], serial, "/")
    if name == "pharmacies":
        columns.update(_places(columns, judged, keep))
    return _frame(columns, judged, choice, keep)


def _column(
    column: Column, texts: Distinct, judged: Judged, choice: Choice, pseudonymiser: Pseudonymiser
) -> dict[str, Any]:
    name, typed = column.name, judged.typed[column.name]
    if column.personal:
        stem = name.removesuffix("_id_no").removesuffix("_id")
        keys = pa.array(pseudonymiser.keys(typed.to_pandas()), pa.string(), from_pandas=True)
        found = {f"{stem}_key": texts.spread(keys)}
        if is_identity(column):
            people = judged.people[name]
            found |= {
                f"{stem}_region": texts.spread(people.region),
                f"{stem}_born": texts.spread(people.born),
            }
        return found
    values = texts.spread(typed)
    if (choice.feed.name, name) in _DEFAULTS:
        values = pc.fill_null(values, _DEFAULTS[choice.feed.name, name])
    if name == "unit_price":
        fen = pc.round(pc.multiply(values, 100.0), round_mode="half_to_even")
        return {"unit_price_fen": pc.cast(fen, pa.int64())}
    return {"categories" if name == "category" else name: values}


def _ages(born: Any, sold: Any) -> Any:
    """Full years on the day of sale."""
    birth = born.to_numpy(zero_copy_only=False).astype("datetime64[D]")
    day = sold.to_numpy(zero_copy_only=False).astype("datetime64[D]")
    known = ~np.isnat(birth) & ~np.isnat(day)
    birth, day = (np.where(known, one, np.datetime64("1970-01-01")) for one in (birth, day))
    years = day.astype("datetime64[Y]").astype(np.int64) - birth.astype("datetime64[Y]").astype(np.int64)
    early = _month_day(day) < _month_day(birth)
    return pa.array((years - early).astype(np.int32), pa.int32(), mask=~known)


def _month_day(days: Any) -> Any:
    months = days.astype("datetime64[M]")
    in_month = (days - months.astype("datetime64[D]")).astype(np.int64)
    return (months.astype(np.int64) % 12) * 32 + in_month


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


def _frame(columns: dict[str, Any], judged: Judged, choice: Choice, keep: Bools) -> pd.DataFrame:
    content = {name: one for name, one in columns.items() if name not in _NOT_CONTENT}
    shapes = judged.shapes[keep] if judged.shapes is not None else None
    if shapes is not None:
        # Where a ring starts and which way it runs says nothing; normalised, equal outlines are equal.
        content[GEOMETRY] = pa.array(shapely.to_wkb(shapely.normalize(shapes), hex=True), pa.string())
    columns["row_sha"] = row_shas(content)
    schema = _LINE_FEEDS.get(choice.feed.name)
    if schema is not None:
        columns["line_sha"] = columns["row_sha"]
        order = [name for name in schema.names if name != "arrived_at"]
        columns = {name: columns[name] for name in (*order, "row_sha")}
    frame: pd.DataFrame = pa.table(columns).to_pandas(types_mapper=_NULLABLE.get)
    if shapes is None:
        return frame
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, index=frame.index, crs="EPSG:4326"))
