"""A register brought up to date says, finds and filters as one read anew: random loads beside the plain twin."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import insert, select

from yaotong.reads import register as module
from yaotong.reads.fitting import Wanted, fitting
from yaotong.reads.register import Register
from yaotong.store import loads, registry
from yaotong.store.schema import area, load, pharmacy, placement
from yaotong.workspace import Workspace, init_workspace

DAY, NOON = date(2026, 3, 31), datetime(2026, 3, 31, 12)
WISHES = (
    Wanted(), Wanted(open_at=NOON), Wanted(insurance=True), Wanted(services=("delivery",)), Wanted(drug="RX"),
    Wanted(text="新"), Wanted(all_night=True), Wanted(area_code="330482001"),
)  # fmt: skip
HOURS = ("24/7", "Mo-Su 08:00-21:00", None, "Mo-Fr 07:30-20:00")


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return init_workspace(tmp_path / "home")


def _entry(rng: np.random.Generator, code: str) -> dict[str, Any]:
    empty = dict.fromkeys(one.name for one in pharmacy.c if one.name != "row_id")
    located = rng.random() < 0.9
    return {
        **empty, "license_no": code, "name": f"药房{rng.integers(9)}", "address": "某路", "row_sha": "0" * 32,
        "lon": 121 + float(rng.random()) if located else None, "lat": 30.5 if located else None,
        "phone": f"0573-{rng.integers(99)}", "opening_hours": HOURS[rng.integers(len(HOURS))],
        "insurance_designated": [True, False, None][rng.integers(3)], "scope": ["|RX|", "|OTC_A|COLD|", None][rng.integers(3)],
        "services": ["delivery|night", "cold_chain", None][rng.integers(3)], "status": ["active", "closed"][int(rng.random() < 0.1)],
        "valid_to": [None, date(2030, 1, 31), date(2026, 1, 1)][rng.integers(3)],
    }  # fmt: skip


def _load(
    ws: Workspace, entries: list[dict[str, Any]], gone: list[str], places: dict[str, str | None]
) -> None:
    with ws.store.write() as connection:
        version = loads.next_version(connection)
        for table, rows in ((pharmacy, entries), (placement, [_placed(*one) for one in places.items()])):
            ended = [*gone, *(one["license_no"] for one in rows)]
            ids = select(table.c.row_id).where(table.c.license_no.in_(ended), table.c.until_version.is_(None))
            registry.end(connection, table, list(connection.execute(ids).scalars()), version)
            if rows:
                connection.execute(insert(table), [{**one, "since_version": version} for one in rows])
        counts = {"rows": 1, "accepted": 1, "duplicates": 0, "rejected": 0, "outcome": "accepted"}
        said = {
            "feed": "pharmacies",
            "profile": "",
            "file": "x",
            "sha256": f"{version}",
            "receipt": "{}",
            "sent_by": "x",
        }
        connection.execute(
            insert(load),
            {**counts, **said, "data_version": version, "arrived_at": datetime(2026, 1, version)},
        )


def _placed(code: str, where: str | None) -> dict[str, Any]:
    return {"license_no": code, "area_code": where, "place": "inside", "row_sha": "0" * 32}


def _same(one: Register, twin: Register) -> None:
    pd.testing.assert_frame_equal(one.shops, twin.shops)
    assert (one.version, one.sources, one.towns) == (twin.version, twin.sources, twin.towns)
    for wish in WISHES:
        np.testing.assert_array_equal(fitting(one.shelf, wish, DAY), fitting(twin.shelf, wish, DAY))
        found = one.index.query(121.4, 30.5, 7, keep=one.chosen(wish, DAY))
        expected = twin.index.query(121.4, 30.5, 7, keep=twin.chosen(wish, DAY))
        np.testing.assert_array_equal(found, expected)
    for number in range(len(twin.shops)):
        assert [str(value) for value in one.row(number).values()] == [
            str(value) for value in twin.row(number).values()
        ]
        assert one.number_of(str(twin.shops["license_no"].iloc[number])) == number


def test_every_load_leaves_the_register_as_if_it_were_read_anew(ws: Workspace) -> None:
    rng = np.random.default_rng(5)
    towns = ("330482001", "330482002", None)
    codes = [f"浙{number:03d}" for number in range(40)]
    _load(ws, [_entry(rng, one) for one in codes], [], {one: towns[rng.integers(3)] for one in codes})
    known = module._read(ws)
    for step in range(16):
        some = [str(one) for one in rng.choice(codes, 3, replace=False)]
        new = [f"浙{rng.integers(200, 999)}"] if step % 4 == 1 else []
        gone = [codes.pop(int(rng.integers(len(codes))))] if step % 4 == 2 else []
        told = [one for one in {*some, *new} if one not in gone]
        entries = [_entry(rng, one) for one in told] if step % 3 else []
        if step % 5 == 3:  # the same entries, telling of a place no more than before
            entries = [{**one, "lon": 121.4, "lat": 30.5} for one in entries]
        _load(ws, entries, gone, {one: towns[rng.integers(3)] for one in told} if step % 2 else {})
        codes = sorted({*codes, *new})
        known = module._read(ws, known)
        _same(known, module._read(ws))


def test_what_stayed_is_not_built_again(ws: Workspace) -> None:
    rng = np.random.default_rng(6)
    entries = [_entry(rng, f"A{number}") for number in range(5)]
    _load(ws, entries, [], {})
    known = module._read(ws)
    _load(ws, [{**entries[2], "phone": "1"}], [], {})
    rung = module._read(ws, known)
    assert rung.index is known.index
    assert rung.row(2)["phone"] == "1"
    assert known.row(2)["phone"] != "1"  # whoever still holds the old one sees it whole
    _load(ws, [{**entries[2], "lon": 120.0}], [], {})
    assert module._read(ws, rung).index is not rung.index


def test_new_areas_make_all_of_it_anew(ws: Workspace) -> None:
    rng = np.random.default_rng(7)
    _load(ws, [_entry(rng, "A")], [], {"A": "330482001"})
    known = module._read(ws)
    with ws.store.write() as connection:
        version = loads.next_version(connection)
        said = dict.fromkeys(one.name for one in area.c if one.name != "row_id")
        outline = bytes.fromhex(
            "0103000000010000000400000000000000000000000000000000000000000000000000f03f0000000000000000000000000000f03f000000000000f03f00000000000000000000000000000000"
        )
        connection.execute(
            insert(area),
            {
                **said,
                "area_code": "330482001",
                "area_name": "当湖",
                "geometry": outline,
                "row_sha": "0",
                "since_version": version,
            },
        )
        row = dict(connection.execute(select(load).limit(1)).mappings().one())
        row.pop("load_id")
        connection.execute(insert(load), {**row, "data_version": version, "feed": "areas"})
    found = module._read(ws, known)
    assert found.row(0)["area_name"] == "当湖"
    assert [one.area_code for one in found.towns] == ["330482001"]
