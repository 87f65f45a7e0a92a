"""Eight at once, in one program and in two: every file lands, no row twice, and of the same file one is accepted and seven say so."""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import select

from yaotong.acts.intake import take_in
from yaotong.records import Receipt
from yaotong.store.factbase import open_facts
from yaotong.store.schema import fact_file, load
from yaotong.workspace import Workspace, init_workspace, open_workspace

MANY = 8
NOW = datetime(2026, 6, 1, 9)
_ready: threading.Barrier


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return init_workspace(tmp_path / "home")


def sales(folder: Path, name: str, number: int) -> Path:
    path = folder / f"sales-{name}.csv"
    rows = [f"S{number}-{one},P1,2026-05-0{one + 1} 09:00:00,D1,1" for one in range(5)]
    path.write_text("\n".join(["sale_id,pharmacy_id,sold_at,drug_code,quantity", *rows]), "utf-8")
    return path


def drugs(folder: Path, name: str, number: int) -> Path:
    path = folder / f"drugs-{name}.csv"
    rows = [f"D{number}-{one},药{one},EPH" for one in range(5)]
    path.write_text("\n".join(["drug_code,drug_name,category", *rows]), "utf-8")
    return path


def together(workspace: Workspace, files: list[Path]) -> list[Receipt]:
    gate = threading.Barrier(len(files))

    def send(path: Path) -> Receipt:
        gate.wait(30)
        return take_in(workspace, path, now=NOW)

    with ThreadPoolExecutor(len(files)) as pool:
        return list(pool.map(send, files))


def versions(workspace: Workspace) -> list[int]:
    with workspace.store.read() as connection:
        query = select(load.c.data_version).where(load.c.data_version.is_not(None))
        return sorted(connection.execute(query).scalars())


def known(workspace: Workspace, feed: str) -> list[str]:
    """The keys of all current rows of a feed."""
    facts = open_facts(workspace.store)
    key = {"sales": "sale_id", "drugs": "drug_code"}[feed]
    return sorted(getattr(facts, feed).to_pandas()[key])


@pytest.mark.parametrize(("feed", "write"), [("sales", sales), ("drugs", drugs)])
def test_eight_files_at_once_all_land(
    workspace: Workspace, tmp_path: Path, feed: str, write: Callable[[Path, str, int], Path]
) -> None:
    receipts = together(workspace, [write(tmp_path, str(one), one) for one in range(MANY)])
    assert [one.outcome for one in receipts] == ["accepted"] * MANY
    assert versions(workspace) == list(range(1, MANY + 1))
    letter = feed[0].upper()
    assert known(workspace, feed) == sorted(f"{letter}{one}-{row}" for one in range(MANY) for row in range(5))


@pytest.mark.parametrize(("feed", "write"), [("sales", sales), ("drugs", drugs)])
def test_one_file_sent_eight_times_at_once_lands_once(
    workspace: Workspace, tmp_path: Path, feed: str, write: Callable[[Path, str, int], Path]
) -> None:
    receipts = together(workspace, [write(tmp_path, "same", 0)] * MANY)
    _one_landed(workspace, receipts, 1)
    assert len(known(workspace, feed)) == 5


@pytest.mark.slow
def test_two_programs_of_four_at_once_each_with_a_file_of_its_own_and_one_they_share(
    workspace: Workspace, tmp_path: Path
) -> None:
    shared = sales(tmp_path, "same", MANY)
    files = [sales(tmp_path, str(one), one) for one in range(MANY)]
    apart = multiprocessing.get_context("spawn")
    gate = apart.Barrier(2)
    with ProcessPoolExecutor(2, mp_context=apart, initializer=_meet, initargs=(gate,)) as pool:
        halves = pool.map(_send_all, [workspace.settings.home] * 2, [files[::2], files[1::2]], [shared] * 2)
        sent = [pair for half in halves for pair in half]
    assert [own.outcome for own, _ in sent] == ["accepted"] * MANY
    _one_landed(workspace, [same for _, same in sent], MANY + 1)
    assert known(workspace, "sales") == sorted(f"S{one}-{row}" for one in range(MANY + 1) for row in range(5))


def _one_landed(workspace: Workspace, receipts: list[Receipt], made: int) -> None:
    assert Counter(str(one.outcome) for one in receipts) == {"accepted": 1, "noop": MANY - 1}
    assert Counter((one.accepted, one.duplicates) for one in receipts) == {(5, 0): 1, (0, 5): MANY - 1}
    assert versions(workspace) == list(range(1, made + 1))
    with workspace.store.read() as connection:
        named = pd.Series(connection.execute(select(fact_file.c.path)).scalars().all(), dtype=str)
    on_disk = list(workspace.settings.facts_dir.rglob("*.parquet"))
    assert len(on_disk) == len(named) == named.nunique(), "a file that lost its race stayed behind"


def _meet(gate: threading.Barrier) -> None:
    global _ready
    _ready = gate


def _send_all(home: Path, files: list[Path], shared: Path) -> list[tuple[Receipt, Receipt]]:
    workspace = open_workspace(home, {})
    _ready.wait(120)

    def send(own: Path) -> tuple[Receipt, Receipt]:
        return take_in(workspace, own, now=NOW), take_in(workspace, shared, now=NOW)

    with ThreadPoolExecutor(len(files)) as pool:
        return list(pool.map(send, files))
