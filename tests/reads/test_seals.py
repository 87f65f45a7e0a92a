"""What is told of a seal and of a trace code: both sides of every border, and corrected lines beside a twin."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from yaotong.acts.intake import take_in
from yaotong.errors import UsageError
from yaotong.reads.seals import ORDER_WITHIN, look_up, seal_state, trace_state
from yaotong.store import soldcodes
from yaotong.store.soldcodes import Told, plain
from yaotong.workspace import Workspace, init_workspace

AT = datetime(2026, 6, 1, 10)
NOW = datetime(2026, 7, 1, 9)
SHOPS = """license_no,name,address,lon,lat,crs
A,甲药房,某路 1 号,121.02,30.68,wgs84
B,乙药房,某路 2 号,121.03,30.68,wgs84
"""
DRUGS = "drug_code,drug_name,category\nD1,感冒灵,OTC_A\n"
HEAD = "sale_id,pharmacy_id,sold_at,drug_code,trace_code,quantity,channel,seal_id,recorded_at\n"
PACK = "81036435296563459260"


def _line(minutes: float, sign: int = 1) -> Told:
    return Told("A", AT + timedelta(minutes=minutes), sign)


@pytest.mark.parametrize(
    ("lines", "opened", "state"),
    [
        ([], None, "unknown"),
        ([_line(0, -1)], None, "unknown"),
        ([_line(0)], None, "genuine"),
        ([_line(0)], NOW, "opened"),
        ([_line(0), _line(ORDER_WITHIN.seconds / 60)], None, "genuine"),
        ([_line(0), _line(ORDER_WITHIN.seconds / 60 + 1)], None, "again"),
        ([_line(0), _line(60 * 24 * 400)], NOW, "again"),
        ([_line(0), _line(90, -1)], None, "returned"),
        ([_line(0), _line(5), _line(90, -1)], None, "genuine"),
    ],
)
def test_what_the_lines_of_a_seal_say(lines: list[Told], opened: datetime | None, state: str) -> None:
    assert seal_state(lines, opened) == state


@pytest.mark.parametrize(
    ("signs", "state"),
    [([], "none"), ([1, -1], "none"), ([1], "one"), ([1, -1, 1], "one"), ([1, 1], "many"), ([-1], "none")],
)
def test_how_often_a_pack_was_sold(signs: list[int], state: str) -> None:
    assert trace_state(tuple(_line(number, sign) for number, sign in enumerate(signs))) == state


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    home = tmp_path_factory.mktemp("seals")
    made = init_workspace(home / "home")
    sales = (
        f"1,A,2026-06-01 10:00,D1,{PACK},1,delivery,FQ-0001,2026-06-01 11:00",
        "2,A,2026-06-01 10:05,D1,,1,delivery,FQ-0001,2026-06-01 11:00",
        "3,A,2026-06-02 10:00,D1,,1,delivery,FQ-0002,2026-06-02 11:00",
        "4,A,2026-06-03 10:00,D1,,1,delivery,FQ-0002,2026-06-03 11:00",
        "5,B,2026-06-03 10:00,D1,,1,delivery,FQ-0001,2026-06-03 11:00",
        "6,B,2026-06-04 10:00,D1,,1,delivery,FQ-0009,2026-06-04 11:00",
    )
    # The shop had mistyped: the last line bore another seal, and the pack was sold once more.
    mended = (
        "6,B,2026-06-04 10:00,D1,,1,delivery,FQ-0010,2026-06-05 11:00",
        f"7,B,2026-06-04 12:00,D1,{PACK},1,store,,2026-06-05 11:00",
    )
    for name, feed, text in (
        ("shops", "pharmacies", SHOPS),
        ("drugs", "drugs", DRUGS),
        ("sales", "sales", HEAD + "\n".join(sales)),
        ("mended", "sales", HEAD + "\n".join(mended)),
    ):
        path = home / f"{name}.csv"
        path.write_text(text, "utf-8")
        assert take_in(made, path, feed=feed, now=NOW).accepted
    return made


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("FQ-0001", {("甲药房", "genuine"), ("乙药房", "genuine")}),
        (" fq 0001 ", {("甲药房", "genuine"), ("乙药房", "genuine")}),
        ("ＦＱ０００２", {("甲药房", "again")}),
        ("FQ-0009", set()),  # corrected away
        ("FQ-0010", {("乙药房", "genuine")}),
        ("FQ-0011", set()),
    ],
)
def test_a_seal_is_found_in_its_last_wording(ws: Workspace, code: str, told: set[tuple[str, str]]) -> None:
    answer = look_up(ws, code)
    assert {(one.shop, one.state) for one in answer.seals} == told
    assert (answer.trace, answer.data_until) == (None, NOW)


def test_a_pack_sold_in_two_shops_is_told(ws: Workspace) -> None:
    assert look_up(ws, PACK).trace == "many"
    assert look_up(ws, PACK[:-1] + "1").trace == "none"


@pytest.mark.parametrize("code", ["", "123", "x" * 41, "封签一二三四", "FQ;drop", "\0\0\0\0"])
def test_what_is_no_code_is_refused_without_being_repeated(ws: Workspace, code: str) -> None:
    with pytest.raises(UsageError) as told:
        look_up(ws, code)
    assert len(code) < 3 or code not in str(told.value)


def test_beside_the_facts_nothing_is_kept_in_the_clear(ws: Workspace) -> None:
    """Without the key the hashes are nobody's; and what is made twice is the same."""
    look_up(ws, "FQ-0001")
    kept = sorted((ws.store.facts_dir / "codes").iterdir())
    assert len(kept) >= 4
    for one in kept:
        content = one.read_bytes()
        assert not any(text in content for text in (b"FQ0001", b"FQ-0001", PACK.encode()))
    before = {one.name: one.read_bytes() for one in kept}
    for one in kept:
        one.unlink()
    soldcodes._mapped.cache_clear()
    look_up(ws, "FQ-0001")
    assert {one.name: one.read_bytes() for one in (ws.store.facts_dir / "codes").iterdir()} == before


def test_only_these_columns_of_sales_are_opened() -> None:
    text = Path(str(soldcodes.__file__)).read_text("utf-8")
    assert text.count("iter_batches(1 << 17, columns=list(_COLUMNS))") == text.count("ParquetFile(") == 1
    told = {"seal_id", "trace_code", "pharmacy_id", "sold_at", "quantity", "line_sha"}
    assert set(soldcodes._COLUMNS) == told


def test_people_and_scanners_add_what_does_not_count() -> None:
    assert plain(" fq－00 1\n") == "FQ001"
