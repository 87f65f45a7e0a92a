"""What a workspace's settings say of its intake: limits, the name of the key, and a key that is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cli.test_cli import run
from tests.intake.helpers import csv_text, person, sale
from webapp.app import create_app


@pytest.fixture
def home(tmp_path: Path) -> Path:
    assert run("init", "--home", tmp_path / "home") == 0
    return tmp_path / "home"


def settle(home: Path, table: str, line: str) -> None:
    """Put a line under a table of the settings."""
    path = home / "settings.toml"
    name = line.split(" =")[0]
    kept = [one for one in path.read_text("utf-8").splitlines() if not one.startswith(f"{name} =")]
    kept.insert(kept.index(f"[{table}]") + 1, line)
    path.write_text("\n".join(kept) + "\n", "utf-8")


def sales(folder: Path, count: int = 2) -> Path:
    path = folder / "sales.csv"
    path.write_text(csv_text([sale(number) for number in range(count)]), "utf-8")
    return path


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("rows = 2", None),
        ("rows = 1", "too_many_rows"),
        ("columns = 7", None),
        ("columns = 6", "too_many_columns"),
        ("file_bytes = 1_000", None),
        ("file_bytes = 100", "too_large"),
    ],
)
def test_limits_are_settings(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, reason: str | None
) -> None:
    settle(home, "limits", line)
    capsys.readouterr()
    assert run("intake", "--home", home, "--json", sales(tmp_path)) == (0 if reason is None else 1)
    assert json.loads(capsys.readouterr().out)["file_reason"] == reason


def test_a_limit_of_a_field_is_a_setting(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settle(home, "limits", "field_chars = 18")
    path = tmp_path / "sales.csv"
    path.write_text(csv_text([sale(1), sale(2, sale_id="S" * 20)]), "utf-8")
    capsys.readouterr()
    assert run("intake", "--home", home, "--json", path) == 1
    told = json.loads(capsys.readouterr().out)
    assert [(one["row"], one["column"], one["reason"]) for one in told["rejected"]] == [
        (1, "sold_at", "too_long"),
        (2, "sale_id", "too_long"),
    ]


@pytest.mark.parametrize("line", ["row = 5", "rows = 0", 'rows = "many"', "rows = true", "rows = 1.5"])
def test_limits_that_are_none_are_named(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    settle(home, "limits", line)
    assert run("intake", "--home", home, sales(tmp_path)) == 3
    told = capsys.readouterr().err
    assert "[limits]" in told
    assert "Traceback" not in told


def test_the_page_knows_the_limit(home: Path) -> None:
    settle(home, "limits", "file_bytes = 80_000_000")
    assert create_app(home).config["MAX_CONTENT_LENGTH"] > 80_000_000


def test_the_name_of_the_key_stands_before_every_pseudonym(home: Path, tmp_path: Path) -> None:
    settle(home, "intake", 'pseudonym_key_id = "key-2026"')
    settle(home, "intake", 'pseudonym_digest = "sm3"')
    assert run("intake", "--home", home, sales(tmp_path)) == 0
    (stored,) = (home / "facts" / "sales").rglob("*.parquet")
    keys = set(pq.read_table(stored, partitioning=None)["buyer_key"].to_pylist())
    assert {one.split(":")[0] for one in keys} == {"key-2026"}
    assert not any(person() in one for one in keys)


@pytest.mark.parametrize("name", ["", "a b", "k" * 17, "键"])
def test_a_name_that_no_key_can_have_leaves_3(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    settle(home, "intake", f'pseudonym_key_id = "{name}"')
    assert run("intake", "--home", home, sales(tmp_path)) == 3
    assert "pseudonym_key_id" in capsys.readouterr().err


@pytest.mark.fault("key-missing")
@pytest.mark.parametrize("text", ["not hexadecimal", "abcd"])
def test_a_spoiled_key_leaves_3(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    (home / "keys" / "pseudonym.key").write_text(text)
    assert run("intake", "--home", home, sales(tmp_path)) == 3
    assert "pseudonym.key" in capsys.readouterr().err


@pytest.mark.fault("key-missing")
def test_a_lost_key_is_not_replaced_once_lines_rest_on_it(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = home / "keys" / "pseudonym.key"
    key.unlink()
    assert run("init", "--home", home) == 0  # nothing rests on it yet
    path = sales(tmp_path)
    assert run("intake", "--home", home, path) == 0
    saved = key.read_bytes()
    key.unlink()
    assert run("init", "--home", home) == 3
    assert "备份" in capsys.readouterr().err
    assert not key.exists()
    key.write_bytes(saved)
    key.chmod(0o600)
    assert run("init", "--home", home) == 0
    capsys.readouterr()
    assert run("intake", "--home", home, "--json", path) == 0
    assert json.loads(capsys.readouterr().out)["outcome"] == "noop"
