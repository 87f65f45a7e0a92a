"""A private PostgreSQL for the peers of the benchmarks of special drugs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.postgres.cluster import Cluster, NoPostgres


@contextmanager
def postgres() -> Iterator[Any]:
    """A psycopg connection that commits by itself; LookupError where there is no PostgreSQL."""
    import psycopg

    try:
        cluster = Cluster()
    except NoPostgres as missing:
        print(f"  {missing}")
        raise LookupError(str(missing)) from missing
    try:
        with psycopg.connect(cluster.address.replace("+psycopg", ""), autocommit=True) as connection:
            yield connection
    finally:
        cluster.remove()
