"""The examples run on the published files, unchanged, and say what the files say."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
MOST_SECONDS = 120
pytestmark = pytest.mark.slow


def run(example: str, real_data: Path, out: Path, *more: str) -> tuple[str, float]:
    """The example's output and how long it took."""
    script = ROOT / "examples" / example / "run.py"
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, str(script), "--data", str(real_data), "--out", str(out), *more],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout, time.monotonic() - started


@pytest.fixture(scope="module")
def kentucky(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, float]:
    out = tmp_path_factory.mktemp("kentucky")
    return out, *run("kentucky", real_data, out)


def test_kentucky_ranks_retail_outlets_with_reasons(kentucky: tuple[Path, str, float]) -> None:
    out, text, _ = kentucky
    ranking = pd.read_csv(out / "ranking.csv")
    assert "接收 1469，拒收 0" in text
    assert "接收 8338，拒收 0" in text
    assert set(ranking["outlet"]) == {"retail"}
    assert ranking["reasons"].notna().all()
    assert (ranking["flags"].diff().dropna() <= 0).all()
    # One comparison alone misses what another finds.
    by_head, by_past = ranking["per_head"] >= 4, ranking["past_ratio"] >= 3
    assert (by_head & ~by_past).any()
    assert (by_past & ~by_head).any()
    assert (ranking["reasons"].str.split("；").str.len() == ranking["flags"]).all()


def test_kentucky_ranks_what_may_be_no_retail_shop_apart(kentucky: tuple[Path, str, float]) -> None:
    out, _, _ = kentucky
    apart, ranking = pd.read_csv(out / "unknown.csv"), pd.read_csv(out / "ranking.csv")
    assert set(apart["outlet"]) <= {"unknown", "other"}
    assert not set(apart["license_no"]) & set(ranking["license_no"])
    # By bare volume a supplier of institutions would stand near the top of the state.
    assert apart["name"].str.contains("BADGER ACQUISITION").any()


def test_kentucky_draws_what_it_knows_and_hatches_what_it_does_not(kentucky: tuple[Path, str, float]) -> None:
    page = (kentucky[0] / "kentucky.html").read_text("utf-8")
    assert "PERRY" in page.upper()
    assert json.dumps("无数据（未知，不等于低）").strip('"') in page
    assert re.findall(r'<(?:script|link|img|iframe)\b[^>]*(?:src|href)="(?:https?:)?//', page) == []


def test_kentucky_takes_less_than_two_minutes(kentucky: tuple[Path, str, float]) -> None:
    assert kentucky[2] < MOST_SECONDS


def test_taiwan_becomes_a_finder_in_less_than_two_minutes(real_data: Path, tmp_path: Path) -> None:
    text, seconds = run("taiwan", real_data, tmp_path)
    assert "368 个乡镇" in text
    assert seconds < MOST_SECONDS
    page = (tmp_path / "taiwan.html").read_text("utf-8")
    assert page.count('"distance":') > 2500
    assert "分钟前点数" in page
    drawn = (tmp_path / "taiwan-map.html").read_text("utf-8")
    assert drawn.count('"id":"shop:59') > 5_000
    assert json.dumps("没有点数（未知）") in drawn


def test_taiwan_answers_for_one_place_nearest_first(real_data: Path, tmp_path: Path) -> None:
    text, _ = run("taiwan", real_data, tmp_path, "--at", "121.5170,25.0478")
    lines = [line for line in text.splitlines() if "成人" in line]
    metres = [float(line.split()[0]) * (1000 if line.split()[1] == "公里" else 1) for line in lines]
    assert len(lines) == 8
    assert metres == sorted(metres)
    told = [re.split(r" {2,}", line.strip())[1:4] for line in lines]
    assert told == plain_answer(real_data / "taiwan", 121.5170, 25.0478)


def plain_answer(data: Path, lon: float, lat: float) -> list[list[str]]:
    """The same list from the bare files: every pharmacy with a mask left is measured."""
    left = pd.read_csv(data / "pharmacies_stock.csv", dtype=str).set_index("醫事機構代碼")
    points = {
        one["properties"]["id"]: one["geometry"]["coordinates"]
        for one in json.loads((data / "points.json").read_text("utf-8"))["features"]
    }
    adult, child = (left[name].astype(int) for name in ("成人口罩剩餘數", "兒童口罩剩餘數"))
    there = left[(adult + child > 0) & left.index.str.startswith("59") & left.index.isin(points)]
    east, north = (np.radians([points[one][side] for one in there.index]) for side in (0, 1))
    half = np.sin((north - np.radians(lat)) / 2) ** 2
    half += np.cos(north) * np.cos(np.radians(lat)) * np.sin((east - np.radians(lon)) / 2) ** 2
    nearest = there.index[np.argsort(half, kind="stable")][:8]
    return [[left.loc[one, "醫事機構名稱"], f"成人 {adult[one]}", f"儿童 {child[one]}"] for one in nearest]
