"""What a commit changes, seen without a query."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from tests.layers import region
from yaotong.store.watching import Watch


def test_every_commit_and_nothing_else_changes_the_mark(tmp_path: Path) -> None:
    ws = region.build(tmp_path / "home")
    if ws.store.engine.dialect.name != "sqlite":
        assert Watch(ws.store).mark() is None
        return
    watch = Watch(ws.store)
    seen = [watch.mark()]
    assert watch.mark() == seen[0] is not None
    for number in range(3):
        with ws.store.write() as connection:
            connection.execute(text("create table if not exists scrap (n integer)"))
            connection.execute(text("insert into scrap values (:n)"), {"n": number})
        seen.append(watch.mark())
    assert len(set(seen)) == 4
    with ws.store.read() as connection:
        connection.execute(text("select count(*) from pharmacy")).scalar()
    assert watch.mark() == seen[-1]


def test_a_database_that_is_gone_has_no_mark(tmp_path: Path) -> None:
    from yaotong.store import open_store

    lost = open_store(f"sqlite:///{tmp_path / 'nowhere' / 'x.db'}", tmp_path)
    assert Watch(lost).mark() is None
