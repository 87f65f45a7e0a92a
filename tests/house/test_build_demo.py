"""`.ci/build-demo` builds once, begins a cut-short build anew, and never empties a folder of somebody else's."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_PYTHON = '#!/bin/sh\necho "$*" >>notes\n[ ! -e "$5/settings.toml" ] || exit 2\n[ ! -e broken ] || exit 1\ntouch "$5/settings.toml"\n'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/build-demo", tmp_path / ".ci/build-demo")
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(_PYTHON, "utf-8")
    python.chmod(0o755)
    return tmp_path


def _build(checkout: Path) -> int:
    return subprocess.run(
        ["sh", ".ci/build-demo", "city"], cwd=checkout, capture_output=True, check=False
    ).returncode


def _calls(checkout: Path) -> list[str]:
    notes = checkout / "notes"
    return notes.read_text("utf-8").splitlines() if notes.exists() else []


def test_it_builds_once(checkout: Path) -> None:
    assert (_build(checkout), _build(checkout)) == (0, 0)
    assert _calls(checkout) == ["-m yaotong demo --home city"]


def test_a_build_that_was_cut_short_is_begun_anew(checkout: Path) -> None:
    (checkout / "broken").touch()
    assert _build(checkout) != 0
    (checkout / "city/settings.toml").touch()
    (checkout / "broken").unlink()
    assert _build(checkout) == 0
    assert len(_calls(checkout)) == 2
    assert not (checkout / "city/.building").exists()


def test_a_folder_with_anything_else_in_it_is_left_alone(checkout: Path) -> None:
    (checkout / "city").mkdir()
    (checkout / "city/thesis.txt").write_text("three years of work")
    assert _build(checkout) == 3
    assert (checkout / "city/thesis.txt").exists()
    assert _calls(checkout) == []
