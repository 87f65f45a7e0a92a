"""Tables of the registers that files bring: the feed's columns, and the versions a row is in force."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeEngine

from yaotong.records import (
    AREAS,
    CALENDAR,
    DEPARTMENTS,
    DRUGS,
    PHARMACIES,
    PLACES,
    RECALLS,
    SUPPLIERS,
    Feed,
    Kind,
)
from yaotong.store.metadata import metadata

_TYPES: dict[Kind, TypeEngine[Any]] = {
    Kind.TEXT: Text(),
    Kind.IDENTIFIER: String(128),
    Kind.DATE: Date(),
    Kind.MOMENT: DateTime(),
    Kind.NUMBER: Float(),
    Kind.INTEGER: Integer(),
    Kind.FLAG: Boolean(),
    Kind.CHOICE: String(32),
    Kind.CATEGORIES: Text(),
    Kind.GEOMETRY: LargeBinary(),
}


def _registry(name: str, feed: Feed, *extra: Column[Any]) -> Table:
    """A registry's table: the feed's columns, what we add, and the versions it is in force."""
    own = [Column(one.stored, _TYPES[one.kind]) for one in feed.columns]
    return Table(
        name,
        metadata,
        Column("row_id", Integer, primary_key=True),
        *own,
        *extra,
        Column("row_sha", String(32), nullable=False),
        Column("since_version", Integer, nullable=False),
        Column("until_version", Integer),
        Index(None, *feed.key),
    )


area = _registry("area", AREAS)
pharmacy = _registry("pharmacy", PHARMACIES, Column("source_lon", Float), Column("source_lat", Float))
drug = _registry("drug", DRUGS)
recall = _registry("recall", RECALLS)
supplier = _registry("supplier", SUPPLIERS)
notice = _registry("notice", CALENDAR)
office = _registry("office", DEPARTMENTS)
named_place = _registry("named_place", PLACES, Column("source_lon", Float), Column("source_lat", Float))

REGISTRIES: dict[str, Table] = {
    "areas": area,
    "pharmacies": pharmacy,
    "drugs": drug,
    "recalls": recall,
    "suppliers": supplier,
    "calendar": notice,
    "departments": office,
    "places": named_place,
}
