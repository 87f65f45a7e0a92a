"""The table of refused rows and a disk that is full: whole or not there, and had again by sending again."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.intake.helpers import csv_text, sale
from yaotong import acts
from yaotong.codes import Outcome
from yaotong.errors import StoreError
from yaotong.workspace import init_workspace

NOW = datetime(2026, 7, 1, 8, 30)


def test_while_the_table_finds_no_room_nothing_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = init_workspace(tmp_path / "home")
    path = tmp_path / "sales.csv"
    path.write_text(csv_text([sale(1), sale(2, quantity="x")]))
    write = pd.DataFrame.to_csv

    def half(frame: pd.DataFrame, target: Path, **given: Any) -> None:
        write(frame, target, **given)
        os.truncate(target, 20)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(pd.DataFrame, "to_csv", half)
        with pytest.raises(StoreError, match="再送一次"):
            acts.take_in(home, path, now=NOW)
    assert not list(home.settings.raw_dir.iterdir())
    again = acts.take_in(home, path, now=NOW + timedelta(minutes=1))
    assert (again.outcome, again.accepted, again.duplicates) == (Outcome.PARTIAL, 1, 0)
    (table,) = home.settings.raw_dir.iterdir()
    assert table.read_text("utf-8-sig").splitlines()[1].startswith("2,quantity,bad_number")


def test_no_table_stays_of_a_load_that_came_to_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = init_workspace(tmp_path / "home")
    path = tmp_path / "sales.csv"
    path.write_text(csv_text([sale(1), sale(2, quantity="x")]))

    def refuse(*given: Any, **named: Any) -> None:
        raise StoreError("盘满")

    with monkeypatch.context() as patched:
        patched.setattr("yaotong.acts.intake.loads.record", refuse)
        with pytest.raises(StoreError, match="盘满"):
            acts.take_in(home, path, now=NOW)
    assert not list(home.settings.raw_dir.iterdir())
    acts.take_in(home, path, now=NOW)
    assert len(list(home.settings.raw_dir.iterdir())) == 1
    with monkeypatch.context() as patched:
        patched.setattr("yaotong.acts.intake.loads.record", refuse)
        with pytest.raises(StoreError, match="盘满"):
            acts.take_in(home, path, now=NOW)  # the same second: the first load's table is not its to take
    assert len(list(home.settings.raw_dir.iterdir())) == 1
