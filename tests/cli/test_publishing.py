"""Versions of rules and stopped rules on the command line: the same gate, and exit codes that tell."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.cities import BUILT_AT, city, copy_of
from tests.cli.test_cli import run
from tests.version_cases import BOTH, RULE, STRICTER
from yaotong import acts
from yaotong.acts.demo import DEMO_PASSWORD
from yaotong.gate import Step
from yaotong.reads.versions import rule_versions
from yaotong.rules.book import book
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

LEADER = Viewer("msa", "药监演示员", "msa", "330482", "leader")
AUTHOR = Viewer("msa-danghu", "当湖市监所演示员", "msa", "330482001", "officer")
BY = ("--by", "msa", "--password", DEMO_PASSWORD)


@pytest.fixture
def small(tmp_path: Path) -> Workspace:
    return copy_of(city("small"), tmp_path / "small")


def test_values_are_tried_without_a_version(small: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    where = ("--home", small.settings.home)
    assert run("rules", "backtest", RULE, "--set", "days_yellow=5", "--json", *where) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["appeared"], report["disappeared"]) == (0, 1)
    for wrong in (
        ("--set", "days_yellow=8"),
        ("--set", "days_yellow=x"),
        (),
        ("2", "--set", "days_yellow=5"),
        ("2",),
    ):
        assert run("rules", "backtest", RULE, *wrong, *where) == 2


def test_a_version_is_back_tested_and_published_by_its_people(
    small: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("--home", small.settings.home)
    number = acts.make_version(small, RULE, values=STRICTER, cases=BOTH, why="试", actor=AUTHOR, now=BUILT_AT)
    acts.try_version(small, RULE, number, actor=AUTHOR, now=BUILT_AT)
    assert run("rules", "backtest", RULE, number, *BY, *where) == 0
    assert "不再出现 1" in capsys.readouterr().out
    assert run("rules", "publish", RULE, number, *BY, *where) == 1, "nobody approved it"
    acts.move_version(small, RULE, number, Step.APPROVE, actor=LEADER, now=BUILT_AT)
    assert run("rules", "publish", RULE, number, "--by", "msa", "--password", "wrong-password", *where) == 1
    assert run("rules", "publish", RULE, number, "--by", "psb", "--password", DEMO_PASSWORD, *where) == 1
    assert run("rules", "publish", RULE, number, *BY, *where) == 0
    assert rule_versions(small, LEADER, RULE).live == number


def test_a_run_with_a_failing_rule_leaves_1_and_a_sentence(
    small: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: Any) -> Any:
        raise KeyError("x")

    where = ("--home", small.settings.home)
    detect = ("detect", "--rule", RULE, "--rule", "R-N01")
    assert run(*detect, *where) == 0
    with monkeypatch.context() as patched:
        patched.setitem(book(), RULE, replace(book()[RULE], find=broken))  # type: ignore[arg-type]
        assert run(*detect, *where) == 1
        told = capsys.readouterr()
        assert f"{RULE}  已隔离" in told.err
        assert "R-N01  发现" in told.out
        assert run("rules", "release", RULE, *BY, *where) == 0
        assert run("rules", "release", RULE, *BY, *where) == 1
        assert run("rules", "release", RULE, "--notices", *BY, *where) == 1
    assert run(*detect, *where) == 0
