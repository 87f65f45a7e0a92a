"""Vector tiles of the register for anyone: registry facts, made from the public register and nothing else.

They share no query, cache or tile with the departments' map; a test changes every table of risk and compares
the bytes.
"""

from __future__ import annotations

from functools import lru_cache

from geo.tiles import PointTiles
from yaotong.errors import UsageError
from yaotong.reads.public import register
from yaotong.workspace import Workspace


def public_tile(ws: Workspace, z: int, x: int, y: int) -> tuple[bytes, int]:
    """The bytes of a tile of licensed pharmacies, and the register's version they are made from.

    A feature has id (licence number), name and, where they are registered, insured and dual (1 or 0). Several
    in one place of the screen are one feature with their number n. UsageError for a tile that is none.
    """
    known = register(ws)
    try:
        return _tile(ws, known.version, z, x, y), known.version
    except ValueError as error:
        raise UsageError(f"没有瓦片 {z}/{x}/{y}：缩放级别 0 到 22，行列须在其内。") from error


@lru_cache(maxsize=4_096)
def _tile(ws: Workspace, version: int, z: int, x: int, y: int) -> bytes:
    return _tiles(ws, version).tile(z, x, y)


@lru_cache(maxsize=2)
def _tiles(ws: Workspace, _version: int) -> PointTiles:
    known = register(ws)
    shops = known.shops[known.shelf.active]
    columns = {
        "id": shops["license_no"].astype(str).to_numpy(),
        "name": shops["name"].astype(str).to_numpy(),
        # 1, 0, or not there where it is not registered.
        "insured": shops["insurance_designated"].map({True: 1.0, False: 0.0}).to_numpy(dtype=float),
        "dual": shops["dual_channel"].map({True: 1.0, False: 0.0}).to_numpy(dtype=float),
    }
    lon, lat = (shops[one].to_numpy(dtype=float) for one in ("lon", "lat"))
    return PointTiles(lon, lat, columns, {}, layer="pharmacies")
