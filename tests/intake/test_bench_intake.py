"""The benchmark's file is clean for intake and for every peer, and a wrong count stops it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.bench_intake import bare_read, in_its_own_process, write_sales

ROWS = 5_000


@pytest.fixture(scope="module")
def sales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bench") / "sales.csv"
    write_sales(path, ROWS, buyers=300)
    return path


def test_intake_keeps_every_line_and_none_twice(sales: Path, tmp_path: Path) -> None:
    told = in_its_own_process("bench.intake_once", sales, tmp_path / "home")
    assert told["seconds"] > 0
    assert told["again"] > 0
    assert told["rows"] == ROWS - 2_999  # the first lines were taken in before, to warm up
    assert bare_read(sales) > 0


@pytest.mark.parametrize("peer", ["duckdb", "pandas"])
def test_a_peer_keeps_every_line_and_refuses_a_bad_one(sales: Path, tmp_path: Path, peer: str) -> None:
    assert in_its_own_process("bench.intake_peers", peer, sales, tmp_path / "out")["rows"] == ROWS
    spoiled = tmp_path / "spoiled.csv"
    text = sales.read_text("utf-8").splitlines()
    cells = text[1].split(",")
    cells[2] = "2025-13-01 00:00:00"
    spoiled.write_text("\n".join([text[0], ",".join(cells), *text[2:], text[2]]) + "\n", "utf-8")
    assert in_its_own_process("bench.intake_peers", peer, spoiled, tmp_path / "other")["rows"] == ROWS - 1


def test_a_process_that_fails_says_so(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"bench\.intake_peers"):
        in_its_own_process("bench.intake_peers", "nobody", "none.csv", tmp_path / "none")
