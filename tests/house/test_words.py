"""What is written keeps to the house: no foreign host, no machine's path, no unfinished mark."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = {
    ".py",
    ".toml",
    ".md",
    ".html",
    ".js",
    ".css",
    ".yml",
    ".yaml",
    ".json",
    ".lock",
    ".sh",
    ".mako",
    ".csv",
    "",
}
# A served page may name an XML namespace; it never asks for it.
NAMESPACES = re.compile(r"https?://www\.w3\.org/(?:\d{4}|1999)[\w/.-]*")
# Where a command or a request comes in.
DOORS = ("yaotong/cli/", "webapp/", "layers/command.py")
PYTHON_PACKAGES = ("geo", "yaotong", "layers", "webapp")


def _tracked() -> list[Path]:
    """Files that git holds or would hold; where git is absent, every file outside the ignored folders."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        found = [ROOT / line for line in listed.stdout.splitlines()]
    else:
        ignored = {".venv", "build", "node_modules", "demo-home", "__pycache__"}
        found = [path for path in ROOT.rglob("*") if not ignored & set(path.relative_to(ROOT).parts)]
    return [path for path in found if path.is_file() and path.suffix in TEXT]


FILES = [path for path in _tracked() if "vendor" not in path.relative_to(ROOT).parts]
SERVED = [
    path
    for path in FILES
    if (path.suffix in {".html", ".js", ".css", ".svg"} and path.is_relative_to(ROOT / "webapp"))
    or (path.suffix in {".html", ".js", ".css"} and path.is_relative_to(ROOT / "layers"))
]
CODE = [path for path in FILES if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in PYTHON_PACKAGES]


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def foreign_hosts(text: str) -> list[str]:
    """Addresses that a browser could ask another host for, protocol-relative ones included."""
    return re.findall(
        r"""(?:https?:)?//[a-z0-9-]+(?:\.[a-z0-9-]+)+[^\s"'`)<>]*""", NAMESPACES.sub("", text), re.I
    )


@pytest.mark.parametrize("path", SERVED, ids=_name)
def test_a_page_asks_no_other_host(path: Path) -> None:
    assert foreign_hosts(_read(path)) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ('<script src="https://cdn.example.com/a.js">', 1),
        ("url(//fonts.example.com/x.woff2)", 1),
        ('<svg xmlns="http://www.w3.org/2000/svg">', 0),
        ("let a = 1; // e.g. a remark", 0),
        ('<a href="/alerts/1">', 0),
    ],
)
def test_a_foreign_host_is_seen(text: str, count: int) -> None:
    assert len(foreign_hosts(text)) == count


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    place = re.compile(r"(?<![\w.])/(?:home|root|Users|tmp|work|mnt)/[\w.-]+")
    found = {_name(path): place.findall(_read(path)) for path in FILES if path.parent.name != "house"}
    assert {name: places for name, places in found.items() if places} == {}


def test_no_file_holds_an_unfinished_mark() -> None:
    mark = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
    assert [_name(path) for path in FILES if mark.search(_read(path))] == []


@pytest.mark.parametrize("path", [path for path in CODE if path.name != "clock.py"], ids=_name)
def test_time_is_an_argument(path: Path) -> None:
    asked = re.findall(
        r"\b(?:datetime|date|pd\.Timestamp)\.(?:now|today|utcnow)\(|\btime\.time\(", _read(path)
    )
    assert asked == [], "时间是参数：由调用者传入，只有 yaotong/clock.py 取当前时间"


@pytest.mark.parametrize("path", [path for path in CODE if not _name(path).startswith(DOORS)], ids=_name)
def test_only_the_doors_ask_the_clock(path: Path) -> None:
    asked = re.findall(
        r"\bclock\.(?:now|today)\(|from yaotong\.clock import .*\b(?:now|today)\b", _read(path)
    )
    assert asked == [], "now 由命令行或网页传入"


def test_every_module_says_what_it_is() -> None:
    silent = [
        _name(path) for path in CODE if _read(path).strip() and not _read(path).lstrip().startswith('"""')
    ]
    assert [name for name in silent if "/migrations/" not in name] == []


def test_no_error_is_swallowed() -> None:
    bare = re.compile(
        r"except\s*:|except (?:Base)?Exception(?: as \w+)?:\s*\n\s*(?:pass|continue|\.\.\.)\s*$", re.M
    )
    assert [_name(path) for path in CODE if bare.search(_read(path))] == []


def test_no_secret_is_kept() -> None:
    secret = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bghp_[A-Za-z0-9]{36}\b")
    assert [_name(path) for path in FILES if secret.search(_read(path))] == []
