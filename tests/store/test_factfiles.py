"""Fact files: what the manifest names counts, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.databases import database_url
from tests.staged import put_sales, sales_table, stage_lines
from yaotong.errors import StoreError
from yaotong.lineids import line_ids
from yaotong.store import Store, factfiles, migrate, open_store, staging
from yaotong.store.factbase import open_facts
from yaotong.store.health import examine
from yaotong.store.staging import Stage

TOWNS = {"p": "330482001", "q": "330482002"}


def lines(rows: list[tuple[str, str, str, float]]) -> pd.DataFrame:
    """Sales lines from (pharmacy, sale, moment, quantity)."""
    frame = pd.DataFrame(rows, columns=["pharmacy_id", "sale_id", "sold_at", "quantity"])
    frame["sold_at"] = pd.to_datetime(frame["sold_at"])
    return frame.assign(line_id=frame["pharmacy_id"] + "/" + frame["sale_id"], drug_code="d")


def quantities(store: Store, version: int | None = None) -> dict[str, float]:
    sales = open_facts(store, version=version).sales
    frame = sales.select(sales.line_id, sales.quantity).to_pandas()
    assert frame["line_id"].is_unique
    return dict(zip(frame["line_id"], frame["quantity"], strict=True))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_store(database_url(tmp_path), tmp_path / "facts")
    made.facts_dir.mkdir()
    migrate(made)
    yield made
    made.engine.dispose()


FIRST = lines([("p", "1", "2026-01-31 23:59:59", 1.0), ("p", "2", "2026-02-01 00:00:00", 2.0)])


def test_lines_are_kept_by_beijing_month_and_area(store: Store) -> None:
    put_sales(
        store, pd.concat([FIRST, lines([("x", "1", "2026-02-03 09:00", 1.0)])], ignore_index=True), TOWNS, 1
    )
    found = sorted(
        p.parent.relative_to(store.facts_dir / "sales").as_posix() for p in store.facts_dir.rglob("*.parquet")
    )
    assert found == [
        "month=2026-01/area=330482001",
        "month=2026-02/area=330482001",
        "month=2026-02/area=none",
    ]
    assert quantities(store) == {"p/1": 1.0, "p/2": 2.0, "x/1": 1.0}
    assert quantities(store, version=0) == {}


def test_a_wording_that_ended_does_not_count_and_the_past_stays(store: Store) -> None:
    put_sales(store, FIRST, TOWNS, 1)
    moved = lines([("p", "1", "2026-03-02 08:00:00", 7.0)])
    old = sales_table(FIRST)["line_sha"][0].as_py().hex()
    put_sales(store, moved, TOWNS, 2)
    with store.write() as connection:
        factfiles.correct(connection, "sales", [factfiles.Ended("p/1", old)], 2)
        assert factfiles.ended_among(connection, "sales", [old, "00" * 16]) == {old}
        assert factfiles.newest(connection, "sales") == 2
        assert factfiles.newest(connection, "purchases") == 0
    assert quantities(store) == {"p/1": 7.0, "p/2": 2.0}
    assert quantities(store, version=1) == {"p/1": 1.0, "p/2": 2.0}


def test_a_file_that_the_manifest_does_not_name_does_not_count(store: Store) -> None:
    put_sales(store, FIRST, TOWNS, 1)
    staged = stage_lines(
        store.facts_dir / "staging" / "x", lines([("p", "3", "2026-01-05 10:00:00", 9.0)]), TOWNS
    )

    def fail_before_commit() -> None:
        with store.write() as connection:
            factfiles.keep(connection, store.facts_dir, "sales", staged, 2)
            raise RuntimeError("the power fails before the commit")

    with pytest.raises(RuntimeError, match="power"):
        fail_before_commit()
    assert quantities(store) == {"p/1": 1.0, "p/2": 2.0}
    assert any("不在清单中" in line for line in examine(store).good)


@pytest.mark.fault("corrupt-files")
def test_a_lost_and_a_spoiled_file_are_named(store: Store) -> None:
    put_sales(store, FIRST, TOWNS, 1)
    victim = next(store.facts_dir.rglob("*.parquet"))
    victim.write_bytes(b"spoiled")
    assert any("缺失或损坏" in line for line in examine(store).bad)
    with pytest.raises(StoreError, match="备份"):
        list(factfiles.fingerprints(victim, recorded=True))
    victim.unlink()
    with pytest.raises(StoreError, match="备份"):
        open_facts(store)


shops = st.sampled_from(["p", "q", "x"])
days = st.dates(datetime(2025, 12, 28).date(), datetime(2026, 2, 3).date())
staged_rows = st.lists(st.tuples(shops, days, st.booleans()), min_size=1, max_size=40)


@given(rows=staged_rows, cuts=st.lists(st.integers(1, 40), max_size=3), few=st.booleans())
@settings(deadline=None, max_examples=60)
def test_staged_files_hold_just_the_lines_not_dropped(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, object, bool]], cuts: list[int], few: bool
) -> None:
    folder = tmp_path_factory.mktemp("stage")
    frame = lines(
        [(shop, str(place), f"{day} 10:00:00", float(place)) for place, (shop, day, _) in enumerate(rows)]
    )
    drop = np.array([dropped for *_, dropped in rows])
    with pytest.MonkeyPatch.context() as patch:
        if few:  # many small row groups, written while lines still come
            patch.setattr(staging, "_GROUP_ROWS", 2)
            patch.setattr(staging, "_PENDING_ROWS", 6)
        stage = Stage(folder, "sales", TOWNS, datetime(2026, 2, 4))
        starts = sorted({0, *(cut for cut in cuts if cut < len(frame))})
        for start, end in zip(starts, [*starts[1:], len(frame)], strict=True):
            stage.add(sales_table(frame.iloc[start:end]), np.arange(start, end))
        some = stage.lines_of(np.arange(0, len(frame), 3))
        files = stage.settle(drop)
    assert sorted(some["line_id"].to_pylist()) == sorted(frame["line_id"][::3])
    kept = {}
    for one in files:
        table = pq.read_table(one.path, partitioning=None)
        assert table.num_rows == one.rows > 0
        assert table.schema.names == staging.stored_schema("sales").names
        assert {TOWNS.get(shop, "none") for shop in table["pharmacy_id"].to_pylist()} == {one.area_code}
        assert set(table["sold_at"].cast(pa.string()).to_pandas().str[:7]) == {one.month}
        kept |= dict(zip(line_ids("sales", table).to_pylist(), table["quantity"].to_pylist(), strict=True))
    plain = frame[~drop]
    assert kept == dict(zip(plain["line_id"], plain["quantity"], strict=True))
    assert {(one.month, one.area_code) for one in files} == {
        (f"{day:%Y-%m}", TOWNS.get(shop, "none")) for shop, day, dropped in rows if not dropped
    }
    assert not list(folder.glob("*.again"))
    assert len(list(folder.iterdir())) == len(files)
