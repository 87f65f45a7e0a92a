"""The migrations, up and down, alone and by several at once, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

import yaotong.store
from tests.databases import bare_url
from yaotong.errors import StoreError
from yaotong.store import Store, check_revision, migrate, open_store
from yaotong.store.schema import metadata


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Store]:
    made = open_store(bare_url(tmp_path), tmp_path / "facts")
    yield made
    made.engine.dispose()


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(yaotong.store.__file__).parent / "migrations"))
    return made


def run(store: Store, act: str, revision: str) -> None:
    made = config()
    with store.engine.begin() as connection:
        made.attributes["connection"] = connection
        getattr(command, act)(made, revision)


def tables(store: Store) -> set[str]:
    with store.read() as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def differences(store: Store) -> list[object]:
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))


def test_up_to_the_newest_down_to_nothing_and_up_again(bare: Store) -> None:
    migrate(bare)
    assert differences(bare) == []
    run(bare, "downgrade", "base")
    assert tables(bare) == set()
    migrate(bare)
    assert tables(bare) == set(metadata.tables)
    assert differences(bare) == []


def test_every_step_goes_down_and_up_again(bare: Store) -> None:
    steps = [one.revision for one in ScriptDirectory.from_config(config()).walk_revisions()][::-1]
    for step in steps:
        run(bare, "upgrade", step)
        before = tables(bare)
        run(bare, "downgrade", "-1")
        run(bare, "upgrade", step)
        assert tables(bare) == before
    assert differences(bare) == []


@pytest.mark.fault("two-schedulers")
def test_several_that_migrate_at_once_make_the_tables_once(bare: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(migrate, [bare] * 4)) == [None] * 4
    check_revision(bare)
    assert differences(bare) == []


@pytest.mark.fault("interrupted-migration")
def test_an_empty_and_an_older_database_are_told_how_to_come_up_to_date(bare: Store) -> None:
    with pytest.raises(StoreError, match=r"版本为 空.*yaotong init"):
        check_revision(bare)
    migrate(bare)
    check_revision(bare)
    with bare.write() as connection:
        connection.execute(text("update alembic_version set version_num = '0000'"))
    with pytest.raises(StoreError, match="版本为 0000"):
        check_revision(bare)


def test_a_second_lead_is_refused_by_the_database_itself(bare: Store) -> None:
    migrate(bare)
    given = dict.fromkeys(("rule_id", "subject_kind", "subject", "level", "state", "lead", "clause"), "x")
    given |= {
        "pharmacy_ids": "",
        "rule_version": 1,
        "revision": 1,
        "measure": 1,
        "threshold": 1,
        "data_version": 1,
    }
    days = [
        one.name
        for one in metadata.tables["alert"].c
        if one.name.endswith(("_day", "_from", "_until", "_at", "_due"))
    ]
    with bare.write() as connection:
        connection.execute(
            metadata.tables["alert"]
            .insert()
            .values(alert_id="a", **given, **{one: _moment(one) for one in days})
        )
        _dispatch(connection, "msa", "lead")
        _dispatch(connection, "psb", "assist")
        _dispatch(connection, "hc", "assist")
    with pytest.raises(IntegrityError), bare.write() as connection:
        _dispatch(connection, "nhsa", "lead")


def _moment(name: str) -> object:
    return date(2026, 7, 1) if name.endswith("_day") else datetime(2026, 7, 1)


def _dispatch(connection: object, department: str, part: str) -> None:
    values = {"alert_id": "a", "department": department, "part": part, "sent_at": _moment("sent_at")}
    connection.execute(metadata.tables["dispatch"].insert().values(**values))


def test_drugs_of_an_older_database_keep_their_rows_with_the_product_code_unknown(bare: Store) -> None:
    run(bare, "upgrade", "0006")
    row = "(drug_code, drug_name, row_sha, since_version) values ('D1', '甲片', 'x', 1)"
    with bare.write() as connection:
        connection.execute(text(f"insert into drug {row}"))
    run(bare, "upgrade", "0007")
    kept = "select drug_code, drug_name, row_sha, since_version"
    with bare.write() as connection:
        found = connection.execute(text(f"{kept}, product_code from drug")).all()
        assert [tuple(one) for one in found] == [("D1", "甲片", "x", 1, None)]
        connection.execute(text("update drug set product_code = '8123456'"))
    run(bare, "downgrade", "0006")
    with bare.read() as connection:
        assert [tuple(one) for one in connection.execute(text(f"{kept} from drug"))] == [
            ("D1", "甲片", "x", 1)
        ]
        assert "product_code" not in {one["name"] for one in inspect(connection).get_columns("drug")}
        assert "ix_drug_drug_code_valid_from" in {
            one["name"] for one in inspect(connection).get_indexes("drug")
        }
