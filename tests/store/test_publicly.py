"""The citizens' door: the database refuses every table and column beside what is theirs, on both databases."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Table, func, insert, select, text, update

from yaotong import acts, reads
from yaotong.errors import StoreError
from yaotong.store.grants import ADDED, CHANGED, READABLE
from yaotong.store.metadata import metadata
from yaotong.store.publicly import public_read, public_write
from yaotong.workspace import Workspace, init_workspace

SIDE = (
    "reads/public.py", "reads/public_tiles.py", "reads/register.py", "reads/told.py", "reads/fitting.py", "reads/nearest_text.py",
    "reads/opendata.py", "reads/seals.py", "acts/sealing.py",
)  # fmt: skip
CLOSED = sorted(set(metadata.tables) - set(READABLE))


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return init_workspace(tmp_path_factory.mktemp("door") / "home")


def test_what_is_named_exists_and_holds_no_alert_case_risk_buyer_or_account() -> None:
    for name, columns in READABLE.items():
        assert set(columns) <= {one.name for one in metadata.tables[name].c}
    assert not re.search(
        r"alert|finding|risk|case|buyer|account|audit|evidence|visit|letter|settle", " ".join(READABLE)
    )
    assert {"alert", "finding", "evidence_line", "risk_override", "account", "audit", "dispatch"} <= set(
        CLOSED
    )


@pytest.mark.parametrize("name", sorted(READABLE))
def test_what_is_theirs_is_read(ws: Workspace, name: str) -> None:
    table = metadata.tables[name]
    some = [table.c[one] for one in READABLE[name]] or [*table.c]
    with public_read(ws.store) as connection:
        assert connection.execute(select(*some)).all() is not None
        assert connection.execute(select(func.count(some[0]))).scalar_one() >= 0
    if READABLE[name]:
        for hidden in (one for one in table.c if one.name not in READABLE[name]):
            with pytest.raises(StoreError), public_read(ws.store) as connection:
                connection.execute(select(hidden)).all()


@pytest.mark.parametrize("name", CLOSED)
def test_every_other_table_is_closed(ws: Workspace, name: str) -> None:
    table: Table = metadata.tables[name]
    for door in (public_read, public_write):
        with pytest.raises(StoreError), door(ws.store) as connection:
            connection.execute(select(table)).all()
        with pytest.raises(StoreError), door(ws.store) as connection:
            connection.execute(table.delete())
    with ws.store.read() as connection:  # which is no fault of the table
        connection.execute(select(table)).all()


def test_nothing_is_written_but_what_citizens_add(ws: Workspace) -> None:
    shop = metadata.tables["pharmacy"]
    for statement in (
        update(shop).values(phone="1"),
        shop.delete(),
        text("drop table unmet"),
        text("create table x (y int)"),
    ):
        for door in (public_read, public_write):
            with pytest.raises(StoreError), door(ws.store) as connection:
                connection.execute(statement)
    row = {"day": date(2026, 7, 1), "hour": 3, "area_code": "", "reason": "none", "searches": 1}
    with pytest.raises(StoreError), public_read(ws.store) as connection:
        connection.execute(insert(metadata.tables["unmet"]), row)
    with public_write(ws.store) as connection:
        connection.execute(insert(metadata.tables["unmet"]), row)
        connection.execute(update(metadata.tables["unmet"]).values(searches=2))
        connection.execute(
            insert(metadata.tables["seal_opened"]), {"seal_key": "0" * 32, "opened_at": datetime(2026, 7, 1)}
        )
    for name in set(ADDED) - set(CHANGED):
        with pytest.raises(StoreError), public_write(ws.store) as connection:
            connection.execute(metadata.tables[name].delete())


def test_the_public_side_uses_no_other_door() -> None:
    roots = {"reads": Path(str(reads.__file__)).parent, "acts": Path(str(acts.__file__)).parent}
    for one in SIDE:
        folder, name = one.split("/")
        said = (roots[folder] / name).read_text("utf-8")
        assert not re.search(r"store\.(read|write)\(|open_facts|factbase", said), one
