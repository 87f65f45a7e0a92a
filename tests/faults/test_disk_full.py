"""A full disk in each place: code 4 and one sentence, nothing half done, and the same command works afterwards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_cli import run
from tests.cli.test_settings import sales
from tests.faults.disks import small_disk

pytestmark = [pytest.mark.slow, pytest.mark.sqlite]
# "" is the whole workspace, with the database in it.
PLACES = ("", "facts")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    assert run("init", "--home", tmp_path / "home") == 0
    return tmp_path / "home"


@pytest.mark.fault("disk-full")
@pytest.mark.parametrize("place", PLACES, ids=[one or "workspace" for one in PLACES])
def test_a_full_disk_is_said_and_what_was_sent_is_taken_once_there_is_room(
    home: Path, tmp_path: Path, place: str
) -> None:
    path = sales(tmp_path, 200)
    with small_disk(home / place if place else home) as disk:
        disk.fill()
        refused = disk.run("intake", "--home", home, path)
        assert refused.returncode == 4, refused.stdout + refused.stderr
        assert "磁盘" in refused.stderr
        assert "Traceback" not in refused.stderr
        disk.free()
        taken = disk.run("intake", "--home", home, "--json", path)
        assert taken.returncode == 0, taken.stderr
        told = json.loads(taken.stdout)
        assert (told["outcome"], told["accepted"]) == ("accepted", 200)
        whole = disk.run("audit", "verify", "--home", home)
        assert whole.returncode == 0, whole.stderr


@pytest.mark.fault("disk-full")
def test_where_only_the_witness_of_the_chain_has_no_room_it_is_said_and_the_chain_is_whole(
    home: Path, tmp_path: Path
) -> None:
    with small_disk(home / "audit") as disk:
        assert disk.run("intake", "--home", home, sales(tmp_path, 3)).returncode == 0
        disk.fill()
        taken = disk.run("intake", "--home", home, sales(tmp_path, 2))
        assert taken.returncode == 0, taken.stderr
        assert "audit chain could not be written" in taken.stderr
        disk.free()
        whole = disk.run("audit", "verify", "--home", home)
        assert whole.returncode == 0, whole.stderr
        assert "没有链头作证" in whole.stdout
