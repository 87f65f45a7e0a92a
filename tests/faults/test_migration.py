"""An upgrade of the database that is killed: the next `yaotong init` goes on, and no row is lost."""

from __future__ import annotations

import ctypes
import mmap
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.crash import shim
from tests.store.test_migrations import differences, run
from yaotong.store import check_revision, open_store
from yaotong.workspace import init_workspace

pytestmark = [pytest.mark.slow, pytest.mark.sqlite, pytest.mark.timeout(600)]
OLDER = "0018"
DRUG = "(drug_code, drug_name, row_sha, since_version) values ('D1', '甲片', 'x', 1)"


@pytest.mark.fault("interrupted-migration")
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0], ids=["first-write", "half-way", "last-write"])
def test_a_killed_upgrade_is_finished_by_the_next(tmp_path: Path, share: float) -> None:
    library, home = shim.built(tmp_path), tmp_path / "home"
    init_workspace(home, environ={}).store.engine.dispose()
    _older(home)
    calls = _upgrade(library, _copy(home, tmp_path / "counted"), tmp_path / "counting", 1 << 30)
    assert calls > 2
    at = max(1, round(calls * share) - (share == 1.0))
    _upgrade(library, home, tmp_path / "orders", at)
    done = subprocess.run(_command(home), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    store = open_store(f"sqlite:///{home / 'yaotong.db'}", home / "facts")
    check_revision(store)
    assert differences(store) == []
    with store.read() as connection:
        assert connection.execute(text("select drug_name from drug")).scalars().all() == ["甲片"]
    store.engine.dispose()


def _older(home: Path) -> None:
    """Take the database back to an older revision, with a row in it."""
    store = open_store(f"sqlite:///{home / 'yaotong.db'}", home / "facts")
    run(store, "downgrade", OLDER)
    with store.write() as connection:
        connection.execute(text(f"insert into drug {DRUG}"))
    store.engine.dispose()


def _copy(home: Path, to: Path) -> Path:
    subprocess.run(["cp", "-r", str(home), str(to)], check=True)
    settings = to / "settings.toml"
    settings.write_text(settings.read_text("utf-8").replace(str(home), str(to)), "utf-8")
    return to


def _command(home: Path) -> list[str]:
    return [sys.executable, "-m", "yaotong", "init", "--home", str(home)]


def _upgrade(library: Path, home: Path, state: Path, at: int) -> int:
    """Upgrade, and die at one of the calls that write; how many there were."""
    surroundings = shim.environment(library, state)
    with state.open("r+b") as file:
        orders = shim.Orders.from_buffer(mmap.mmap(file.fileno(), ctypes.sizeof(shim.Orders)))
        # Its group is itself alone: signal 0's group is the victim.
        orders.kinds, orders.number, orders.victim, orders.folder = (
            shim.EVERY,
            shim.KILL,
            0,
            str(home).encode(),
        )
        orders.at = at
        done = subprocess.run(
            _command(home), capture_output=True, env=surroundings, start_new_session=True, check=False
        )
        assert (done.returncode == 0) == (at > 1 << 20), done.stderr[-2000:]
        return int(orders.calls)
