"""Joint cases as rows, on either database: numbers, revisions, one lead, files under their hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from tests.databases import database_url
from yaotong.cases.model import CaseNumber, Unit
from yaotong.cases.states import CaseAct, CaseState, Standing
from yaotong.errors import Conflict, StoreError
from yaotong.store import Store, joint, migrate, open_store, paperfiles

NOW = datetime(2026, 7, 6, 10)
UNITS = (Unit("msa", "lead", Standing.AGREED), Unit("psb", "assist"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_store(database_url(tmp_path), tmp_path / "facts")
    migrate(made)
    yield made
    made.engine.dispose()


def open_one(store: Store, county: str = "330482", year: int = 2026) -> CaseNumber:
    with store.write() as connection:
        number = joint.next_number(connection, county, year)
        joint.add(
            connection,
            number,
            UNITS,
            [],
            area_code=county,
            pharmacy_ids=["P2", "P1"],
            opened_by="msa",
            at=NOW,
        )
    return number


def test_numbers_begin_anew_with_the_year_and_the_county(store: Store) -> None:
    found = [
        str(open_one(store, *one))
        for one in (("330482", 2026), ("330482", 2026), ("330482", 2027), ("330421", 2026))
    ]
    assert found == [
        "YT-330482-2026-0001",
        "YT-330482-2026-0002",
        "YT-330482-2027-0001",
        "YT-330421-2026-0001",
    ]


def test_cases_opened_at_once_have_a_number_each(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(lambda _: str(open_one(store)), range(12)))
    assert sorted(numbers) == [f"YT-330482-2026-{one:04d}" for one in range(1, 13)]


def test_a_change_holds_only_for_the_revision_that_was_seen(store: Store) -> None:
    number = str(open_one(store))
    with store.write() as connection:
        assert joint.change(connection, number, 1, {"state": "agreed"}) == 2
    with pytest.raises(Conflict), store.write() as connection:
        joint.change(connection, number, 1, {"state": "withdrawn"})
    with store.read() as connection:
        row = joint.get(connection, number)
        assert row is not None
        case = joint.as_case(connection, row)
    assert (case.state, case.revision, case.units) == (CaseState.AGREED, 2, UNITS)


def test_a_second_lead_is_refused_by_the_database_itself(store: Store) -> None:
    number = str(open_one(store))
    with pytest.raises(IntegrityError), store.write() as connection:
        joint.put_unit(connection, number, Unit("nhsa", "lead"), {})


def test_a_unit_that_is_asked_again_keeps_its_row(store: Store) -> None:
    number = str(open_one(store))
    with store.write() as connection:
        joint.put_unit(connection, number, Unit("psb", "assist", Standing.DECLINED), {"answered_by": "psb"})
        joint.put_unit(connection, number, Unit("psb", "assist"), {})
        rows = joint.units_of(connection, number)
    assert [(one.department, one.standing) for one in rows] == [("msa", "agreed"), ("psb", "pending")]


def test_events_are_numbered_one_after_another(store: Store) -> None:
    number = str(open_one(store))
    with store.write() as connection:
        for act in (CaseAct.PROPOSE, CaseAct.NOTE, CaseAct.NOTE):
            joint.add_event(
                connection, number, at=NOW, actor="msa", department="msa", act=act,
                states=(None, CaseState.PROPOSED),
            )  # fmt: skip
        assert [one.seq for one in joint.events(connection, number)] == [1, 2, 3]


def test_a_file_is_kept_under_its_hash_once(tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    sha = paperfiles.keep(folder, b"evidence")
    assert sha == hashlib.sha256(b"evidence").hexdigest()
    assert paperfiles.keep(folder, b"evidence") == sha
    assert [one.name for one in folder.iterdir()] == [sha]
    assert (folder / sha).stat().st_mode & 0o777 == 0o600
    assert paperfiles.read(folder, sha) == b"evidence"


@pytest.mark.parametrize("sha", ["0" * 64, "../settings.toml", "x" * 64])
def test_a_file_that_is_not_there_is_told_so(tmp_path: Path, sha: str) -> None:
    with pytest.raises(StoreError):
        paperfiles.read(tmp_path, sha)


def test_a_file_that_was_changed_is_not_given_out(tmp_path: Path) -> None:
    sha = paperfiles.keep(tmp_path, b"evidence")
    (tmp_path / sha).write_bytes(b"altered.")
    with pytest.raises(StoreError, match="校验和不符"):
        paperfiles.read(tmp_path, sha)
    assert paperfiles.keep(tmp_path, b"evidence") == sha
    assert paperfiles.read(tmp_path, sha) == b"evidence"


@pytest.mark.fault("disk-full")
def test_a_disk_that_is_full_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreError, match="没有存下"):
        paperfiles.keep(tmp_path / "papers", b"evidence")
    assert list((tmp_path / "papers").iterdir()) == []
