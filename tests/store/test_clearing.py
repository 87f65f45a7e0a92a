"""Clearing: copies without what no longer holds, and every data version says what it said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import ibis
import pandas as pd
import pyarrow.parquet as pq
import pytest
from ibis.backends.sql import SQLBackend
from sqlalchemy import insert, select, update

from tests.databases import database_url
from tests.staged import put_sales, sales_table
from tests.store.test_factfiles import TOWNS, lines, quantities
from yaotong.errors import StoreError
from yaotong.store import Store, factfiles, migrate, open_store
from yaotong.store.changes import changes_between
from yaotong.store.clearing import clear
from yaotong.store.factbase import open_facts
from yaotong.store.health import examine
from yaotong.store.linelookup import lines_by_id
from yaotong.store.schema import corrected_line, fact_file, load

FIRST = lines(
    [
        ("p", "1", "2026-01-03 10:00", 1.0),
        ("p", "2", "2026-01-04 10:00", 2.0),
        ("q", "1", "2026-01-05 10:00", 3.0),
    ]
)
SECOND = lines([("p", "1", "2026-01-03 10:00", 7.0), ("q", "1", "2026-01-05 10:00", 8.0)])
BEFORE, AFTER = {"p/1": 1.0, "p/2": 2.0, "q/1": 3.0}, {"p/1": 7.0, "p/2": 2.0, "q/1": 8.0}
OF_P = "sales/month=2026-01/area=330482001/v00000001.parquet"
OF_Q = OF_P.replace("001/v", "002/v")


def shas(frame: pd.DataFrame) -> list[str]:
    return [one.hex() for one in sales_table(frame)["line_sha"].to_pylist()]


@pytest.fixture(params=["noted", "not noted"])
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    """Two lines corrected at version 2, where they were sent noted or, as stores once did, not."""
    made = open_store(database_url(tmp_path), tmp_path / "facts")
    made.facts_dir.mkdir()
    migrate(made)
    put_sales(made, FIRST, TOWNS, 1)
    put_sales(made, SECOND, TOWNS, 2)
    where = (OF_P, OF_Q) if request.param == "noted" else (None, None)
    first = shas(FIRST)
    ended = [factfiles.Ended("p/1", first[0], where[0]), factfiles.Ended("q/1", first[2], where[1])]
    with made.write() as connection:
        factfiles.correct(connection, "sales", ended, 2)
        for version in (1, 2):
            told = dict.fromkeys(("profile", "sha256", "receipt", "sent_by"), "")
            counts = dict.fromkeys(("rows", "accepted", "duplicates", "rejected"), 0)
            moment = pd.Timestamp(2026, 2, version).to_pydatetime()
            row = {"data_version": version, "feed": "sales", "file": f"f{version}", "outcome": "accepted"}
            connection.execute(insert(load).values(**row, **told, **counts, arrived_at=moment))
    yield made
    made.engine.dispose()


def in_force(store: Store, version: int | None = None) -> list[str]:
    with store.read() as connection:
        found = factfiles.paths(connection, store.facts_dir, "sales", version)
    return sorted(Path(one).relative_to(store.facts_dir).as_posix() for one in found)


def test_every_version_says_what_it_said(store: Store) -> None:
    assert clear(store, 2) == 2
    assert (quantities(store), quantities(store, 2), quantities(store, 1)) == (AFTER, AFTER, BEFORE)
    assert not any("缺失" in one for one in examine(store).bad)
    assert not any("清单" in one for one in examine(store).good if "不在" in one)


def test_what_no_longer_holds_is_in_no_file_in_force_and_nothing_is_joined_for_it(store: Store) -> None:
    assert "ANTI JOIN" in str(ibis.to_sql(open_facts(store).sales)).upper()
    clear(store, 2)
    with store.read() as connection:
        assert factfiles.corrections(connection, "sales").empty
        assert len(factfiles.corrections(connection, "sales", 2)) == 0
        assert len(factfiles.corrections(connection, "sales", 1)) == 0
    assert "ANTI JOIN" not in str(ibis.to_sql(open_facts(store).sales)).upper()


def test_a_file_of_which_nothing_holds_has_no_copy(store: Store) -> None:
    clear(store, 2)
    copy = OF_P.replace(".parquet", ".c00000002.parquet")
    assert in_force(store) == sorted(
        [copy, OF_P.replace("v00000001", "v00000002"), OF_Q.replace("00001.p", "00002.p")]
    )
    assert in_force(store, 1) == sorted([OF_P, OF_Q])
    assert pq.read_table(store.facts_dir / copy, partitioning=None)["sale_id"].to_pylist() == ["2"]


def test_a_second_call_has_nothing_to_do_and_later_corrections_are_cleared_from_the_copy(
    store: Store,
) -> None:
    clear(store, 2)
    assert clear(store, 2) == 0
    third = lines([("p", "2", "2026-01-04 10:00", 9.0)])
    put_sales(store, third, TOWNS, 3)
    with store.write() as connection:
        factfiles.correct(connection, "sales", [factfiles.Ended("p/2", shas(FIRST)[1], OF_P)], 3)
    said = {**AFTER, "p/2": 9.0}
    assert (quantities(store), quantities(store, 2)) == (said, AFTER)
    assert clear(store, 3) == 1
    assert (quantities(store), quantities(store, 2), quantities(store, 1)) == (said, AFTER, BEFORE)


def test_a_correction_that_came_meanwhile_waits_for_the_next_time(store: Store) -> None:
    put_sales(store, lines([("p", "2", "2026-01-04 10:00", 9.0)]), TOWNS, 3)
    with store.write() as connection:
        factfiles.correct(connection, "sales", [factfiles.Ended("p/2", shas(FIRST)[1], OF_P)], 3)
    assert clear(store, 2) == 2  # of a run that looks at version 2
    assert (quantities(store, 2), quantities(store)) == (AFTER, {**AFTER, "p/2": 9.0})


def test_intake_still_knows_every_wording_and_what_is_new_is_not_the_copy(store: Store) -> None:
    def changed() -> list[tuple[str, float]]:
        facts = open_facts(store)
        backend = facts.sales.get_backend()
        assert isinstance(backend, SQLBackend)
        with store.read() as connection:
            found = changes_between(backend, connection, store.facts_dir, 1, 2).lines["sales"]
        return sorted(map(tuple, found.select("sale_id", "quantity").to_pandas().to_numpy().tolist()))

    before = changed()
    assert before == [("1", 1.0), ("1", 3.0), ("1", 7.0), ("1", 8.0)]
    clear(store, 2)
    assert changed() == before
    with store.read() as connection:
        kept = factfiles.kept(connection, store.facts_dir, "sales")
    assert sum(pq.ParquetFile(one.path).metadata.num_rows for one in kept) == len(FIRST) + len(SECOND)


def test_a_line_still_comes_from_the_load_that_brought_it(store: Store) -> None:
    def told() -> dict[str, str]:
        found = lines_by_id(store, "sales", ["p/1", "p/2", "q/1"])
        return dict(zip(found["line_id"], found["file"], strict=True))

    clear(store, 2)
    assert told() == {"p/1": "f2", "p/2": "f1", "q/1": "f2"}


@pytest.mark.fault("disk-full")
def test_a_disk_that_refuses_leaves_everything_as_it_was(store: Store) -> None:
    staging = store.facts_dir / "staging"
    if staging.exists():
        for one in staging.iterdir():
            one.rename(store.facts_dir / f"aside-{one.name}")
        staging.rmdir()
    staging.write_text("in the way")
    with pytest.raises(StoreError, match="磁盘"):
        clear(store, 2)
    assert (quantities(store), quantities(store, 1)) == (AFTER, BEFORE)
    staging.unlink()
    assert clear(store, 2) == 2


@pytest.mark.fault("corrupt-files")
@pytest.mark.parametrize(
    "spoil", [lambda good: good[: len(good) // 2], lambda good: good[:40] + b"~" * 9 + good[49:]]
)
def test_a_spoiled_file_is_named_and_what_was_copied_stands(
    store: Store, spoil: Callable[[bytes], bytes]
) -> None:
    """Cut short, or with a page that is not what was written."""
    spoiled = store.facts_dir / OF_Q
    good = spoiled.read_bytes()
    spoiled.write_bytes(spoil(good))
    with pytest.raises(StoreError, match="备份"):
        clear(store, 2)
    spoiled.write_bytes(good)
    assert clear(store, 2) >= 1
    assert (quantities(store), quantities(store, 1)) == (AFTER, BEFORE)


def test_who_comes_second_leaves_the_copy_of_the_first(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from yaotong.store import clearing

    write = clearing.settled

    def overtaken(path: Path) -> str:
        monkeypatch.setattr(clearing, "settled", write)
        assert clear(store, 2) == 2
        return write(path)

    monkeypatch.setattr(clearing, "settled", overtaken)
    assert clear(store, 2) == 0
    assert (quantities(store), quantities(store, 1)) == (AFTER, BEFORE)


def test_the_way_back_to_files_as_sent(store: Store) -> None:
    """What the downgrade does to the manifest leaves every version as it was."""
    clear(store, 2)
    with store.write() as connection:
        connection.execute(fact_file.delete().where(fact_file.c.copy_of.is_not(None)))
        connection.execute(update(fact_file).values(until_version=None))
        connection.execute(update(corrected_line).values(cleared_version=None))
        assert connection.execute(select(corrected_line.c.line_sha)).fetchall()
    assert (quantities(store), quantities(store, 1)) == (AFTER, BEFORE)
