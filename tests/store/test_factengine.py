"""Which engines there are; what Spark itself does with the facts is held in tests/spark."""

from __future__ import annotations

from pathlib import Path

import pytest

from yaotong.errors import UsageError
from yaotong.store.factengine import connect


@pytest.mark.parametrize(
    "engine", ["sparc://host:7077", "spark://", "spark://host", "duck", "local[x]", "spark://a b:1"]
)
def test_an_engine_that_is_none_is_refused(engine: str) -> None:
    with pytest.raises(UsageError):
        connect(engine)


def test_duckdb_has_a_bound_of_memory_and_a_place_for_the_rest(tmp_path: Path) -> None:
    backend = connect("duckdb", tmp_path / "spill")
    query = "select current_setting('temp_directory'), current_setting('memory_limit')"
    place, bound = backend.con.execute(query).fetchone()
    assert place == str(tmp_path / "spill")
    assert bound.endswith(("GiB", "MiB"))
    assert not (tmp_path / "spill").exists()
