"""Small and one idea: no file over 350 lines, no function over 45, most under 15."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("geo", "yaotong", "layers", "webapp", "bench", "examples")
MAX_FILE_LINES = 350
MAX_FUNCTION_LINES = 45
SHORT_FUNCTION_LINES = 15
FILES = sorted(
    path
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if "node_modules" not in path.parts and path.parent.name != "versions"
)


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", _body_lines(node)


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body without its docstring: explaining is never too long."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_holds_one_idea(path: Path) -> None:
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= MAX_FILE_LINES, f"{lines} 行，超过 {MAX_FILE_LINES}：按职责拆开"
    long = {name: count for name, count in _functions(path) if count > MAX_FUNCTION_LINES}
    assert not long, f"函数超过 {MAX_FUNCTION_LINES} 行：{long}"


def test_most_functions_are_short() -> None:
    counts = [count for path in FILES for _, count in _functions(path)]
    assert sum(count <= SHORT_FUNCTION_LINES for count in counts) / len(counts) > 0.85


def test_the_measure_counts_the_body_without_its_docstring() -> None:
    text = 'def long():\n    """Two\n    lines."""\n' + "    a = 1\n" * 46
    node = ast.parse(text).body[0]
    assert isinstance(node, ast.FunctionDef)
    assert _body_lines(node) == 46 > MAX_FUNCTION_LINES
