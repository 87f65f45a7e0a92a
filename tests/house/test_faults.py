"""docs/faults.md promises just what tests marked `fault` try: each fault with its tests, none missing, none more."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "faults.md"
# What the department asks before it signs.
ASKED = {
    "disk-full", "database-restart", "database-lock", "clock-forward", "clock-back", "receiver-down",
    "out-of-memory", "key-missing", "interrupted-migration", "corrupt-files", "two-schedulers",
}  # fmt: skip


def marked() -> Mapping[str, list[str]]:
    """The tests that try each fault, as `folder/file.py::test`."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                for name in _faults(node):
                    found[name].append(f"{path.relative_to(ROOT / 'tests')}::{node.name}")
    return found


def _faults(node: ast.FunctionDef) -> Iterator[str]:
    for one in node.decorator_list:
        if isinstance(one, ast.Call) and ast.unparse(one.func) == "pytest.mark.fault":
            yield from (ast.literal_eval(argument) for argument in one.args)


def written() -> dict[str, list[str]]:
    """The rows of the page."""
    rows = re.findall(r"^\| `([a-z-]+)` \|[^|]+\|[^|]+\| (.+) \|$", PAGE.read_text("utf-8"), re.M)
    return {name: re.findall(r"`([^`]+)`", tests) for name, tests in rows}


def test_the_page_names_the_tests_that_are_there() -> None:
    assert written() == dict(marked())


def test_every_fault_that_was_asked_for_is_tried() -> None:
    assert set(marked()) >= ASKED
