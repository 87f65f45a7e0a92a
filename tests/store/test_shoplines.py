"""What is read of a few shops, of a buyer and of a few ids is what the facts hold of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.databases import database_url
from tests.staged import put_sales, sales_table
from yaotong.errors import StoreError
from yaotong.store import Store, factfiles, migrate, open_store
from yaotong.store.factbase import open_lines
from yaotong.store.linelookup import lines_by_id
from yaotong.store.shoplines import of_categories, sold_days, sold_span

# A licence number may hold the sign that parts an id.
SHOPS = ("甲", "甲/1", "乙", "丙")
TOWNS = {"甲": "330482001", "甲/1": "330482001", "乙": "330482002", "丙": "330482101"}
FIRST = date(2026, 1, 20)


def _sales(rng: np.random.Generator, numbers: list[int]) -> pd.DataFrame:
    shops = [SHOPS[one % len(SHOPS)] for one in numbers]
    return pd.DataFrame(
        {
            "pharmacy_id": shops,
            "sale_id": [str(one) for one in numbers],
            "sold_at": [
                datetime.combine(FIRST, datetime.min.time())
                + timedelta(days=int(rng.integers(90)), seconds=int(rng.choice([0, 1, 86_399, 40_000])))
                for _ in numbers
            ],
            "drug_code": [f"D{rng.integers(4)}" for _ in numbers],
            "quantity": rng.choice([-1.0, 1.0, 2.5, 6.0], len(numbers)),
            "buyer_key": [f"b{rng.integers(9)}" for _ in numbers],
            "line_id": [f"{shop}/{one}" for shop, one in zip(shops, numbers, strict=True)],
        }
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Three months of four shops; a third of the lines was corrected, mostly onto other days."""
    rng = np.random.default_rng(8)
    made = open_store(database_url(tmp_path), tmp_path / "facts")
    made.facts_dir.mkdir()
    migrate(made)
    first = _sales(rng, list(range(600)))
    put_sales(made, first, TOWNS, 1)
    put_sales(made, _sales(rng, list(range(200))), TOWNS, 2)
    shas = [one.hex() for one in sales_table(first)["line_sha"].to_pylist()[:200]]
    ended = [factfiles.Ended(one, sha) for one, sha in zip(first["line_id"], shas, strict=False)]
    with made.write() as connection:
        factfiles.correct(connection, "sales", ended, 2)
    yield made
    made.engine.dispose()


def _held(store: Store) -> pd.DataFrame:
    return open_lines(store, "sales").to_pandas()


def _summed(lines: pd.DataFrame) -> list[tuple[str, str, int, float]]:
    told = lines.assign(day=lines["sold_at"].dt.strftime("%Y-%m-%d"))
    grouped = told.groupby(["day", "drug_code"])["quantity"].agg(["size", "sum"])
    return [(*key, int(row["size"]), float(row["sum"])) for key, row in grouped.iterrows()]


def _told(found: pd.DataFrame) -> list[tuple[str, str, int, float]]:
    days = pd.to_datetime(found["day"]).dt.strftime("%Y-%m-%d")
    return sorted(zip(days, found["drug_code"], found["lines"], found["packs"], strict=True))


@pytest.mark.parametrize(
    ("since", "until"),
    [(FIRST, FIRST + timedelta(days=90)), (date(2026, 2, 1), date(2026, 2, 28)), (FIRST, FIRST)],
)
def test_days_of_shops_and_of_a_buyer_are_those_of_the_facts(store: Store, since: date, until: date) -> None:
    held = _held(store)
    within = held[(held["sold_at"] >= str(since)) & (held["sold_at"] < str(until + timedelta(days=1)))]
    assert _told(sold_days(store, since, until)) == _summed(within)
    for shops in (["甲"], ["甲/1", "丙"], ["nobody"]):
        mine = within[within["pharmacy_id"].isin(shops)]
        assert _told(sold_days(store, since, until, shops=shops)) == _summed(mine)
    bought = within[within["buyer_key"] == "b3"]
    assert _told(sold_days(store, since, until, buyer="b3")) == _summed(bought)
    assert sold_days(store, since, until, shops=[]).empty


def test_nothing_of_months_without_files(store: Store) -> None:
    assert sold_days(store, date(2025, 1, 1), date(2025, 12, 31)).empty


def test_the_span_of_all_sales_passes_over_months_whose_lines_no_longer_hold(store: Store) -> None:
    held = _held(store)
    assert sold_span(store) == (held["sold_at"].min().date(), held["sold_at"].max().date())
    late = _sales(np.random.default_rng(1), [900]).assign(sold_at=datetime(2027, 1, 1))
    put_sales(store, late, TOWNS, 3)
    assert sold_span(store) == (held["sold_at"].min().date(), date(2027, 1, 1))
    sha = sales_table(late)["line_sha"].to_pylist()[0].hex()
    with store.write() as connection:
        factfiles.correct(connection, "sales", [factfiles.Ended(late["line_id"].iloc[0], sha)], 4)
    assert sold_span(store) == (held["sold_at"].min().date(), held["sold_at"].max().date())


def test_before_any_sale_there_is_no_span(tmp_path: Path) -> None:
    empty = open_store(database_url(tmp_path), tmp_path / "facts")
    empty.facts_dir.mkdir()
    migrate(empty)
    assert sold_span(empty) is None
    assert lines_by_id(empty, "sales", ["甲/1"]).empty
    empty.engine.dispose()


def test_lines_are_found_by_their_ids_in_their_months_and_outside(store: Store) -> None:
    held = _held(store).set_index("line_id")
    rng = np.random.default_rng(2)
    wanted = [str(one) for one in rng.choice(held.index, 60, replace=False)]
    february = (date(2026, 2, 3), date(2026, 2, 9))
    near = lines_by_id(store, "sales", wanted, february)
    far = lines_by_id(store, "sales", wanted, february, outside=True)
    assert set(near["sold_at"].dt.month) == {2}
    assert 2 not in set(far["sold_at"].dt.month)
    both = pd.concat([near, far]).set_index("line_id")
    assert sorted(both.index) == sorted(wanted)
    for name in ("sold_at", "quantity", "buyer_key", "pharmacy_id"):
        assert both[name].to_dict() == held.loc[wanted, name].to_dict()
    everywhere = lines_by_id(store, "sales", [*wanted, "nobody/1"])
    assert sorted(everywhere["line_id"]) == sorted(wanted)


def test_a_missing_file_is_told_and_the_remedy(store: Store) -> None:
    with store.read() as connection:
        paths = factfiles.paths(connection, store.facts_dir, "sales")
    Path(paths[0]).unlink()
    for ask in (
        lambda: lines_by_id(store, "sales", ["甲/0"]),
        lambda: sold_days(store, FIRST, FIRST + timedelta(days=90)),
    ):
        with pytest.raises(StoreError, match="从备份恢复"):
            ask()


def test_a_drug_counts_by_what_the_catalogue_says_of_the_day() -> None:
    days = pd.to_datetime(["2024-06-30", "2024-07-01", "2024-07-01"])
    sold = pd.DataFrame({"day": days, "drug_code": ["D", "D", "E"], "lines": 1, "packs": [1.0, 2.0, 4.0]})
    drugs = pd.DataFrame(
        {
            "drug_code": ["D", "D", "E"],
            "categories": ["|RX|", "|RX|DXM|", None],
            "valid_from": [date(1900, 1, 1), date(2024, 7, 1), date(1900, 1, 1)],
            "valid_to": [date(2024, 6, 30), date(9999, 12, 31), date(9999, 12, 31)],
        }
    )
    assert of_categories(sold, drugs, ["DXM"])["packs"].tolist() == [2.0]
    assert of_categories(sold, drugs, ["RX"])["packs"].tolist() == [1.0, 2.0]
    assert of_categories(sold, drugs, ["DX"]).empty
