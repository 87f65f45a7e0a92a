"""The numbers beside a signal: those it was judged by at once, newer ones as soon as they are worked out."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from yaotong import acts
from yaotong.reads import expected
from yaotong.workspace import Workspace, init_workspace

NOW = datetime(2026, 6, 1, 9)
HEAD = "license_no,name,address,lon,lat,crs"


@pytest.fixture
def worked_out(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The versions for which the detector was asked; it says the version."""
    asked: list[int] = []

    def told(version: int) -> SimpleNamespace:
        asked.append(version)
        return SimpleNamespace(levels=version)

    monkeypatch.setattr(expected, "open_facts", lambda store, version: version)
    monkeypatch.setattr(expected, "told", told)
    return asked


def _send(ws: Workspace, folder: Path, count: int) -> None:
    path = folder / f"{count}.csv"
    path.write_text(
        "\n".join([HEAD, *(f"A{one},药店,某路,120.5,30.5,wgs84" for one in range(count))]), "utf-8"
    )
    assert acts.take_in(ws, path, feed="pharmacies", now=NOW + timedelta(minutes=count)).accepted


def test_a_chart_does_not_wait_for_data_that_came_since(worked_out: list[int], tmp_path: Path) -> None:
    ws = init_workspace(tmp_path / "home")
    _send(ws, tmp_path, 1)
    assert (expected.levels_of(ws, 1), expected.levels_of(ws, 1)) == (1, 1)
    assert worked_out == [1]
    _send(ws, tmp_path, 2)
    assert expected.levels_of(ws, 1) == 1, "what it was judged by, at once"
    until = time.monotonic() + 10
    while expected._known[str(ws.store.facts_dir)][0] != 2 and time.monotonic() < until:
        time.sleep(0.01)
    assert expected.levels_of(ws, 1) == 2, "worked out behind it meanwhile"
    _send(ws, tmp_path, 3)
    assert expected.levels_of(ws, 3) == 3, "never older than what it was judged by"
    assert worked_out == [1, 2, 3]
