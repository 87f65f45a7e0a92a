"""The benchmark's file is clean for intake, and a wrong count stops it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.bench_intake import measure, sales_frame


def test_the_benchmark_reads_every_line_both_ways(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    sales_frame(2_000, 300).to_csv(path, index=False)
    ours, plain = measure(path, 2_000)
    assert ours > 0
    assert plain > 0
    with pytest.raises(SystemExit, match="2000 rows came back, not 2001"):
        measure(path, 2_001)
