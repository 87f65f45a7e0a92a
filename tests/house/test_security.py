"""SECURITY.md names every requirement of ASVS 5.0 level 2 with tests that there are; and what only code can tell."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from webapp.app import create_app
from yaotong.workspace import init_workspace

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "SECURITY.md").read_text("utf-8")
# How many requirements of levels 1 and 2 each section begins with; those of level 3 come after them.
SECTIONS = {
    1: (2, 9, 11, 3, 2), 2: (3, 3, 4, 1), 3: (0, 2, 4, 6, 5, 0, 2), 4: (3, 1, 2, 4), 5: (1, 3, 2, 3),
    6: (3, 11, 3, 4, 5, 3, 0, 3), 7: (3, 4, 2, 5, 2, 2), 8: (2, 3, 1, 1), 9: (3, 4),
    10: (2, 2, 4, 11, 5, 2, 3), 11: (2, 3, 3, 3, 1, 1), 12: (3, 2, 4), 13: (1, 5, 2, 5), 14: (2, 4, 3),
    15: (3, 3, 7), 16: (1, 5, 4, 3, 3), 17: (1, 4, 2),
}  # fmt: skip
ASKED = [
    f"{chapter}.{section}.{number}"
    for chapter, counts in SECTIONS.items()
    for section, count in enumerate(counts, start=1)
    for number in range(1, count + 1)
]
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| ([^|]+) \| (.+) \|$", PAGE, re.M)
CODE = [
    path for name in ("geo", "yaotong", "layers", "webapp") for path in sorted((ROOT / name).rglob("*.py"))
]
# Texts to it come from the program itself, in a pipe to a child that is to be trusted with less.
PIPES = {"sandbox.py", "sandbox_server.py"}


def there_are() -> set[str]:
    """Every test, as `folder/file.py::test`."""
    found = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found.add(f"{path.relative_to(ROOT / 'tests')}::{node.name}")
    return found


def calls() -> Iterator[tuple[Path, str]]:
    """Every call of the program, by the name it is called by."""
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                yield path, ast.unparse(node.func)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The program over an empty workspace."""
    home = tmp_path_factory.mktemp("empty") / "home"
    init_workspace(home, environ={})
    return create_app(home)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A stranger."""
    return app.test_client()


def test_every_requirement_of_level_two_has_its_row() -> None:
    assert [name for name, *_ in ROWS] == ASKED


def test_every_row_names_tests_that_there_are_or_says_why_not() -> None:
    there = there_are()
    named = {name: re.findall(r"`([\w/]+\.py::\w+)`", said) for name, _, _, said in ROWS}
    assert [one for tests in named.values() for one in tests if one not in there] == []
    bare = [name for name, _, _, said in ROWS if not named[name] and len(said) < 8]
    assert bare == []


def test_no_code_is_made_from_text() -> None:
    never = {
        "eval",
        "exec",
        "os.system",
        "yaml.load",
        "render_template_string",
        "flask.render_template_string",
    }
    found = [f"{path.name}: {name}" for path, name in calls() if name in never]
    pickled = [path.name for path, name in calls() if name in ("pickle.load", "pickle.loads")]
    assert found == []
    assert set(pickled) <= PIPES


def test_no_weak_cipher_or_digest_is_used() -> None:
    weak = re.compile(r"hashlib\.(md5|sha1)|hashes\.(MD5|SHA1)|modes\.ECB|ARC4|TripleDES|PKCS1v15")
    assert [path.name for path in CODE if weak.search(path.read_text("utf-8"))] == []


def test_the_session_cookie_is_held_tight(app: Flask) -> None:
    held = app.config
    assert (held["SESSION_COOKIE_HTTPONLY"], held["SESSION_COOKIE_SAMESITE"]) == (True, "Lax")
    assert held["SESSION_COOKIE_DOMAIN"] is None


def test_a_session_is_named_by_enough_chance() -> None:
    text = (ROOT / "yaotong/acts/signing.py").read_text("utf-8")
    sizes = [int(one) for one in re.findall(r"secrets\.token_urlsafe\((\d+)\)", text)]
    assert sizes
    assert min(sizes) >= 16
    unsafe = [
        path.name
        for path, name in calls()
        if name.startswith("random.") and path.parent.name in ("acts", "webapp")
    ]
    assert unsafe == []


def test_no_address_that_changes_something_answers_a_get(app: Flask) -> None:
    both = [rule.rule for rule in app.url_map.iter_rules() if {"GET", "POST"} <= (rule.methods or set())]
    assert both == []


def test_trace_is_not_answered(client: FlaskClient) -> None:
    assert client.open("/find", method="TRACE").status_code == 405


@pytest.mark.parametrize(
    "path", ["/.git/config", "/settings.toml", "/static/", "/static/../app.py", "/keys/session.key"]
)
def test_nothing_beside_the_pages_is_served(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/find", "/login", "/api/v1/openapi.json"])
def test_no_other_origin_is_let_in(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == 200
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control-")]


def test_password_fields_are_masked_and_take_a_manager() -> None:
    fields = [
        found
        for path in (ROOT / "webapp/templates").glob("*.html")
        for found in re.findall(r"<input[^>]*name=\"[a-z_]*password[a-z_]*\"[^>]*>", path.read_text("utf-8"))
    ]
    assert fields
    assert [one for one in fields if 'type="password"' not in one or "autocomplete=" not in one] == []
    assert [one for one in fields if "onpaste" in one or 'autocomplete="off"' in one] == []


def test_the_front_server_keeps_to_tls() -> None:
    text = (ROOT / "deploy/nginx/yaotong.conf").read_text("utf-8")
    assert re.search(r"^\s*ssl_protocols TLSv1\.2 TLSv1\.3;$", text, re.M)
    held = re.search(r'Strict-Transport-Security "max-age=(\d+); includeSubDomains" always', text)
    assert held is not None
    assert int(held[1]) >= 31_536_000
    assert "return 301 https://$host$request_uri;" in text


def test_the_handbook_lists_the_logs() -> None:
    text = (ROOT / "docs/operator.md").read_text("utf-8").partition("## 11 日志在哪里")[2]
    assert [name for name in ("审计链", "请求日志", "警告与错误", "访问日志") if name not in text] == []
