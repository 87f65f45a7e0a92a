"""The papers of the house agree with the code: licence, changelog, decisions, Makefile, README."""

from __future__ import annotations

import re
import subprocess
import tomllib
from datetime import date
from pathlib import Path

import pytest

from yaotong.departments import departments, lead_of
from yaotong.rules.book import book

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z][a-z-]*):(?!=)", MAKEFILE, re.M))
PAPERS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "yaotong/decisions.md")]
PAPERS += sorted((ROOT / "examples").glob("*/README.md"))


def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""


def test_the_licence_is_apache_2_in_full() -> None:
    text = _text(ROOT / "LICENSE")
    assert PROJECT["license"] == "Apache-2.0"
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert len(text) > 11_000


def test_the_notice_names_every_library_that_is_served() -> None:
    notice = _text(ROOT / "NOTICE").lower()
    served = [path.name for path in (ROOT / "webapp/static/vendor").iterdir() if path.is_dir()]
    assert served
    assert [name for name in served if name.lower() not in notice] == []


def test_the_changelog_has_this_version_and_its_dates_fall() -> None:
    heads = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})$", _text(ROOT / "CHANGELOG.md"), re.M)
    assert heads[0][0] == PROJECT["version"]
    days = [date.fromisoformat(day) for _, day in heads]
    assert days == sorted(days, reverse=True)


def test_decisions_are_numbered_without_gaps_and_tell_context_decision_and_price() -> None:
    parts = re.split(r"^## ", _text(ROOT / "yaotong/decisions.md"), flags=re.M)[1:]
    assert [int(re.match(r"(\d+)\.", part)[1]) for part in parts] == list(range(1, len(parts) + 1))
    for part in parts:
        for word in ("**背景**", "**决定**", "**代价**"):
            assert part.count(word) == 1, f"{part.splitlines()[0]} 缺少 {word}"


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: path.name)
def test_every_make_target_that_is_written_exists(path: Path) -> None:
    written = set(re.findall(r"(?:^|[`\s])make ([a-z][a-z-]*)(?=[`\s]|$)", _text(path), re.M))
    assert written <= TARGETS


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_every_target_is_phony_and_explained(target: str) -> None:
    assert target in re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.M)[1].split()
    assert re.search(rf"^{target}:.*## \S", MAKEFILE, re.M) or target == "help"


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: path.name)
def test_every_file_that_is_written_exists(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", _text(path))
    assert [
        link for link in links if not (path.parent / link).exists() and not link.startswith("build/")
    ] == []


@pytest.mark.parametrize(
    "script", sorted(path.name for path in (ROOT / ".ci").iterdir() if path.suffix == "")
)
def test_a_script_of_ci_parses(script: str) -> None:
    path = ROOT / ".ci" / script
    shell = "bash" if "bash" in path.read_text("utf-8").splitlines()[0] else "sh"
    assert subprocess.run([shell, "-n", str(path)], check=False).returncode == 0
    assert path.stat().st_mode & 0o100, "可执行"


def _verbs() -> set[str]:
    from yaotong.cli import COMMANDS, PLUGINS

    whole = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return {command.name for command in COMMANDS} | set(whole["entry-points"][PLUGINS])


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: path.name)
def test_every_verb_that_is_written_exists(path: Path) -> None:
    written = set(re.findall(r"(?:^|[`\s/])yaotong (?:--?\w+ \S+ )*([a-z]+)\b", _text(path), re.M))
    assert written <= _verbs()


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: path.name)
def test_every_python_block_that_is_written_compiles(path: Path) -> None:
    for number, block in enumerate(re.findall(r"^```python\n(.*?)^```", _text(path), re.M | re.S)):
        assert compile(block, f"{path.name} block {number + 1}", "exec") is not None


def test_the_readme_lists_every_rule_of_the_book_with_its_lead() -> None:
    rows = re.findall(r"^\| (R-[A-Z]\d\d) \| (\S+) \| (\S+) \|", _text(ROOT / "README.md"), re.M)
    known = departments()
    assert rows == [
        (one.rule_id, one.name_zh, lead_of(one.rule_id, known).short_zh) for one in book().values()
    ]


def test_no_paper_or_code_keeps_the_marks_of_a_merge() -> None:
    marks = subprocess.run(
        ["git", "grep", "-lE", "^(<{7}|>{7}) "], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert marks.stdout.splitlines() == []
