"""`yaotong backup` and `restore` from outside: all comes back, or nothing does and the reason is said."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from tests import databases
from tests.cities import city, copy_of
from tests.cli.test_cli import run
from yaotong.config import SETTINGS_FILE
from yaotong.errors import ConfigError
from yaotong.store import archive, audit
from yaotong.store.schema import metadata
from yaotong.workspace import Workspace, open_workspace

NOW = datetime(2026, 7, 1, 9, 0)
_LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
from yaotong.cli import main
main(sys.argv[2:])
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A city of this module's own, which its tests back up and do not change."""
    made = copy_of(city("small"), tmp_path_factory.mktemp("kept") / "home")
    home = made.settings.home
    (home / "loads" / "20260701-x-rejects.csv").write_text("row,reason\n1,bad_id\n", "utf-8")
    (home / "papers").mkdir(exist_ok=True)
    (home / "papers" / ("a" * 64)).write_bytes(b"evidence")
    (home / "papers" / ".half").write_bytes(b"half a file")
    return made


@pytest.fixture(scope="module")
def whole(kept: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of it with its keys."""
    path = tmp_path_factory.mktemp("backup") / "whole.zip"
    assert run("backup", path, "--with-keys", "--home", kept.settings.home) == 0
    return path


def restore(path: Path, home: Path, *options: object) -> int:
    given = ("--database-url", databases.bare_url(home.parent)) if databases.on_postgres() else ()
    return run("restore", path, "--home", home, *given, *options)


def content(workspace: Workspace) -> dict[str, list[tuple[Any, ...]]]:
    with workspace.store.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
            if not table.name.startswith("audit")
        }


def files(home: Path) -> dict[str, bytes]:
    named = ("facts", "loads", "papers")
    return {
        one.relative_to(home).as_posix(): one.read_bytes()
        for folder in named
        for one in (home / folder).rglob("*")
        if one.is_file() and not one.name.startswith(".")
    }


def rewritten(source: Path, target: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The archive with its entries changed."""
    with zipfile.ZipFile(source) as old:
        held = {one: old.read(one) for one in old.namelist()}
    change(held)
    with zipfile.ZipFile(target, "w") as made:
        for name, data in held.items():
            made.writestr(name, data)
    return target


def said(held: dict[str, bytes]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(held[archive.MANIFEST])
    return found


def test_all_comes_back_and_is_computed_again_to_the_same(
    kept: Workspace, whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "again"
    assert restore(whole, home, "--check") == 0
    told = capsys.readouterr()
    assert "条发现与库里的相同" in told.out
    assert "审计链" in told.out
    assert told.err == ""
    again = open_workspace(home, {})
    assert content(again) == content(kept)
    # What is only worked with, or follows from the rest, is made again.
    passing = ("facts/staging", "facts/prints", "facts/days", "facts/codes", "facts/.")
    assert files(home) == {
        name: data for name, data in files(kept.settings.home).items() if not name.startswith(passing)
    }
    assert again.settings.pseudonym_key == kept.settings.pseudonym_key
    assert run("doctor", "--home", home) == 0
    assert run("audit", "verify", "--home", home) == 0
    assert {path.stat().st_mode & 0o777 for path in (home / "keys").iterdir()} == {0o600}
    assert (home / "keys").stat().st_mode & 0o777 == 0o700
    assert list(tmp_path.glob(".*")) == []


def test_backing_up_and_restoring_are_rows_of_the_chain(whole: Path, tmp_path: Path) -> None:
    assert restore(whole, tmp_path / "again") == 0
    with open_workspace(tmp_path / "again", {}).store.read() as connection:
        newest = [(one.act, one.actor, one.why) for one in audit.listing(connection, audit.Filters(), 0, 2)]
    assert [one[:2] for one in newest] == [("restore", "cli"), ("backup", "cli")]
    assert newest[1][2] == "with keys"


def test_without_keys_nothing_secret_is_in_it_and_what_lacks_is_said(
    kept: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, home = tmp_path / "plain.zip", tmp_path / "again"
    assert run("backup", path, "--home", kept.settings.home) == 0
    told = capsys.readouterr().err
    assert "密钥不在里面" in told
    assert "pseudonym.key" in told
    assert path.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(path) as held:
        names = held.namelist()
        settings = held.read(SETTINGS_FILE).decode()
        everything = b"".join(held.read(name) for name in names)
    assert not [name for name in names if name.startswith("keys")]
    assert 'database_url = ""' in settings
    for key in (kept.settings.home / "keys").iterdir():
        assert key.read_bytes().strip() not in everything
    assert restore(path, home) == 0
    assert "还不能使用" in capsys.readouterr().err
    with pytest.raises(ConfigError, match=r"pseudonym\.key"):
        open_workspace(home, {})
    shutil.copy(kept.settings.home / "keys" / "pseudonym.key", home / "keys" / "pseudonym.key")
    assert run("doctor", "--home", home) == 0


def test_keys_kept_apart_are_brought_and_other_ones_refused(
    kept: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plain.zip"
    assert run("backup", path, "--home", kept.settings.home) == 0
    other = tmp_path / "other"
    other.mkdir()
    (other / "pseudonym.key").write_text("ab" * 32, "ascii")
    (other / "pseudonym.key").chmod(0o600)
    assert restore(path, tmp_path / "again", "--keys", other) == 3
    assert "不是这份备份的" in capsys.readouterr().err
    assert not (tmp_path / "again").exists()
    assert restore(path, tmp_path / "again", "--keys", tmp_path) == 2
    assert restore(path, tmp_path / "again", "--check", "--keys", kept.settings.home / "keys") == 0
    assert run("audit", "verify", "--home", tmp_path / "again") == 0


def test_a_backup_made_while_others_write_is_one_state(tmp_path: Path) -> None:
    busy = copy_of(city("small"), tmp_path / "busy")
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            with busy.store.write() as connection:
                audit.append(connection, audit.Entry(NOW, "busy", "upload", "load:1"))

    writers = [threading.Thread(target=write) for _ in range(2)]
    for one in writers:
        one.start()
    try:
        for number in range(2):
            assert run("backup", tmp_path / f"{number}.zip", "--with-keys", "--home", busy.settings.home) == 0
    finally:
        done.set()
        for one in writers:
            one.join()
    for number in range(2):
        assert restore(tmp_path / f"{number}.zip", tmp_path / f"again{number}") == 0
        assert run("audit", "verify", "--home", tmp_path / f"again{number}") == 0


@pytest.mark.parametrize("place", ["database/", "facts/", "settings.toml", "loads/", "papers/", "keys/"])
def test_a_changed_file_is_named_and_nothing_is_restored(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    named = ""

    def change(held: dict[str, bytes]) -> None:
        nonlocal named
        named = next(name for name in held if name.startswith(place))
        middle = len(held[named]) // 2
        held[named] = held[named][:middle] + b"\x00" + held[named][middle + 1 :] + b"!"

    assert restore(rewritten(whole, tmp_path / "bad.zip", change), tmp_path / "again") == 4
    assert f"{named} 已损坏" in capsys.readouterr().err
    assert sorted(one.name for one in tmp_path.iterdir() if "yaotong.db" not in one.name) == ["bad.zip"]


def test_flipped_bytes_are_never_taken(whole: Path, tmp_path: Path) -> None:
    data = bytearray(whole.read_bytes())
    for number, at in enumerate((100, len(data) // 3, len(data) // 2, len(data) - 4000, len(data) - 10)):
        spoiled = bytearray(data)
        for offset in range(8):
            spoiled[at + offset] ^= 0xFF
        bad = tmp_path / f"{number}.zip"
        bad.write_bytes(spoiled)
        home = tmp_path / f"again{number}"
        # A byte that no file's content hangs on may be another; then all hashes still hold.
        if restore(bad, home) != 0:
            assert not home.exists()
        else:
            assert run("doctor", "--home", home) == 0


def test_half_an_archive_is_refused(whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "half.zip").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert restore(tmp_path / "half.zip", tmp_path / "again") == 4
    assert "不是完整的备份" in capsys.readouterr().err
    assert not (tmp_path / "again").exists()


def _outside(name: str) -> Callable[[dict[str, bytes]], None]:
    def change(held: dict[str, bytes]) -> None:
        told = said(held)
        told["files"].append({"name": name, "bytes": 1, "sha256": "0" * 64})
        held[archive.MANIFEST] = json.dumps(told).encode()
        held[name] = b"x"

    return change


def _beside(held: dict[str, bytes]) -> None:
    held["facts/more.parquet"] = b"x"


def _lacking(held: dict[str, bytes]) -> None:
    del held[next(name for name in held if name.startswith("facts/"))]


def _said(**given: Any) -> Callable[[dict[str, bytes]], None]:
    def change(held: dict[str, bytes]) -> None:
        held[archive.MANIFEST] = json.dumps({**said(held), **given}).encode()

    return change


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_outside("../outside"), "指向工作区之外"),
        (_outside("facts/../../outside"), "指向工作区之外"),
        (_outside("/etc/outside"), "指向工作区之外"),
        (_outside("elsewhere/x"), "指向工作区之外"),
        (_outside("facts\\..\\x"), "指向工作区之外"),
        (_beside, "清单之外"),
        (_lacking, "缺少 facts/"),
        (_said(format=2), "更新的程序"),
        (_said(format="x"), "已损坏"),
        (_said(revision="9999"), "更新的程序"),
        (_said(audit={"seq": 10**6, "hash": "0" * 64}), "末尾被截去"),
        (_said(files=[{"name": 1}]), "已损坏"),
    ],
)
def test_an_archive_that_cannot_be_trusted_is_refused(
    whole: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[dict[str, bytes]], None],
    told: str,
) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    bad = rewritten(whole, tmp_path / "bad.zip", change)
    assert restore(bad, inside / "again") == 4
    assert told in capsys.readouterr().err
    assert [one.name for one in inside.iterdir() if "yaotong.db" not in one.name] == []
    assert not (tmp_path / "outside").exists()


def test_places_that_are_taken_are_left_alone(
    kept: Workspace, whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    assert restore(whole, tmp_path / "full") == 2
    assert "不是空的" in capsys.readouterr().err
    assert (tmp_path / "full" / "mine.txt").read_text() == "mine"
    before = whole.read_bytes()
    assert run("backup", whole, "--home", kept.settings.home) == 2
    assert whole.read_bytes() == before
    assert run("backup", tmp_path / "no" / "x.zip", "--home", kept.settings.home) == 4
    assert restore(tmp_path / "nothing.zip", tmp_path / "again") == 2
    assert run("restore", whole) == 2
    (tmp_path / "empty").mkdir()
    assert restore(whole, tmp_path / "empty") == 0


@pytest.mark.fault("disk-full")
@pytest.mark.parametrize("limit", [20_000, 400_000])
def test_a_full_disk_leaves_nothing_of_a_backup(kept: Workspace, tmp_path: Path, limit: int) -> None:
    home = copy_of(kept, tmp_path / "home").settings.home
    command = [sys.executable, "-c", _LIMITED, str(limit), "backup", str(tmp_path / "out" / "x.zip")]
    (tmp_path / "out").mkdir()
    done = subprocess.run([*command, "--home", str(home)], capture_output=True, text=True, check=False)
    assert done.returncode == 4, done.stderr
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.fault("disk-full")
@pytest.mark.sqlite
def test_a_full_disk_leaves_nothing_of_a_restored_workspace(whole: Path, tmp_path: Path) -> None:
    home = tmp_path / "out" / "again"
    command = [sys.executable, "-c", _LIMITED, "20000", "restore", str(whole), "--home", str(home)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 4, done.stderr
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.fault("corrupt-files")
def test_a_store_that_is_not_sound_does_not_become_a_backup(
    kept: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = copy_of(kept, tmp_path / "home").settings.home
    one = next((home / "facts").rglob("month=*/**/*.parquet"))
    one.write_bytes(one.read_bytes()[:-1] + b"x")
    (tmp_path / "out").mkdir()
    assert run("backup", tmp_path / "out" / "x.zip", "--home", home) == 4
    assert "与清单不符" in capsys.readouterr().err
    one.unlink()
    assert run("backup", tmp_path / "out" / "x.zip", "--home", home) == 4
    assert list((tmp_path / "out").iterdir()) == []


def test_findings_that_do_not_come_out_again_leave_4(
    kept: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = copy_of(kept, tmp_path / "home")
    with changed.store.write() as connection:
        names = connection.execute(text("select finding_id from finding order by finding_id")).scalars().all()
        connection.execute(text("delete from evidence_line where finding_id = :one"), {"one": names[0]})
        connection.execute(text("delete from finding where finding_id = :one"), {"one": names[0]})
        connection.execute(
            text("update finding set content_sha = 'x' where finding_id = :one"), {"one": names[1]}
        )
    assert run("backup", tmp_path / "x.zip", "--with-keys", "--home", changed.settings.home) == 0
    capsys.readouterr()
    assert restore(tmp_path / "x.zip", tmp_path / "again", "--check") == 4
    told = capsys.readouterr().err
    assert f"{names[0]}" in told
    assert f"{names[1]}" in told


@pytest.mark.postgres
def test_a_backup_of_postgres_wants_an_empty_database(
    kept: Workspace, whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("restore", whole, "--home", tmp_path / "again") == 2
    assert "--database-url" in capsys.readouterr().err
    taken = kept.settings.database_url
    assert run("restore", whole, "--home", tmp_path / "again", "--database-url", taken) == 2
    assert "张表" in capsys.readouterr().err


@pytest.mark.sqlite
def test_a_backup_of_sqlite_wants_no_database(whole: Path, tmp_path: Path) -> None:
    assert (
        run("restore", whole, "--home", tmp_path / "again", "--database-url", "postgresql+psycopg://x/y") == 2
    )
