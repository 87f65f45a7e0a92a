"""The same tiles by PostGIS: a server of its own, a GiST index, ST_AsMVT of ST_AsMVTGeom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import shapely

from bench.map_city import Columns, Tile
from geo.mercator import to_world

HALF_M = 20037508.342789244
REMEDY = "apt-get install postgresql postgresql-15-postgis-3"
MISSING = f"没有 PostGIS，只量我们自己的。要比较，请以管理员执行 {REMEDY}，再重试。"
# A buffer of 32 of 512 px is 256 of 4,096 units, as ours.
_NEAR = "geom && ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 0.0625)"
_DRAWN = "ST_AsMVTGeom({geom}, ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 256, true) as geom"
SINGLE = f"""select ST_AsMVT(t, 'points', 4096, 'geom', 'id') from (
    select id, license_no, name, town_code, class, alerts, worst, packs, {_DRAWN.format(geom="geom")}
    from shops where {_NEAR}) as t"""
_MEAN = "ST_SetSRID(ST_MakePoint(avg(ST_X(geom)), avg(ST_Y(geom))), 3857)"
# Without the casts the sums are numeric, and ST_AsMVT writes those as texts.
TOGETHER = f"""select ST_AsMVT(t, 'points', 4096, 'geom') from (
    select count(*) as n, sum(alerts)::bigint as alerts, max(worst) as worst,
        sum(packs)::bigint as packs,
        {_DRAWN.format(geom=_MEAN)}
    from shops where {_NEAR}
    group by ST_SnapToGrid(geom, %(cell)s)) as t"""
AREAS = f"""select ST_AsMVT(t, 'areas', 4096, 'geom', 'id') from (
    select id, area_code, name, alerts, {_DRAWN.format(geom="geom")}
    from areas where {_NEAR}) as t"""


class NoPostgis(Exception):
    """It is not there; the message tells the remedy."""


@contextmanager
def server() -> Iterator[Any]:
    """A connection to a new, empty server with PostGIS."""
    import psycopg

    from tests.postgres.cluster import ROLE, Cluster, NoPostgres

    try:
        cluster = Cluster()
    except NoPostgres as missing:
        raise NoPostgis(MISSING) from missing
    try:
        with psycopg.connect(host=str(cluster.folder), user=ROLE, dbname="postgres") as connection:
            try:
                connection.execute("create extension postgis")
            except psycopg.errors.FeatureNotSupported as missing:
                raise NoPostgis(MISSING) from missing
            connection.execute("set work_mem = '256MB'")
            connection.execute("set jit = off")
            yield connection
    finally:
        cluster.remove()


def load(connection: Any, name: str, shapes: np.ndarray, columns: Columns) -> None:
    """Copy shapes in degrees and their columns into a table with an index, in metres of Web Mercator."""
    kinds = ["bigint" if column.dtype.kind == "i" else "text" for column in columns.values()]
    listed = ", ".join(f"{column} {kind}" for column, kind in zip(columns, kinds, strict=True))
    connection.execute(f"create table {name} (id bigint, {listed}, geom geometry(Geometry, 3857))")
    metres = shapely.transform(shapes, _metres)
    hexes = shapely.to_wkb(shapely.set_srid(metres, 3857), hex=True, include_srid=True)
    rows = zip(range(len(shapes)), *(column.tolist() for column in columns.values()), hexes, strict=True)
    with connection.cursor().copy(f"copy {name} from stdin") as copy:
        for row in rows:
            copy.write_row(row)
    connection.execute(f"create index on {name} using gist (geom)")
    connection.execute(f"analyze {name}")
    connection.commit()
    connection.autocommit = True
    connection.execute(f"vacuum {name}")


def tile(connection: Any, query: str, at: Tile) -> bytes:
    """One tile as the server writes it."""
    z, x, y = at
    given = {"z": z, "x": x, "y": y, "cell": 2 * HALF_M / (1 << z) / 16}
    return bytes(connection.execute(query, given, prepare=True, binary=True).fetchone()[0])


def _metres(degrees: np.ndarray) -> np.ndarray:
    x, y = to_world(*degrees.T)
    return np.stack([x * 2 - 1, 1 - y * 2], axis=1) * HALF_M
