"""Registries with a past: applying frames in sequence against a plain dictionary."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from tests.databases import bare_url, database_url
from yaotong.store import Store, migrate, open_store, registry
from yaotong.store.schema import load, metadata, recall

KEY = ("batch_no", "drug_code")


def frame(rows: dict[str, str]) -> pd.DataFrame:
    """Recalls by batch: the level is the content."""
    return pd.DataFrame(
        {
            "batch_no": list(rows),
            "drug_code": "d",
            "effective_at": pd.Timestamp("2026-01-01"),
            "level": list(rows.values()),
            "row_sha": list(rows.values()),
        }
    )


def levels(store: Store, version: int | None = None) -> dict[str, str]:
    with store.read() as connection:
        found = registry.read(connection, recall, version)
    return dict(zip(found["batch_no"], found["level"], strict=True))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_store(database_url(tmp_path), tmp_path / "facts")
    migrate(made)
    yield made
    made.engine.dispose()


def test_the_migrations_make_the_tables_the_program_expects(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_change_ends_the_old_row_and_keeps_it_readable(store: Store) -> None:
    with store.write() as connection:
        assert registry.apply(connection, recall, KEY, frame({"a": "1", "b": "1"}), 1).changed == 2
        assert registry.apply(connection, recall, KEY, frame({"a": "2"}), 2) == registry.Applied(1, 0)
    assert levels(store) == {"b": "1", "a": "2"}
    assert levels(store, 1) == {"a": "1", "b": "1"}


def test_the_same_rows_again_say_nothing_new(store: Store) -> None:
    with store.write() as connection:
        registry.apply(connection, recall, KEY, frame({"a": "1"}), 1)
        assert registry.apply(connection, recall, KEY, frame({"a": "1"}), 2) == registry.Applied(0, 1)
    assert levels(store, 2) == levels(store, 1)


def test_replace_ends_what_is_no_longer_there(store: Store) -> None:
    with store.write() as connection:
        registry.replace(connection, recall, KEY, frame({"a": "1", "b": "1"}), 1)
        registry.replace(connection, recall, KEY, frame({"b": "1"}), 2)
    assert levels(store) == {"b": "1"}
    assert levels(store, 1) == {"a": "1", "b": "1"}


@given(st.lists(st.dictionaries(st.sampled_from("abcde"), st.sampled_from("123"), max_size=5), max_size=6))
def test_every_past_version_stays_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, loads: list[dict[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("registry")
    store = open_store(bare_url(folder), folder)
    recall.create(store.engine)
    model: list[dict[str, str]] = [{}]
    for version, rows in enumerate(loads, start=1):
        with store.write() as connection:
            registry.apply(connection, recall, KEY, frame(rows), version)
        model.append({**model[-1], **rows})
    assert [levels(store, version) for version in range(len(model))] == model
    store.engine.dispose()


def test_it_is_kept_since_when_a_value_has_been_said(store: Store) -> None:
    said = [{"a": "1", "b": "1"}, {"a": "2", "c": "1"}, {"a": "2", "b": "1"}, {"a": "1"}]
    with store.write() as connection:
        for version, rows in enumerate(said, start=1):
            told = dict.fromkeys(("feed", "profile", "file", "sha256", "outcome", "receipt", "sent_by"), "x")
            counts = dict.fromkeys(("rows", "accepted", "duplicates", "rejected"), 0)
            arrived = datetime(2026, 3, version, 9)
            connection.execute(
                insert(load).values(data_version=version, arrived_at=arrived, **told, **counts)
            )
            registry.apply(connection, recall, KEY, frame(rows), version)
        since = {
            at: registry.said_since(connection, recall, "batch_no", "level", at) for at in (1, 2, 3, None)
        }
    assert since == {
        1: {},
        2: {"a": date(2026, 3, 2)},
        3: {"a": date(2026, 3, 2)},
        None: {"a": date(2026, 3, 4)},
    }
