"""Each library has its door. import-linter draws the arrows; this table also knows libraries not yet in use."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("geo", "yaotong", "layers", "webapp")
# Library → the only places that may import it.
DOORS: dict[str, tuple[str, ...]] = {
    "alembic": ("yaotong/store/",),
    "apprise": ("yaotong/delivery/",),
    "branca": ("layers/",),
    "docx": ("yaotong/cases/letter_docx.py", "yaotong/reports/as_docx.py"),
    "flask": ("webapp/",),
    "flask_login": ("webapp/",),
    "flask_wtf": ("webapp/",),
    "folium": ("layers/",),
    "fpdf": ("yaotong/cases/letter_pdf.py", "yaotong/reports/as_pdf.py"),
    "httpcore": ("yaotong/delivery/",),
    # Tiles of base maps are asked for there, and nothing is told with them.
    "httpx": ("yaotong/delivery/", "yaotong/basemaps/fetching.py", "webapp/check.py"),
    "jinja2": ("webapp/", "layers/"),
    "prometheus_client": ("webapp/metrics.py",),
    "psycopg": ("yaotong/store/",),
    "pyspark": ("yaotong/store/", "yaotong/rules/"),
    "rbcl": ("yaotong/exchange/group.py",),
    "requests": ("webapp/oidc_pages.py",),
    "segno": ("webapp/case_papers.py", "webapp/account_pages.py"),
    "smtplib": ("yaotong/delivery/",),
    # The reading processes are wired to their owner by a pair of local sockets that lead nowhere else.
    "socket": (
        "yaotong/delivery/",
        "webapp/check.py",
        "yaotong/intake/core/sandbox",
        "yaotong/basemaps/fetching.py",
    ),
    "sqlalchemy": ("yaotong/store/",),
    "standardwebhooks": ("yaotong/delivery/",),
    "urllib.request": ("yaotong/delivery/",),
    "werkzeug": ("webapp/",),
    "wtforms": ("webapp/",),
}
FILES = [
    path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if "node_modules" not in path.parts
]


def _imported(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _trespassing(place: str, text: str) -> set[str]:
    names = set(_imported(text))
    return {
        library
        for library, doors in DOORS.items()
        if any(name == library or name.startswith(f"{library}.") for name in names)
        and not place.startswith(doors or ("nowhere",))
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_library_is_imported_at_its_door_only(path: Path) -> None:
    assert _trespassing(path.relative_to(ROOT).as_posix(), path.read_text("utf-8")) == set()


@pytest.mark.parametrize(
    "path", [one for one in FILES if one.is_relative_to(ROOT / "geo")], ids=lambda path: path.name
)
def test_geo_knows_nobody_of_ours(path: Path) -> None:
    ours = {name.split(".")[0] for name in _imported(path.read_text("utf-8"))} & set(PACKAGES)
    assert ours <= {"geo"}


@pytest.mark.parametrize(
    ("place", "text", "found"),
    [
        ("yaotong/reads/x.py", "from sqlalchemy import select", {"sqlalchemy"}),
        ("yaotong/store/x.py", "import sqlalchemy.exc", set()),
        ("yaotong/intake/x.py", "def f():\n    from urllib import request", {"urllib.request"}),
        ("yaotong/intake/x.py", "from urllib.parse import quote", set()),
        ("webapp/check.py", "import httpx", set()),
        ("webapp/pages.py", "import httpx", {"httpx"}),
        ("yaotong/delivery/x.py", "import requests", {"requests"}),
    ],
)
def test_the_table_tells_trespassing_apart(place: str, text: str, found: set[str]) -> None:
    assert _trespassing(place, text) == found
