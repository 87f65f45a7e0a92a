"""The audit chain: it grows by one at a time, nobody changes it unseen, and the first torn row is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from tests.databases import database_url, on_postgres
from yaotong.alerts.states import Act, State
from yaotong.errors import StoreError
from yaotong.store import Store, alerts, audit, auditchain, migrate, open_store
from yaotong.store.audit_tables import audit as table
from yaotong.store.audit_tables import audit_anchor
from yaotong.store.schema import alert_event, metadata
from yaotong.store.witness import HEAD_FILE, Head, Witness

NOW = datetime(2026, 7, 1, 9, 0)
EVERYTHING = audit.Filters()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    witness = Witness(tmp_path / "audit", b"k" * 32)
    made = open_store(database_url(tmp_path), tmp_path / "facts", witness)
    migrate(made)
    yield made
    made.engine.dispose()


def entry(number: int = 1, **given: Any) -> audit.Entry:
    said = {"at": NOW + timedelta(minutes=number), "actor": f"p{number % 3}", "act": "sign_in"}
    return audit.Entry(**{**said, "object": f"account:p{number % 3}", **given})


def grow(store: Store, rows: int = 6) -> None:
    for number in range(1, rows + 1):
        with store.write() as connection:
            audit.append(connection, entry(number))


def verdict(store: Store) -> auditchain.Verdict:
    with store.read() as connection:
        return auditchain.verify(connection, store.witness)


def disarm(connection: Any) -> None:
    """What only somebody with the database in their hands can do."""
    if on_postgres():
        connection.execute(text("alter table audit disable trigger all"))
        connection.execute(text("alter table audit_anchor disable trigger all"))
        return
    names = connection.execute(text("select name from sqlite_master where type = 'trigger'")).scalars()
    for name in list(names):
        connection.execute(text(f"drop trigger {name}"))


def forge(store: Store, *statements: Any) -> None:
    with store.write() as connection:
        disarm(connection)
        for one in statements:
            connection.execute(one)


def rows(store: Store) -> list[dict[str, Any]]:
    with store.read() as connection:
        return [dict(one._mapping) for one in connection.execute(select(table).order_by(table.c.seq))]


def test_a_chain_grows_from_one_and_is_whole(store: Store) -> None:
    assert verdict(store) == auditchain.Verdict(0, 0, 0, 0, 0)
    grow(store)
    found = rows(store)
    assert [one["seq"] for one in found] == [1, 2, 3, 4, 5, 6]
    assert found[0]["former"] == audit.FIRST
    assert [one["former"] for one in found[1:]] == [one["hash"] for one in found[:-1]]
    assert verdict(store) == auditchain.Verdict(6, 1, 6, 0, 6)


def test_texts_are_kept_as_any_database_takes_them(store: Store) -> None:
    with store.write() as connection:
        audit.append(connection, entry(actor="甲\0\ud800" + "乙" * 99, why="一\n二" + "三" * 5000))
    one = rows(store)[0]
    assert len(one["actor"]) == 64
    assert one["actor"].startswith("甲  乙")
    assert one["why"].startswith("一 二三")
    assert verdict(store).fault == ""


def test_a_transaction_that_fails_leaves_no_row_and_no_head(store: Store) -> None:
    grow(store, 2)
    with pytest.raises((DBAPIError, StoreError)), store.write() as connection:
        connection.execute(text(f"select * from nowhere where {audit.append(connection, entry(3))} = 3"))
    assert verdict(store) == auditchain.Verdict(2, 1, 2, 0, 2)
    with store.write():
        pass
    assert store.witness is not None
    assert store.witness.read().seq == 2  # type: ignore[union-attr]


def test_it_grows_in_queued_writes_only(store: Store) -> None:
    with store.read() as connection, pytest.raises(RuntimeError):
        audit.append(connection, entry())


def test_many_writers_at_once_make_one_chain(store: Store) -> None:
    other = open_store(store.engine.url.render_as_string(hide_password=False), store.facts_dir, store.witness)

    def write(number: int) -> int:
        with (store if number % 2 else other).write() as connection:
            return audit.append(connection, entry(number))

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(write, range(60)))
    other.engine.dispose()
    assert sorted(numbers) == list(range(1, 61))
    assert verdict(store) == auditchain.Verdict(60, 1, 60, 0, 60)


@pytest.mark.parametrize(
    "statement",
    [
        update(table).where(table.c.seq == 2).values(why="x"),
        delete(table).where(table.c.seq == 2),
        delete(table),
        insert(table).values(seq=9, at=NOW, actor="x", department="", origin="", act="x", object="", why="", detail="{}", former="0", hash="1"),
        insert(table).values(seq=4, at=NOW, actor="x", department="", origin="", act="x", object="", why="", detail="{}", former="0", hash="1"),
    ],
    ids=["changed", "removed", "emptied", "with a gap", "attached to nothing"],
)  # fmt: skip
def test_the_database_itself_refuses(store: Store, statement: Any) -> None:
    grow(store, 3)
    with pytest.raises((DBAPIError, StoreError)), store.write() as connection:
        connection.execute(statement)
    assert verdict(store) == auditchain.Verdict(3, 1, 3, 0, 3)


@pytest.mark.postgres
@pytest.mark.parametrize("name", ["audit", "audit_anchor"])
def test_postgres_refuses_truncate(store: Store, name: str) -> None:
    grow(store, 3)
    with pytest.raises((DBAPIError, StoreError)), store.write() as connection:
        connection.execute(text(f"truncate {name}"))
    assert verdict(store).kept == 3


@pytest.mark.parametrize("column", ["at", "actor", "department", "origin", "act", "object", "why", "detail"])
def test_a_changed_value_is_found_in_its_row(store: Store, column: str) -> None:
    grow(store)
    value = NOW if column == "at" else '{"a": 1}' if column == "detail" else "elsewhere"
    forge(store, update(table).where(table.c.seq == 3).values({column: value}))
    found = verdict(store)
    assert (found.fault_seq, found.fault) == (3, "第 3 行被改过。")


def test_a_row_changed_with_its_hash_is_found_by_the_next(store: Store) -> None:
    grow(store)
    row = {**rows(store)[2], "actor": "elsewhere"}
    row["hash"] = audit.digest(row)
    forge(store, update(table).where(table.c.seq == 3).values(row))
    assert verdict(store).fault_seq == 3
    assert "第 3 行被改写过" in verdict(store).fault


@pytest.mark.parametrize(
    ("gone", "named", "said"), [([3], 3, "第 3 行不见了"), ([1, 2], 1, "第 1 至 2 行不见了")]
)
def test_a_missing_row_is_named(store: Store, gone: list[int], named: int, said: str) -> None:
    grow(store)
    forge(store, delete(table).where(table.c.seq.in_(gone)))
    assert verdict(store).fault_seq == named
    assert said in verdict(store).fault


def test_rows_renumbered_over_a_missing_one_are_seen_through(store: Store) -> None:
    grow(store)
    moves = [update(table).where(table.c.seq == one).values(seq=one - 1) for one in (4, 5, 6)]
    forge(store, delete(table).where(table.c.seq == 3), *moves)
    assert verdict(store).fault == "第 3 行不见了，其后各行改了号。"


def test_an_inserted_row_is_named(store: Store) -> None:
    grow(store)
    found = rows(store)
    moves = [update(table).where(table.c.seq == one).values(seq=one + 1) for one in (6, 5, 4)]
    made = {**found[2], "seq": 4, "actor": "ghost", "former": found[2]["hash"]}
    made["hash"] = audit.digest(made)
    forge(store, *moves, insert(table).values(made))
    assert verdict(store).fault_seq == 4
    assert "第 4 行是插入的" in verdict(store).fault


def test_a_tail_cut_off_is_told_by_the_head_outside(store: Store) -> None:
    grow(store)
    forge(store, delete(table).where(table.c.seq >= 5))
    found = verdict(store)
    assert (found.fault_seq, found.last, found.witnessed) == (5, 4, 6)
    assert "末尾被截去" in found.fault
    assert replace(store, witness=None).witness is None
    with store.read() as connection:
        assert auditchain.verify(connection, None).fault == "", "without a head nobody could tell"


def test_a_chain_written_anew_whole_is_told_by_the_head_outside(store: Store) -> None:
    grow(store)
    former, made = audit.FIRST, []
    for row in rows(store):
        row |= {"actor": "somebody else", "former": former}
        former = row["hash"] = audit.digest(row)
        made.append(row)
    forge(store, delete(table), insert(table).values(made))
    assert verdict(store).fault_seq == 6
    assert "整段重写" in verdict(store).fault


def test_a_head_that_is_gone_changed_or_signed_by_another_is_told(store: Store) -> None:
    grow(store)
    path = store.witness.folder / HEAD_FILE  # type: ignore[union-attr]
    before = path.read_text("utf-8")
    path.write_text(json.dumps({**json.loads(before), "seq": 2}), "utf-8")
    assert "签名不符" in verdict(store).fault
    path.write_text("{", "utf-8")
    assert "无法读取" in verdict(store).fault
    path.unlink()
    assert "库外没有链头" in verdict(store).fault
    path.write_text(before, "utf-8")
    assert verdict(store).fault == ""
    other = replace(store, witness=Witness(path.parent, b"z" * 32))
    assert "签名不符" in verdict(other).fault


def test_a_head_never_goes_back_and_one_that_cannot_be_written_undoes_nothing(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    grow(store, 3)
    witness = store.witness
    assert witness is not None
    witness.keep(Head(1, "x"))
    assert witness.read().seq == 3  # type: ignore[union-attr]
    (witness.folder / HEAD_FILE).unlink()
    (witness.folder / HEAD_FILE).mkdir()
    with store.write() as connection:
        audit.append(connection, entry(4))
    assert len(rows(store)) == 4
    assert "could not be written" in caplog.text


def test_events_of_alerts_are_not_copied_but_a_change_of_them_is_found(store: Store) -> None:
    alert(store)
    with store.write() as connection:
        move(connection, "p1")
        move(connection, "system")
    (row,) = rows(store)
    assert (row["act"], row["object"], row["origin"]) == ("alert_move", "alert:a", "web 10.0.0.1")
    assert row["why"] == "note why"
    assert "secret text" not in json.dumps(row, default=str)
    assert verdict(store).fault == ""
    with store.write() as connection:
        connection.execute(update(alert_event).where(alert_event.c.seq == 1).values(text="another"))
    assert "第 1 行所指的经过（预警 a 第 1 条）被改过" in verdict(store).fault
    with store.write() as connection:
        connection.execute(delete(alert_event).where(alert_event.c.seq == 1))
    assert "不见了" in verdict(store).fault


def test_old_rows_are_let_go_and_the_rest_stays_a_chain(store: Store) -> None:
    grow(store)
    with store.write() as connection:
        gone = audit.let_go(connection, NOW + timedelta(minutes=4), "root", NOW)
        assert gone is not None
        assert gone.seq == 3
        told = {"through": gone.seq, "sha256": gone.hash}
        audit.append(connection, entry(7, act="audit_purge", detail=told))
    assert verdict(store) == auditchain.Verdict(4, 4, 7, 3, 7)
    forge(store, update(table).where(table.c.seq == 4).values(why="x"))
    assert verdict(store).fault_seq == 4


def test_rows_let_go_without_a_record_of_it_are_told(store: Store) -> None:
    grow(store)
    with store.write() as connection:
        audit.let_go(connection, NOW + timedelta(minutes=4), "root", NOW)
    assert "没有这次清除的记录" in verdict(store).fault


def test_an_anchor_cannot_be_changed_or_removed(store: Store) -> None:
    grow(store)
    with store.write() as connection:
        audit.let_go(connection, NOW + timedelta(minutes=4), "root", NOW)
    for statement in (update(audit_anchor).values(seq=5), delete(audit_anchor)):
        with pytest.raises((DBAPIError, StoreError)), store.write() as connection:
            connection.execute(statement)


def test_all_rows_may_be_let_go_and_the_chain_goes_on(store: Store) -> None:
    grow(store, 3)
    with store.write() as connection:
        gone = audit.let_go(connection, NOW + timedelta(days=1), "root", NOW)
        assert gone is not None
        audit.append(connection, entry(4, act="audit_purge", detail={"through": 3, "sha256": gone.hash}))
        assert audit.let_go(connection, NOW, "root", NOW) is None
    assert verdict(store) == auditchain.Verdict(1, 4, 4, 3, 4)


def alert(store: Store) -> None:
    columns = metadata.tables["alert"].c
    given: dict[str, Any] = {}
    for one in columns:
        kind = one.type.python_type
        given[one.name] = (
            None if one.nullable else 1 if kind in (int, float) else NOW if kind is datetime else "x"
        )
        given[one.name] = NOW.date() if one.name.endswith("_day") else given[one.name]
    given |= {"alert_id": "a", "condition_gone": False, "pharmacy_ids": "[]"}
    with store.write() as connection:
        connection.execute(metadata.tables["alert"].insert().values(given))


def move(connection: Any, actor: str) -> None:
    alerts.add_event(
        connection, "a", at=NOW, actor=actor, department="msa", act=Act.NOTE,
        sources=(State.ACCEPTED, State.ACCEPTED), reason="why", text="secret text", origin="web 10.0.0.1",
    )  # fmt: skip
