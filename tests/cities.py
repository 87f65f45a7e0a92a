"""Demo cities for tests: each size is built once per run, whichever worker asks first."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path

from tests import databases
from yaotong.acts.demo import build_demo
from yaotong.workspace import Workspace, open_workspace

ROOT = Path(__file__).resolve().parents[1]
BUILT_AT = datetime(2026, 7, 1, 8, 30)
_KEPT_SECONDS = 3600
SIZES = {"full": (365, 280), "small": (120, 60)}


def city(size: str) -> Workspace:
    """The workspace of a demo city; tests that change it must take a copy (`copy_of`)."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    run += "-pg" if databases.on_postgres() else ""
    folder = ROOT / "build" / "cities" / f"{size}-{run}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{size}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "built").exists():
            _forget_older(folder.parent, size)
            days, pharmacies = SIZES[size]
            built = build_demo(folder, days=days, pharmacies=pharmacies, now=BUILT_AT).workspace
            built.store.engine.dispose()
            if databases.on_postgres():
                databases.keep_pristine(built.settings.database_url)
            (folder / "built").touch()
    return open_workspace(folder, {})


def copy_of(workspace: Workspace, folder: Path) -> Workspace:
    """A copy that a test may change."""
    workspace.store.engine.dispose()
    home = workspace.settings.home
    # Others read the city meanwhile: the database's own files beside it come and go.
    shutil.copytree(home, folder, ignore=shutil.ignore_patterns("*.db", "*.db-*"))
    for one in home.glob("*.db"):
        with closing(sqlite3.connect(one)) as source, closing(sqlite3.connect(folder / one.name)) as copy:
            source.backup(copy)
    if databases.on_postgres():
        databases.settle_in(folder, databases.copied(workspace.settings.database_url))
    return open_workspace(folder, {})


def _forget_older(folder: Path, size: str) -> None:
    """Remove the cities of finished runs; another run that goes on at the same time keeps its own."""
    for one in folder.glob(f"{size}-*"):
        if time.time() - one.stat().st_mtime > _KEPT_SECONDS:
            shutil.rmtree(one, ignore_errors=True)
