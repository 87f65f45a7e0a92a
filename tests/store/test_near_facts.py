"""What a night has at hand says what the facts say, whatever became of it meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.cities import city
from yaotong.facts import FACT_MOMENTS, LINKS, Facts, Window
from yaotong.nearfacts import NearFacts
from yaotong.rules.book import book
from yaotong.rules.run import run_rule
from yaotong.rules.scope import narrowed
from yaotong.store import loads, recent, shopdays
from yaotong.store.athand import near
from yaotong.store.factbase import open_facts
from yaotong.workspace import Workspace


@pytest.fixture(scope="module")
def small() -> Workspace:
    return city("small")


@pytest.fixture(scope="module")
def both(small: Workspace) -> tuple[Facts, NearFacts]:
    """The plain facts and those with what is at hand, the first months left in the files."""
    with small.store.read() as connection:
        version = loads.current_version(connection)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recent, "_DAYS", 40)
        at_hand = near(open_facts(small.store, version=version), small.store, version, recent=True)
    assert isinstance(at_hand, NearFacts)
    return open_facts(small.store, version=version), at_hand


def rows(table: Any) -> list[tuple[Any, ...]]:
    frame = table if hasattr(table, "num_rows") else table.to_pyarrow()
    return sorted(map(tuple, frame.to_pandas().astype(str).to_numpy().tolist()))


def moment_of(facts: Facts, days: int) -> datetime:
    last = facts.sales.sold_at.max().to_pandas().to_pydatetime()
    return datetime.combine(last.date(), datetime.min.time()) - timedelta(days=days)


@pytest.mark.parametrize("feed", list(FACT_MOMENTS))
def test_a_feed_is_the_same_with_its_last_months_in_memory(both: tuple[Facts, NearFacts], feed: str) -> None:
    plain, quick = (getattr(one, feed) for one in both)
    assert plain.schema().names == quick.schema().names
    assert rows(plain.order_by("line_id").limit(500)) == rows(quick.order_by("line_id").limit(500))
    assert plain.line_id.nunique().to_pandas() == quick.line_id.nunique().to_pandas()
    assert plain.count().to_pandas() == quick.count().to_pandas()


def test_months_that_do_not_fit_stay_in_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"sales": recent.FilesInForce([("a", "2026-05", 40), ("b", "2026-06", 30)])}
    last = datetime(2026, 6, 30).date()
    for room, month in ((100, "2026-05"), (69, "2026-06"), (29, None)):
        monkeypatch.setattr(recent, "MOST_LINES", room)
        assert recent.first_month(files, last) == month


@pytest.mark.parametrize(("link", "feed"), [(link, feed) for link in LINKS for feed in LINKS[link]])
def test_lines_that_share_a_key_are_those_of_a_plain_look(
    both: tuple[Facts, NearFacts], link: Any, feed: str
) -> None:
    plain, quick = both
    since = moment_of(plain, 2)
    keys: set[str] = set()
    for other, column in LINKS[link].items():
        lines = getattr(plain, other)
        told = lines.filter(lines[FACT_MOMENTS[other]] >= since).select(key=lines[column]).to_pandas()["key"]
        keys |= set(told.dropna())
    every = getattr(plain, feed).to_pandas()
    wanted = set(every.loc[every[LINKS[link][feed]].isin(keys), "line_id"])
    found = quick.sharing(feed, link, since).to_pandas()
    assert set(found["line_id"]) == wanted
    assert wanted or feed != "sales"
    assert len(found) == len(wanted)


def test_lines_of_long_ago_are_all_lines(both: tuple[Facts, NearFacts]) -> None:
    plain, quick = both
    far = quick.sharing("sales", "trace_code", moment_of(plain, 60))
    assert far.count().to_pandas() == plain.sales.count().to_pandas()


def test_an_earlier_moment_after_a_later_one_is_looked_up_anew(both: tuple[Facts, NearFacts]) -> None:
    plain, quick = both
    counts = [
        quick.sharing("sales", "trace_code", moment_of(plain, days)).count().to_pandas() for days in (0, 9, 0)
    ]
    assert 0 < counts[0] < counts[1] <= counts[2]  # those of more days serve for fewer


def test_days_of_shops_are_counted_alike(both: tuple[Facts, NearFacts]) -> None:
    plain, quick = both
    since, until = moment_of(plain, 40), moment_of(plain, 3)
    assert rows(plain.shop_days(since, until)) == rows(quick.shop_days(since, until))
    assert rows(plain.first_sold()) == rows(quick.first_sold())


@pytest.mark.parametrize("apart", ["pharmacy", "buyer", "trace_code"])
def test_facts_of_a_few_stay_those_of_the_few(both: tuple[Facts, NearFacts], apart: Any) -> None:
    since, until = moment_of(both[0], 5), moment_of(both[0], 0)
    told = []
    for facts in both:
        column = {"pharmacy": "pharmacy_id", "buyer": "buyer_key", "trace_code": "trace_code"}[apart]
        some = facts.sales.filter(facts.sales[column].notnull()).select(key=column).distinct()
        few = narrowed(facts, apart, some.order_by("key").limit(3))
        shared = few.sharing("sales", "trace_code", since)
        late = shared.filter(shared.sold_at >= since, shared.trace_code.notnull())
        told.append((rows(late), rows(few.shop_days(since, until)), rows(few.first_sold())))
    assert told[0] == told[1]


@pytest.mark.fault("corrupt-files")
def test_counts_are_kept_beside_the_files_and_a_torn_entry_is_made_anew(
    small: Workspace, tmp_path: Path
) -> None:
    with small.store.read() as connection:
        version = loads.current_version(connection)
        (tmp_path / "sales").symlink_to((small.store.facts_dir / "sales").resolve())
        first = shopdays.shop_days(connection, tmp_path, version)
        kept = tmp_path / "days" / "sales.bin"
        whole = kept.read_bytes()
        assert rows(shopdays.shop_days(connection, tmp_path, version)) == rows(first)
        assert kept.read_bytes() == whole
        kept.write_bytes(whole[:-7])
        assert rows(shopdays.shop_days(connection, tmp_path, version)) == rows(first)
        kept.write_bytes(b"no such thing")
        assert rows(shopdays.shop_days(connection, tmp_path, version)) == rows(first)
        kept.unlink()
        kept.mkdir()  # what cannot be kept is worked out
        assert rows(shopdays.shop_days(connection, tmp_path, version)) == rows(first)


@pytest.mark.slow
@pytest.mark.parametrize("rule_id", [one.rule_id for one in book().values() if one.apart])
def test_a_rule_about_one_subject_reads_no_sales_further_back_than_it_says(
    both: tuple[Facts, NearFacts], rule_id: str
) -> None:
    """What `NearFacts.late` rests on; the sales before are cut off here, and nothing may change."""
    rule, plain = book()[rule_id], both[0]
    for days in (0, 5, 17):
        day = moment_of(plain, days).date()
        window = Window(day - timedelta(days=3), day)
        start = window.widened(rule.lookback_days + 1).start
        late = replace(plain, sales=plain.sales.filter(plain.sales.sold_at >= start))
        found = [rows(pa.Table.from_pandas(run_rule(rule, facts, window))) for facts in (plain, late)]
        assert found[0] == found[1]


def test_sales_of_the_last_months_stand_alone_only_for_who_reads_no_others(
    both: tuple[Facts, NearFacts],
) -> None:
    plain, quick = both
    late = quick.late(moment_of(plain, 30)).sales
    assert plain.sales.count().to_pandas() > late.count().to_pandas() > 0
    assert late.sold_at.min().to_pandas().day == 1
    since = moment_of(plain, 90)  # further back than what is in memory: the files, from then on
    far = plain.sales.filter(plain.sales.sold_at >= since)
    assert rows(quick.late(since).sales.to_pyarrow()) == rows(far.to_pyarrow())
