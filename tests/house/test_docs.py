"""The documents build without a broken link, tell what the code tells, and name pages and commands that there are."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from werkzeug.exceptions import NotFound

from webapp.app import create_app
from yaotong.cli import COMMANDS
from yaotong.records import FEEDS
from yaotong.rules.book import book
from yaotong.workspace import init_workspace

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "site"
    done = subprocess.run(
        [sys.executable, ".ci/docs.py", str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def test_every_feed_column_and_rule_is_in_the_built_documents(site: Path) -> None:
    dictionary = (site / "data-dictionary/index.html").read_text("utf-8")
    for feed in FEEDS.values():
        assert feed.title_zh in dictionary
        assert [one.name for one in feed.columns if f"<code>{one.name}</code>" not in dictionary] == []
    rules = (site / "rules/index.html").read_text("utf-8")
    assert [
        one for one in book() if one not in rules or not (site / f"rules/{one}/index.html").exists()
    ] == []
    commands = (site / "command-line/index.html").read_text("utf-8")
    assert [one.name for one in COMMANDS if f"yaotong {one.name}" not in commands] == []
    for page in ("tours/citizen", "operator", "developer", "decisions", "http-api"):
        assert (site / page / "index.html").exists()


def test_a_broken_link_breaks_the_build(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for name in ("docs", ".ci"):
        subprocess.run(["cp", "-r", str(ROOT / name), f"{copy}-{name}"], check=True)
    (tmp_path / "copy-docs/index.md").write_text("[nowhere](nowhere.md)\n", "utf-8")
    script = (tmp_path / "copy-.ci/docs.py").read_text("utf-8")
    script = script.replace('ROOT / "docs"', f'Path("{tmp_path}/copy-docs")')
    script = script.replace("ROOT = Path(__file__).resolve().parents[1]", f'ROOT = Path("{ROOT}")')
    changed = tmp_path / "docs.py"
    changed.write_text(script, "utf-8")
    done = subprocess.run(
        [sys.executable, str(changed), str(tmp_path / "site")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "nowhere.md" in done.stderr


@pytest.mark.parametrize("page", PAGES, ids=[str(one.relative_to(ROOT / "docs")) for one in PAGES])
def test_addresses_and_commands_named_in_the_documents_are_there(page: Path, tmp_path: Path) -> None:
    text = page.read_text("utf-8")
    init_workspace(tmp_path / "home")
    routes = create_app(tmp_path / "home").url_map.bind("localhost")
    for address in re.findall(r"`(/[a-z][a-z0-9/_.-]*)`", text):
        try:
            routes.match(address)
        except NotFound:
            # Folders of a machine are written like addresses.
            assert address.startswith(("/opt/", "/etc/", "/var/")), address
    verbs = set(re.findall(r"(?:bin/|`)yaotong ([a-z]+)", text))
    assert verbs <= {str(one.name) for one in COMMANDS} | {"serve", "map"}
