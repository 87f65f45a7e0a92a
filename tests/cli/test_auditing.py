"""`yaotong audit` from outside: what commands leave in the chain, and what verify and purge answer."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.cities import city, copy_of
from tests.cli.test_cli import drugs, run
from yaotong.config import SETTINGS_FILE
from yaotong.store import audit
from yaotong.workspace import Workspace, open_workspace


@pytest.fixture
def home(tmp_path: Path) -> Path:
    assert run("init", "--home", tmp_path / "home") == 0
    return tmp_path / "home"


def listed(home: Path, capsys: pytest.CaptureFixture[str], *options: object) -> list[dict[str, str]]:
    capsys.readouterr()
    assert run("audit", "list", "--home", home, "--json", *options) == 0
    found: list[dict[str, str]] = json.loads(capsys.readouterr().out)
    return found[::-1]


def untied(home: Path, statement: str) -> None:
    """Change a row as somebody with the database file would."""
    with open_workspace(home, {}).store.write() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("alter table audit disable trigger all"))
        else:
            for name in ("audit_changed", "audit_removed"):
                connection.execute(text(f"drop trigger if exists {name}"))
        connection.execute(text(statement))


def test_commands_are_recorded_with_who_ran_them(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add = (
        "user",
        "add",
        "wang",
        "--name",
        "王",
        "--department",
        "msa",
        "--area",
        "330482",
        "--password",
        "0123456789",
    )
    assert run(*add, "--home", home) == 0
    assert run("intake", "--home", home, drugs(tmp_path, "D1,甲,EPH")) == 0
    assert run("user", "disable", "wang", "--home", home) == 0
    found = listed(home, capsys)
    assert [(one["act"], one["thing"]) for one in found] == [
        ("settings_change", "settings.toml"),
        ("account_add", "account:wang"),
        ("upload", "load:1"),
        ("account_disable", "account:wang"),
    ]
    assert {one["actor"] for one in found} == {"cli"}
    assert all(one["origin"].startswith("cli ") for one in found)
    assert "0123456789" not in json.dumps(found)


def test_a_changed_setting_is_recorded_once_without_its_value(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(listed(home, capsys, "--what", "settings_change")) == 1
    path = home / SETTINGS_FILE
    path.write_text(path.read_text("utf-8").replace("= 200", "= 4711"), "utf-8")
    for _ in range(2):
        found = listed(home, capsys, "--what", "settings_change")
        assert [one["why"] for one in found][1:] == ["rules"]
    assert "4711" not in json.dumps(found)


def test_verify_leaves_0_on_a_whole_chain_and_1_with_the_row_on_a_torn_one(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("audit", "verify", "--home", home) == 0
    for name in ("D1", "D2", "D3"):
        assert run("intake", "--home", home, drugs(tmp_path, f"{name},甲,EPH")) == 0
    capsys.readouterr()
    assert run("audit", "verify", "--home", home) == 0
    assert "审计链完整：4 行" in capsys.readouterr().out
    untied(home, "update audit set actor = 'nobody' where seq = 3")
    assert run("audit", "verify", "--home", home) == 1
    assert "第 3 行被改过" in capsys.readouterr().err
    assert run("doctor", "--home", home) == 4
    assert "第 3 行被改过" in capsys.readouterr().err


def test_a_cut_tail_leaves_1(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("intake", "--home", home, drugs(tmp_path, "D1,甲,EPH")) == 0
    untied(home, "delete from audit where seq = 2")
    assert run("audit", "verify", "--home", home) == 1
    assert "末尾被截去" in capsys.readouterr().err


def test_purge_refuses_what_is_younger_than_three_years_and_keeps_the_chain_whole(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = open_workspace(home, {})
    for year in (2019, 2020, 2021):
        with workspace.store.write() as connection:
            audit.append(connection, audit.Entry(datetime(year, 5, 1), "x", "upload", f"load:{year}"))
    assert run("audit", "purge", "--before", "2099-01-01", "--home", home) == 2
    assert "审计保存 3 年" in capsys.readouterr().err
    assert run("audit", "purge", "--before", "2021-01-01", "--home", home) == 0
    assert "已清除 2 行" in capsys.readouterr().out
    assert run("audit", "verify", "--home", home) == 0
    assert "此前 2 行已按期清除" in capsys.readouterr().out
    found = listed(home, capsys)
    assert [one["act"] for one in found] == ["upload", "settings_change", "audit_purge"]
    assert run("audit", "purge", "--before", "2020-06-01", "--home", home) == 0
    assert "没有更早的记录" in capsys.readouterr().out
    untied(home, "update audit set why = 'x' where seq = 3")
    assert run("audit", "purge", "--before", "2022-01-01", "--home", home) == 2
    assert "审计链不完整" in capsys.readouterr().err


@pytest.mark.parametrize("options", [("--what", "x"), ("--since", "x"), ("--limit", "0")])
def test_what_cannot_be_asked_leaves_2(home: Path, options: tuple[str, ...]) -> None:
    assert run("audit", "list", "--home", home, *options) == 2


def test_days_the_wrong_way_round_leave_2(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("audit", "list", "--home", home, "--since", "2026-02-01", "--until", "2026-01-01") == 2
    assert "起始日不能晚于截止日" in capsys.readouterr().err


def test_an_account_for_auditing_moves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small: Workspace = copy_of(city("small"), tmp_path / "small")
    home = small.settings.home
    add = (
        "user",
        "add",
        "shen",
        "--name",
        "沈",
        "--department",
        "msa",
        "--area",
        "330482",
        "--role",
        "auditor",
    )
    assert run(*add, "--password", "0123456789", "--home", home) == 0
    with small.store.read() as connection:
        one = connection.execute(text("select alert_id from alert limit 1")).scalar_one()
    capsys.readouterr()
    assert run("alerts", "note", one, "--as", "shen", "--text", "x", "--home", home) == 1
    assert "审计管理员不看业务数据" in capsys.readouterr().err


def test_keys_of_people_on_the_screen_are_recorded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small: Workspace = copy_of(city("small"), tmp_path / "small")
    home = small.settings.home
    with small.store.read() as connection:
        of_buyer = "select alert_id from alert where subject_kind = 'buyer' limit 1"
        one = connection.execute(text(of_buyer)).scalar_one()
    before = len(listed(home, capsys, "--what", "person_view"))
    assert run("alerts", "show", one, "--home", home) == 0
    assert run("alerts", "list", "--json", "--home", home) == 0
    assert run("alerts", "list", "--home", home) == 0
    found = listed(home, capsys, "--what", "person_view")[before:]
    assert [one["thing"] for one in found] == [f"alert:{one}", "alerts"]
