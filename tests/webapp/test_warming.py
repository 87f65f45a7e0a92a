"""A server's process keeps the citizens' register up to date though nobody asks, and though reading fails."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from webapp import warming
from yaotong import acts
from yaotong.reads import register as module
from yaotong.workspace import Workspace, init_workspace

NOW = datetime(2026, 6, 1, 9)
HEAD = "license_no,name,address,lon,lat,crs"


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    workspace = init_workspace(tmp_path / "home")
    _send(workspace, tmp_path, "A1")
    return workspace


@pytest.fixture
def followed(ws: Workspace) -> Iterator[threading.Thread]:
    stop = threading.Event()
    thread = threading.Thread(target=warming.follow, args=(ws, stop))
    thread.start()
    yield thread
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def _send(ws: Workspace, folder: Path, *codes: str) -> None:
    path = folder / f"{len(codes)}.csv"
    path.write_text(
        "\n".join([HEAD, *(f"{one},药店{one},某路 1 号,120.5,30.5,wgs84" for one in codes)]), "utf-8"
    )
    assert acts.take_in(ws, path, feed="pharmacies", now=NOW).accepted


def _in_time(true: Callable[[], bool]) -> bool:
    until = time.monotonic() + 10
    while not true() and time.monotonic() < until:
        time.sleep(0.02)
    return true()


def _known(ws: Workspace) -> list[str]:
    """What the process has read so far: asking for the register would make it read."""
    known = module._keeper(ws)._known
    return [] if known is None else list(known[1].shops["license_no"])


def test_a_new_shop_is_read_before_anybody_asks(
    ws: Workspace, followed: threading.Thread, tmp_path: Path
) -> None:
    assert _in_time(lambda: _known(ws) == ["A1"])
    _send(ws, tmp_path, "A1", "A2")
    assert _in_time(lambda: _known(ws) == ["A1", "A2"])


def test_a_database_that_fails_is_told_once_and_asked_again(
    ws: Workspace, followed: threading.Thread, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def told() -> int:
        return sum("register could not be read" in one.message for one in caplog.records)

    caplog.set_level(logging.WARNING)
    assert _in_time(lambda: _known(ws) == ["A1"])
    with ws.store.write() as connection:
        connection.execute(text("alter table load rename to away"))
    assert _in_time(lambda: told() == 1)
    time.sleep(3 * warming._LOOK_S)
    assert (told(), followed.is_alive()) == (1, True)
    with ws.store.write() as connection:
        connection.execute(text("alter table away rename to load"))
    _send(ws, tmp_path, "A1", "A2")
    assert _in_time(lambda: _known(ws) == ["A1", "A2"])
