"""Count a search on the citizens' pages that did not help: see `yaotong.acts.unmet`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from yaotong.acts.unmet import tally
from yaotong.reads import public
from yaotong.reads.fitting import Wanted
from yaotong.workspace import Workspace


class Place(Protocol):
    """From where a search measures."""

    @property
    def lon(self) -> float:
        """Degrees in `crs`."""

    @property
    def lat(self) -> float:
        """Degrees in `crs`."""

    @property
    def crs(self) -> str:
        """The coordinate system."""


def count_unmet(ws: Workspace, found: dict[str, Any], place: Place, wanted: Wanted, now: datetime) -> None:
    """Count what `public.nearest` found from a place, if it does not help."""
    told = [one["properties"] for one in found["features"]]
    shown = [(float(one["distance_m"]), str(one["open_state"])) for one in told]
    lon, lat = public.asked_from(place.lon, place.lat, place.crs, 1)
    tally(ws).note(shown, asked_open=wanted.open_at is not None, lon=lon, lat=lat, now=now)
