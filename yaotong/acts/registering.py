"""Keep what a file says of a registry, and derive anew what follows from it."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from yaotong.acts.upholding import upheld
from yaotong.intake import Reading
from yaotong.joins import place, quality
from yaotong.joins.placing import PLACEMENT_KEY, QUALITY_KEY
from yaotong.store import Connection, outlines, registry
from yaotong.store.schema import REGISTRIES, pharmacy, placement, quality_finding


def keep_registry(
    connection: Connection, reading: Reading, version: int, *, checked: bool = False
) -> tuple[int, int, int | None]:
    """Write what is new of a registry as of a version: rows changed, rows known, the version if any was.

    `checked`: a person has just checked each row, and no earlier correction stands against it.
    """
    table, key = REGISTRIES[reading.feed.name], reading.feed.key
    frame = _storable(reading.accepted)
    if reading.feed.name == "pharmacies" and not checked:
        frame = upheld(connection, frame, version)
    applied = registry.apply(connection, table, key, frame, version)
    if not applied.changed:
        return 0, applied.unchanged + reading.duplicates, None
    if reading.feed.name in ("areas", "pharmacies"):
        _place_again(connection, version)
    return applied.changed, applied.unchanged + reading.duplicates, version


def _place_again(connection: Connection, version: int) -> None:
    """Placements and quality findings are derived whole from the two registries."""
    shops = registry.read(connection, pharmacy)
    known = outlines.read_areas(connection)
    placed = place(shops, known)
    registry.replace(connection, placement, PLACEMENT_KEY, placed, version)
    found = quality(shops, placed) if len(known) else quality(shops, placed).iloc[0:0]
    registry.replace(connection, quality_finding, QUALITY_KEY, found, version)


def _storable(frame: pd.DataFrame) -> pd.DataFrame:
    plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    if isinstance(frame, gpd.GeoDataFrame):
        plain["geometry"] = frame.geometry.to_wkb()
    return plain
