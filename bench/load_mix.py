"""What a mixed load asks, and how one answer in a hundred is looked over.

70 % citizens, 20 % officers' maps, 8 % details, 2 % uploads of 10,000 lines, drawn with a seed. The truth
that answers are held against was read before the load began: the register and the alerts.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import mapbox_vector_tile
import numpy as np
from pyproj import Geod

from geo.distance import MEAN_EARTH_RADIUS_M
from geo.mercator import tiles_covering
from layers.contract import layers

LINES = 10_000
_NEAREST = "/api/v1/public/pharmacies/nearest"
_WITHIN = "/api/v1/public/pharmacies"
# The interface tells great circles.
_GEOD = Geod(a=MEAN_EARTH_RADIUS_M, b=MEAN_EARTH_RADIUS_M)
_PREFIX = "@@@@@@@@"
# Shares in thousandths.
SHARES = {"nearest": 450, "nearest_open": 100, "within": 50, "public_tile": 50, "find": 50,
          "tile": 180, "state": 20, "alert": 40, "pharmacy": 40, "upload": 20}  # fmt: skip
GROUPS = {"nearest": "citizens", "nearest_open": "citizens", "within": "citizens", "public_tile": "citizens",
          "find": "citizens", "tile": "maps", "state": "maps", "alert": "details", "pharmacy": "details",
          "upload": "uploads"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: `check` tells what is wrong with its answer, "" for nothing; `content` is a file's."""

    kind: str
    path: str
    check: Callable[[bytes], str]
    content: bytes = b""


class Mix:
    """Requests of all kinds over one city."""

    def __init__(self, shops: Sequence[tuple[float, float]], alerts: Sequence[str], licences: Sequence[str],
                 template: bytes) -> None:  # fmt: skip
        self._at = np.array(shops)
        self._alerts, self._licences, self._template = alerts, licences, template
        west, south = self._at.min(axis=0)
        east, north = self._at.max(axis=0)
        self._box = (float(west), float(south), float(east), float(north))
        shown = [one.layer_id for one in layers().values() if one.about.shown]
        places = [
            one
            for z in (10, 11, 12, 13)
            for one in zip([z] * 999, tiles_covering(*self._box, z), strict=False)
        ]
        self._tiles = [f"/tiles/{name}/{z}/{x}/{y}.mvt" for z, (x, y) in places for name in shown]
        self._public = [f"/tiles/public/pharmacies/{z}/{x}/{y}.mvt" for z, (x, y) in places]
        self._kinds, self._weights = list(SHARES), list(SHARES.values())

    def next(self, rng: random.Random, number: int) -> Asked:
        """The request of a number."""
        kind = rng.choices(self._kinds, self._weights)[0]
        return getattr(self, f"_{kind}")(rng, number)  # type: ignore[no-any-return]

    def _position(self, rng: random.Random) -> tuple[float, float]:
        lon, lat = self._at[rng.randrange(len(self._at))]
        return round(lon + rng.gauss(0, 0.01), 6), round(lat + rng.gauss(0, 0.01), 6)

    def _nearest(self, rng: random.Random, _: int) -> Asked:
        lon, lat = self._position(rng)
        return Asked(
            "nearest", f"{_NEAREST}?lon={lon}&lat={lat}", lambda got: self._near(got, lon, lat, whole=True)
        )

    def _nearest_open(self, rng: random.Random, _: int) -> Asked:
        lon, lat = self._position(rng)
        path = f"{_NEAREST}?lon={lon}&lat={lat}&open_at=now"
        return Asked("nearest_open", path, lambda got: self._near(got, lon, lat, whole=False))

    def _within(self, rng: random.Random, _: int) -> Asked:
        lon, lat = self._position(rng)
        box = (lon - 0.02, lat - 0.02, lon + 0.02, lat + 0.02)
        path = f"{_WITHIN}?bbox={','.join(f'{one:.6f}' for one in box)}"
        return Asked("within", path, lambda got: self._inside(got, box))

    def _find(self, rng: random.Random, _: int) -> Asked:
        return Asked("find", "/find", lambda got: "" if b"</html>" in got else "half a page")

    def _public_tile(self, rng: random.Random, _: int) -> Asked:
        return Asked("public_tile", rng.choice(self._public), readable_tile)

    def _tile(self, rng: random.Random, _: int) -> Asked:
        return Asked("tile", rng.choice(self._tiles), readable_tile)

    def _state(self, rng: random.Random, _: int) -> Asked:
        return Asked("state", "/map/data/panel/state.json", lambda got: "" if json.loads(got) else "empty")

    def _alert(self, rng: random.Random, _: int) -> Asked:
        name = rng.choice(self._alerts)
        return Asked("alert", f"/alerts/{name}", lambda got: "" if name.encode() in got else f"not of {name}")

    def _pharmacy(self, rng: random.Random, _: int) -> Asked:
        name = rng.choice(self._licences)
        return Asked(
            "pharmacy",
            f"/pharmacies/{quote(name)}",
            lambda got: "" if name.encode() in got else f"not of {name}",
        )

    def _upload(self, rng: random.Random, number: int) -> Asked:
        content = self._template.replace(_PREFIX.encode(), f"L{number:07d}".encode())
        return Asked("upload", "/api/v1/feeds/sales", _receipt, content)

    def _near(self, got: bytes, lon: float, lat: float, *, whole: bool) -> str:
        """Ten in great-circle order, each as far as it says; where all may be told, none nearer left out."""
        found = json.loads(got)["features"]
        told = [one["properties"]["distance_m"] for one in found]
        spots = np.array([one["geometry"]["coordinates"] for one in found])
        true = _distances(lon, lat, spots) if len(spots) else np.array([])
        if told != sorted(told) or (np.abs(true - told) > 1).any():
            return "wrong distances"
        every = np.sort(_distances(lon, lat, self._at))[: len(told)]
        if whole and (len(told) != min(10, len(self._at)) or (np.abs(every - told) > 1).any()):
            return "not the nearest"
        return ""

    def _inside(self, got: bytes, box: tuple[float, float, float, float]) -> str:
        west, south, east, north = box
        lon, lat = self._at.T
        sure = ((lon > west + 1e-5) & (lon < east - 1e-5) & (lat > south + 1e-5) & (lat < north - 1e-5)).sum()
        most = ((lon > west - 1e-5) & (lon < east + 1e-5) & (lat > south - 1e-5) & (lat < north + 1e-5)).sum()
        count = len(json.loads(got)["features"])
        return "" if sure <= count <= most else f"{count} shops instead of {sure}"


def readable_tile(got: bytes) -> str:
    """ "" for a tile that a stranger's reader can read."""
    try:
        mapbox_vector_tile.decode(got)
    except Exception as error:
        return f"no tile: {type(error).__name__}"
    return ""


def _receipt(got: bytes) -> str:
    said = json.loads(got)
    whole = said["rows"] == said["accepted"] + said["duplicates"] + len(said["rejected"])
    fine = whole and said["outcome"] == "accepted" and said["accepted"] == LINES
    return "" if fine else f"{said['outcome']}, {said['accepted']} of {said['rows']} rows"


def _distances(lon: float, lat: float, spots: np.ndarray) -> np.ndarray:
    count = len(spots)
    return np.asarray(_GEOD.inv([lon] * count, [lat] * count, spots[:, 0], spots[:, 1])[2])


def template(home: Path) -> bytes:
    """A file of 10,000 sales as the city's tills write them, its sale numbers to be filled in."""
    lines: list[str] = []
    for path in sorted((home / "feeds" / "sales").glob("*.csv"), reverse=True):
        head, *rows = path.read_text("utf-8-sig").splitlines()
        names = head.split(",")
        keep = {"pharmacy_id", "sold_at", "drug_code", "batch_no", "quantity", "unit_price", "channel"}
        for row in rows[: LINES - len(lines)]:
            cells = dict(zip(names, row.split(","), strict=True))
            told = {name: cells[name] if name in keep else "" for name in names}
            told["sale_id"] = f"{_PREFIX}{len(lines):05d}"
            told["quantity"] = "1"
            lines.append(",".join(told[name] for name in names))
        if len(lines) == LINES:
            return "\n".join([head, *lines, ""]).encode()
    raise ValueError(f"the city has only {len(lines)} sales; {LINES} are needed")
