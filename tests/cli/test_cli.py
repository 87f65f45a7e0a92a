"""The command line from outside: exit codes of contract §2, errors in a sentence, receipts as JSON."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cities import city, copy_of
from yaotong.cli import main
from yaotong.store import dialects
from yaotong.workspace import Workspace


def run(*arguments: object) -> int:
    """The exit code of one command."""
    with pytest.raises(SystemExit) as left:
        main([str(one) for one in arguments])
    return int(left.value.code or 0)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    assert run("init", "--home", tmp_path / "home") == 0
    return tmp_path / "home"


@pytest.fixture
def small(tmp_path: Path) -> Workspace:
    return copy_of(city("small"), tmp_path / "small")


def drugs(folder: Path, *rows: str) -> Path:
    path = folder / "drugs.csv"
    path.write_text("\n".join(["drug_code,drug_name,category", *rows]), "utf-8")
    return path


def test_keys_are_for_the_owner_alone(home: Path) -> None:
    for key in (home / "keys").iterdir():
        assert key.stat().st_mode & 0o777 == 0o600


def test_init_again_keeps_the_keys(home: Path) -> None:
    before = (home / "keys" / "pseudonym.key").read_bytes()
    assert run("init", "--home", home) == 0
    assert (home / "keys" / "pseudonym.key").read_bytes() == before


def test_a_good_file_leaves_0_and_a_refused_row_1(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("intake", "--home", home, "--json", drugs(tmp_path, "D1,甲,EPH")) == 0
    receipt = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (receipt["outcome"], receipt["rows"], receipt["accepted"]) == ("accepted", 1, 1)
    assert run("intake", "--home", home, "--json", drugs(tmp_path, "D2,,EPH", "D3,丙,RX")) == 1
    receipt = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert receipt["rows"] == receipt["accepted"] + receipt["duplicates"] + len(receipt["rejected"]) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        ["intake"],
        ["--nonsense"],
        ["unheard-of"],
        ["detect", "--since", "yesterday"],
        ["rules", "show", "R-X99"],
    ],
)
def test_wrong_usage_leaves_2(wrong: list[str]) -> None:
    assert run(*wrong) == 2


def test_no_workspace_leaves_3_with_the_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("detect", "--home", tmp_path / "nowhere") == 3
    said = capsys.readouterr().err
    assert "yaotong init" in said
    assert "Traceback" not in said


def test_a_key_that_others_can_read_leaves_3(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "keys" / "session.key").chmod(0o644)
    assert run("doctor", "--home", home) == 3
    assert "chmod 600" in capsys.readouterr().err


@pytest.mark.fault("corrupt-files")
@pytest.mark.sqlite
def test_a_spoiled_database_leaves_4_without_a_traceback(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for one in home.glob("yaotong.db*"):
        one.write_bytes(b"not a database at all, but long enough to be looked at " * 40)
    assert run("alerts", "list", "--home", home) == 4
    said = capsys.readouterr().err
    assert "备份" in said
    assert "Traceback" not in said


@pytest.mark.sqlite
def test_a_database_that_another_program_holds_leaves_4_and_afterwards_the_same_command_works(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialects, "WAIT_MS", 300)
    with closing(sqlite3.connect(home / "yaotong.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert run("intake", "--home", home, drugs(tmp_path, "D1,甲,EPH")) == 4
    said = capsys.readouterr().err
    assert "正被别的程序占用" in said
    assert "Traceback" not in said
    assert run("intake", "--home", home, drugs(tmp_path, "D1,甲,EPH")) == 0


def test_an_empty_workspace_has_nothing_to_detect(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("detect", "--home", home) == 0
    assert "还没有销售数据" in capsys.readouterr().out


def test_the_desk_on_the_command_line(small: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    home = small.settings.home
    assert run("alerts", "list", "--home", home, "--rule", "R-M14", "--json") == 0
    listed = json.loads(capsys.readouterr().out.splitlines()[-1])
    one = listed[0]["alert_id"]
    assert run("alerts", "explain", one, "--home", home) == 0
    assert "一致" in capsys.readouterr().out
    assert run("alerts", "accept", one, "--home", home, "--as", "msa") == 0
    assert run("alerts", "accept", one, "--home", home, "--as", "msa") == 1
    assert run("alerts", "check", one, "--home", home, "--as", "nobody") == 1
    assert run("alerts", "show", one, "--home", home) == 0
    shown = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [event["act"] for event in shown["events"]] == ["open", "accept"]


def test_every_case_of_the_book_passes_and_an_account_can_be_made(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("rules", "test", "R-M01") == 0
    assert run("rules", "list") == 0
    assert "R-M30" in capsys.readouterr().out
    given = ["--name", "甲", "--department", "msa", "--area", "330482", "--home", home]
    assert run("user", "add", "wang", *given, "--password", "long-enough") == 0
    assert run("user", "add", "wang", *given, "--password", "long-enough") == 2
    assert run("user", "add", "li", *given, "--password", "short") == 2
    assert run("user", "disable", "wang", "--home", home) == 0
    assert run("user", "disable", "zhao", "--home", home) == 1


def test_explaining_and_exempting_on_the_command_line(
    small: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    home = small.settings.home
    assert run("alerts", "list", "--home", home, "--rule", "R-P01", "--json") == 0
    one = json.loads(capsys.readouterr().out.splitlines()[-1])[0]
    assert run("alerts", "explain", one["alert_id"], "--home", home, "--json") == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["same"], told["rule_id"], len(told["parameters"])) == (True, "R-P01", 5)
    assert run("alerts", "explain", one["alert_id"], "--home", home, "--as", "hc") == 1
    assert "没有派发给本部门" in capsys.readouterr().err
    asked = ["--home", home, "--on", one["first_day"], "--as", "psb", "--lang", "en"]
    assert run("alerts", "why-not", "R-P01", one["alert_id"], *asked) == 0
    assert "It held: " in capsys.readouterr().out
    days = ["--from", one["first_day"], "--until", one["last_day"], "--home", home]
    why = ["--reason", "chronic_patient", "--text", "鼻炎"]
    buyer = ["--buyer", one["subject"]]
    assert run("rules", "exempt", "add", "R-P01", *buyer, *days, *why, "--as", "msa") == 1
    assert run("rules", "exempt", "add", "R-P01", *days, *why, "--as", "psb") == 2
    assert run("rules", "exempt", "add", "R-P01", *buyer, *days, *why, "--as", "psb") == 0
    capsys.readouterr()
    assert run("rules", "exempt", "list", "--as", "psb", "--home", home, "--json") == 0
    listed = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [(row["exemption_id"], row["spares"] > 0) for row in listed] == [(1, True)]
    ended = ["--from", one["first_day"], "--as", "psb", "--home", home]
    assert run("rules", "exempt", "end", 1, *ended) == 0
    assert run("rules", "exempt", "end", 1, *ended) == 2


def test_silencing_on_the_command_line(small: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    home = small.settings.home
    assert run("alerts", "list", "--home", home, "--rule", "R-M30", "--json") == 0
    one = json.loads(capsys.readouterr().out.splitlines()[-1])[0]
    group = ("alerts", "silences")
    about = ["R-M30", "--pharmacy", one["subject"], "--level", one["level"], "--home", home]
    days = [
        "--from",
        one["first_day"],
        "--until",
        one["last_day"],
        "--reason",
        "renovation",
        "--text",
        "装修",
    ]
    assert run(*group, "preview", *about, "--as", "msa", "--json") == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert one["alert_id"] in [row["alert_id"] for row in told["rows"]]
    assert run(*group, "add", *about, *days, "--as", "psb") == 1
    assert run(*group, "add", *about, *days, "--as", "msa-danghu") == 1
    assert run(*group, "add", *about, "--area", "330482001", *days, "--as", "msa") == 2
    assert run(*group, "add", *about, *days, "--as", "msa") == 0
    capsys.readouterr()
    assert run(*group, "list", "--as", "msa", "--home", home, "--json") == 0
    listed = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [(row["silence_id"], row["mutes"]) for row in listed] == [(1, 1)]
    ended = ["--from", one["first_day"], "--as", "msa", "--home", home]
    assert run(*group, "end", 1, *ended) == 0
    assert run(*group, "end", 1, *ended) == 2


def test_doctor_finds_a_lost_file_and_deliver_has_nothing_left(
    small: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    home = small.settings.home
    assert run("doctor", "--home", home) == 0
    assert run("deliver", "--once", "--home", home) == 0
    next((home / "facts").rglob("*.parquet")).unlink()
    assert run("doctor", "--home", home) == 4
    assert "从备份恢复" in capsys.readouterr().err


def test_the_map_is_one_file(small: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "map.html"
    assert run("map", out, "--home", small.settings.home) == 0
    assert out.read_text("utf-8").count("<!DOCTYPE html>") == 1
