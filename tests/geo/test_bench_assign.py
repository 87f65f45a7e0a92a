"""The benchmark runs, and the areas it makes are a sound map."""

import runpy
import sys
from pathlib import Path

import shapely

BENCH = Path(__file__).resolve().parents[2] / "bench" / "bench_assign.py"


def test_prints_both_speeds_and_their_ratio(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["bench_assign.py", "2000", "25"])
    runpy.run_path(str(BENCH), run_name="__main__")
    first, joined, assigned, ratio = capsys.readouterr().out.splitlines()
    assert first == "2,000 points, 25 areas, best of 3"
    assert joined.startswith("geopandas.sjoin")
    assert assigned.startswith("geo.assign")
    assert float(ratio.split()[-1]) > 0


def test_its_areas_share_their_wavy_borders():
    areas = runpy.run_path(str(BENCH))["wavy_areas"](25)
    assert len(areas) == 25
    assert areas.geometry.is_valid.all()
    assert shapely.coverage_is_valid(areas.geometry.to_numpy())
