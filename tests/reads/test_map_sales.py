"""Sums of sales that grow with what comes are those of all sales, load by load: beside the plain twin."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from yaotong import acts
from yaotong.reads import map_sales
from yaotong.store import loads
from yaotong.store.factbase import open_sold
from yaotong.workspace import Workspace, init_workspace

NOW, FIRST = datetime(2026, 7, 1, 9), date(2026, 4, 1)
SALES = "sale_id,pharmacy_id,sold_at,drug_code,quantity,recorded_at"
DRUGS = "drug_code,drug_name,category"
CATALOGUE = ("D1,甲药,EPH|OTC_A", "D2,乙药,FOUR", "D3,丙药,RX", "D4,丁药,EPH|NARC")


class City:
    """A workspace that loads are sent to."""

    def __init__(self, folder: Path) -> None:
        self.workspace = init_workspace(folder / "home")
        self._folder, self._sent = folder, 0

    def send(self, feed: str, head: str, *lines: str) -> None:
        self._sent += 1
        path = self._folder / f"{feed}-{self._sent}.csv"
        path.write_text("\n".join([head, *lines]) + "\n", "utf-8")
        receipt = acts.take_in(self.workspace, path, feed=feed, now=NOW + timedelta(minutes=self._sent))
        assert receipt.accepted, receipt

    @property
    def version(self) -> int:
        with self.workspace.store.read() as connection:
            return loads.current_version(connection)


@pytest.fixture
def city(tmp_path: Path) -> City:
    made = City(tmp_path)
    made.send("drugs", DRUGS, *CATALOGUE)
    return made


def _lines(rng: random.Random, numbers: range, shops: str = "甲乙丙") -> list[str]:
    return [
        f"S{one},店{rng.choice(shops)},{FIRST + timedelta(days=rng.randrange(60))} 10:00:00,"
        f"D{rng.randint(1, 4)},{rng.choice(['1', '2.5', '-1', '0.3'])},2026-06-01 08:00:00"
        for one in numbers
    ]


def _read(workspace: Workspace, version: int) -> map_sales.DailySales:
    with workspace.store.read() as connection:
        found = map_sales.read_sales(workspace, connection, version)
    assert isinstance(found, map_sales.DailySales)
    return found


def _told(sales: map_sales.DailySales) -> list[object]:
    told: list[object] = [sales.first_day, sales.last_day, list(sales.shops)]
    for day, window in ((FIRST + timedelta(days=59), 30), (FIRST + timedelta(days=20), 7), (FIRST, 1)):
        on, names = sales.on(day, window), pd.Index(["店甲", "店乙", "店丙", "店丁", "nobody"], dtype=object)
        frame = on.packs_of(names)
        frame = frame[frame["packs"].abs() > 0]  # what came and was brought back is nothing
        told += [sorted(frame.itertuples(index=False, name=None)), on.last_of(names).tolist()]
    return told


def _plain(workspace: Workspace, version: int) -> map_sales.DailySales:
    return map_sales.daily(open_sold(workspace.store, version))


def test_sums_grow_load_by_load_to_those_of_all_sales(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(7)
    city.send("sales", SALES, *_lines(rng, range(400)))
    assert _told(_read(city.workspace, city.version)) == _told(_plain(city.workspace, city.version))
    read: list[int] = []

    def noted(*args: object, since: int = -1) -> object:
        read.append(since)
        return open_sold(*args, since=since)  # type: ignore[arg-type]

    monkeypatch.setattr(map_sales, "open_sold", noted)
    # A few lines; a new shop before the others by name, and on a day before all others; no sales at all.
    steps = (
        ("sales", SALES, _lines(rng, range(400, 420))),
        ("sales", SALES, ["N1,店丁,2026-03-01 09:00:00,D1,3,2026-06-01 08:00:00"]),
        ("recalls", "batch_no,drug_code,effective_at,level", ["B1,D1,2026-05-01 00:00:00,1"]),
        ("sales", SALES, _lines(rng, range(420, 440), "甲丁戊")),
    )
    for feed, head, lines in steps:
        city.send(feed, head, *lines)
        assert _told(_read(city.workspace, city.version)) == _told(_plain(city.workspace, city.version))
    assert len(read) == 3, "what changes no sales reads none"
    assert min(read) > 0, "only what came since was read"


def test_corrections_drugs_and_the_past_are_read_whole(city: City) -> None:
    rng = random.Random(8)
    first = _lines(rng, range(200))
    city.send("sales", SALES, *first)
    old = city.version
    before = _told(_read(city.workspace, old))
    shop, drug = first[0].split(",")[1], "D1"
    city.send("sales", SALES, f"S0,{shop},2026-05-29 10:00:00,{drug},40,2026-06-02 08:00:00")
    assert _told(_read(city.workspace, city.version)) == _told(_plain(city.workspace, city.version)) != before
    changed = _told(_read(city.workspace, city.version))
    city.send("drugs", DRUGS, "D3,丙药,RX|EPH")
    assert (
        _told(_read(city.workspace, city.version)) == _told(_plain(city.workspace, city.version)) != changed
    )
    map_sales._sales.cache_clear()
    assert _told(_read(city.workspace, old)) == before


def test_much_at_once_is_added_up_anew_and_too_much_is_not_kept(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(9)
    city.send("sales", SALES, *_lines(rng, range(100)))
    _read(city.workspace, city.version)
    monkeypatch.setattr(map_sales, "_FEW", 10)
    city.send("sales", SALES, *_lines(rng, range(100, 121)))
    assert map_sales._grown(city.workspace, city.version, 1_000) is None
    monkeypatch.setattr(map_sales, "_FEW", 21)
    assert map_sales._grown(city.workspace, city.version, 1_000) is not None
    assert map_sales._grown(city.workspace, city.version, 121) is not None
    assert map_sales._grown(city.workspace, city.version, 120) is None


def test_sums_under_one_number_come_apart_as_they_were_put_together() -> None:
    rng = np.random.default_rng(3)
    days, shop = (rng.integers(0, 20_000, 500), rng.integers(0, 9, 500))
    category = rng.integers(0, len(map_sales.NAMES), 500)
    keyed = map_sales._Keyed.of(9, *(one.astype(np.int32) for one in (days, shop, category)), np.ones(500))
    apart = list(zip(*(one.tolist() for one in keyed.parts()), strict=True))
    assert apart == sorted(set(zip(days.tolist(), shop.tolist(), category.tolist(), strict=True)))
    assert keyed.packs.sum() == 500
