"""Fact files: what the manifest names counts, and nothing else; corrections keep their history."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from yaotong.errors import StoreError
from yaotong.facts import SALES_SCHEMA
from yaotong.store import Store, factfiles, migrate, open_store
from yaotong.store.factbase import open_facts
from yaotong.store.health import examine


def lines(rows: list[tuple[str, str, str, float]]) -> pd.DataFrame:
    """Sales lines from (pharmacy, sale, moment, quantity)."""
    base = pd.DataFrame(dict.fromkeys(SALES_SCHEMA.names), index=range(len(rows)))
    base["pharmacy_id"] = [row[0] for row in rows]
    base["sale_id"] = [row[1] for row in rows]
    base["line_id"] = base["pharmacy_id"] + "/" + base["sale_id"]
    base["sold_at"] = pd.to_datetime([row[2] for row in rows])
    base["quantity"] = [row[3] for row in rows]
    base["drug_code"] = "d"
    base["line_sha"] = [f"{row[2]}-{row[3]}" for row in rows]
    base["arrived_at"] = pd.Timestamp("2026-02-01")
    return base


def put(store: Store, frame: pd.DataFrame, version: int) -> factfiles.Split:
    with store.write() as connection:
        split = factfiles.split(connection, store.facts_dir, "sales", frame)
        fresh = frame[split.fresh.to_numpy()]
        if len(fresh):
            area = pd.Series("330482001", index=fresh.index)
            factfiles.write(connection, store.facts_dir, "sales", fresh, area, version)
            factfiles.correct(connection, "sales", split.corrected, version)
    return split


def fail_before_commit(store: Store, frame: pd.DataFrame) -> None:
    with store.write() as connection:
        area = pd.Series("330482001", index=frame.index)
        factfiles.write(connection, store.facts_dir, "sales", frame, area, 2)
        raise RuntimeError("the power fails before the commit")


def quantities(store: Store, version: int | None = None) -> dict[str, float]:
    sales = open_facts(store, version=version).sales
    frame = sales.select(sales.line_id, sales.quantity).to_pandas()
    assert frame["line_id"].is_unique
    return dict(zip(frame["line_id"], frame["quantity"], strict=True))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_store(f"sqlite:///{tmp_path / 'a.db'}", tmp_path / "facts")
    made.facts_dir.mkdir()
    migrate(made)
    yield made
    made.engine.dispose()


FIRST = lines([("p", "1", "2026-01-31 23:59:59", 1.0), ("p", "2", "2026-02-01 00:00:00", 2.0)])


def test_lines_are_kept_by_beijing_month_and_area(store: Store) -> None:
    put(store, FIRST, 1)
    found = sorted(
        p.parent.relative_to(store.facts_dir / "sales").as_posix() for p in store.facts_dir.rglob("*.parquet")
    )
    assert found == ["month=2026-01/area=330482001", "month=2026-02/area=330482001"]
    assert quantities(store) == {"p/1": 1.0, "p/2": 2.0}


def test_the_same_lines_in_another_file_are_repeats(store: Store) -> None:
    put(store, FIRST, 1)
    again = put(store, FIRST.iloc[::-1].reset_index(drop=True), 2)
    assert (int(again.repeated.sum()), int(again.fresh.sum())) == (2, 0)
    assert quantities(store) == {"p/1": 1.0, "p/2": 2.0}


def test_a_correction_counts_once_and_the_past_stays(store: Store) -> None:
    put(store, FIRST, 1)
    put(store, lines([("p", "1", "2026-01-31 23:59:59", 7.0)]), 2)
    assert quantities(store) == {"p/1": 7.0, "p/2": 2.0}
    assert quantities(store, version=1) == {"p/1": 1.0, "p/2": 2.0}
    late = put(store, FIRST, 3)
    assert int(late.fresh.sum()) == 0
    assert quantities(store) == {"p/1": 7.0, "p/2": 2.0}


def test_a_correction_may_move_a_line_to_another_month(store: Store) -> None:
    put(store, FIRST, 1)
    put(store, lines([("p", "1", "2026-02-02 08:00:00", 1.0)]), 2)
    assert quantities(store) == {"p/1": 1.0, "p/2": 2.0}


def test_a_file_that_the_manifest_does_not_name_does_not_count(store: Store) -> None:
    put(store, FIRST, 1)
    with pytest.raises(RuntimeError, match="power"):
        fail_before_commit(store, lines([("p", "3", "2026-01-05 10:00:00", 9.0)]))
    assert quantities(store) == {"p/1": 1.0, "p/2": 2.0}
    assert any("不在清单中" in line for line in examine(store).good)


def test_a_lost_and_a_spoiled_file_are_named(store: Store) -> None:
    put(store, FIRST, 1)
    victim = next(store.facts_dir.rglob("*.parquet"))
    victim.write_bytes(b"spoiled")
    assert any("缺失或损坏" in line for line in examine(store).bad)
    victim.unlink()
    with pytest.raises(StoreError, match="备份"):
        open_facts(store)
