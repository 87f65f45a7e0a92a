"""report on the command line: the file it writes, whose scope it has, and how it leaves."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

import pytest

from tests.cities import BUILT_AT, city, copy_of
from yaotong import config
from yaotong.acts.accounts import disable_user
from yaotong.cli import main
from yaotong.errors import ConfigError
from yaotong.workspace import Workspace

NOW = datetime(2026, 7, 1, 9)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return copy_of(city("small"), tmp_path_factory.mktemp("report") / "home")


@pytest.fixture(autouse=True)
def morning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("yaotong.clock.now", lambda: NOW)
    monkeypatch.chdir(tmp_path)


def run(workspace: Workspace, *arguments: object) -> int:
    with pytest.raises(SystemExit) as left:
        main(["--home", str(workspace.settings.home), "report", *(str(one) for one in arguments)])
    return int(left.value.code or 0)


def test_it_writes_the_file_and_says_where(
    small: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(small, "daily", "--format", "csv") == 0
    said = capsys.readouterr().out.splitlines()
    path = Path(said[-1])
    assert path == tmp_path / "yaotong-daily-2026-06-30-msa.csv"
    assert said[0] == "日报 2026-06-30 · 市场监督管理局（药监） · 平湖市"
    assert hashlib.sha256(path.read_bytes()).hexdigest() in said[1]


def test_the_format_is_pdf_unless_another_is_asked_for(
    small: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("fpdf")
    assert run(small, "weekly", "--out", tmp_path / "w.pdf", "--day", "2026-06-24") == 0
    assert (tmp_path / "w.pdf").read_bytes().startswith(b"%PDF")
    assert "周报 2026-06-22 至 2026-06-28" in capsys.readouterr().out


def test_the_scope_is_that_of_the_account(
    small: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(small, "monthly", "--format", "csv", "--out", "m.csv", "--as", "msa-danghu") == 0
    assert "当湖街道" in capsys.readouterr().out.splitlines()[0]
    assert "330482001" in (tmp_path / "m.csv").read_text("utf-8-sig")


def test_an_account_there_is_not_leaves_3_with_the_remedy(
    small: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(small, "daily", "--format", "csv", "--as", "nobody") == 3
    said = capsys.readouterr().err
    assert "nobody" in said
    assert "yaotong user add" in said
    assert list(tmp_path.iterdir()) == []


def test_a_workspace_without_accounts_leaves_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copied = copy_of(city("small"), tmp_path / "home")
    for name in ("msa", "nhsa", "hc", "psb", "msa-danghu"):
        disable_user(copied, name, now=BUILT_AT)
    assert run(copied, "daily", "--format", "csv") == 3
    assert "--as" in capsys.readouterr().err


def test_a_folder_that_is_not_there_leaves_3_and_a_day_to_come_leaves_2(
    small: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(small, "daily", "--format", "csv", "--out", tmp_path / "no" / "x.csv") == 3
    assert "--out" in capsys.readouterr().err
    assert run(small, "daily", "--format", "csv", "--day", "2026-07-02") == 2
    assert run(small, "yearly") == 2
    assert run(small, "daily", "--format", "odt") == 2


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("{ model = 0.7, statutory = 1 }", {"model": 0.7, "statutory": 1.0}),
        ("{ model = 0 }", {"model": 0.0, "statutory": 0.9}),
        ("{ model = 1.01 }", None),
        ("{ model = -0.1 }", None),
        ("{ modle = 0.5 }", None),
        ("{ model = true }", None),
        ("0.6", None),
    ],
)
def test_the_floor_is_two_shares_or_is_refused(
    tmp_path: Path, said: str, expected: dict[str, float] | None
) -> None:
    config.create(tmp_path / "home")
    assert config.load(tmp_path / "home", {}).precision_floor == {"model": 0.6, "statutory": 0.9}
    path = tmp_path / "home" / config.SETTINGS_FILE
    lines = path.read_text("utf-8").splitlines()
    changed = [f"precision_floor = {said}" if one.startswith("precision_floor") else one for one in lines]
    path.write_text("\n".join(changed), "utf-8")
    if expected is None:
        with pytest.raises(ConfigError, match="precision_floor"):
            config.load(tmp_path / "home", {})
    else:
        assert config.load(tmp_path / "home", {}).precision_floor == expected
