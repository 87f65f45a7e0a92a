"""The index follows the data versions, and agrees with the rule and with the page of a code."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from tests.delivery.test_worker import until
from tests.reads import ledger_region, small_region
from tests.reads.small_region import MSA, PSB
from yaotong.acts.tracing import follow_traces, sync_traces, traces_folder
from yaotong.acts.working import Worker
from yaotong.cli import cli
from yaotong.errors import Forbidden, NotFound, UsageError
from yaotong.facts import Window
from yaotong.reads import trace_codes
from yaotong.reads.trace_codes import code_view
from yaotong.rules import r_m19
from yaotong.rules.book import book
from yaotong.rules.run import run_rule
from yaotong.store.factbase import open_facts
from yaotong.traces import duty
from yaotong.traces.index import Traces
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

CODES = {
    name: f"8103300{number:013d}"
    for number, name in enumerate(("twice", "returned", "split", "rescan", "box"))
}
_SALE = ("sale_id", "pharmacy_id", "sold_at", "drug_code", "quantity", "trace_code")
LINES = [
    ("A1", "P0", "2026-03-05 10:00", "D1", 1, CODES["twice"]),
    ("A2", "P1", "2026-03-05 10:02", "D1", 1, CODES["twice"]),
    ("B1", "P0", "2026-03-05 10:00", "D1", 1, CODES["returned"]),
    ("B2", "P0", "2026-03-05 11:00", "D1", -1, CODES["returned"]),
    ("B3", "P1", "2026-03-06 11:00", "D1", 1, CODES["returned"]),
    ("C1", "P0", "2026-03-05 10:00", "D1", 0.5, CODES["split"]),
    ("C2", "P0", "2026-03-07 10:00", "D1", 0.5, CODES["split"]),
    ("E1", "P0", "2026-03-05 10:00", "D1", 1, CODES["rescan"]),
    ("E2", "P0", "2026-03-05 10:04", "D1", 1, CODES["rescan"]),
    ("F1", "P0", "2026-03-05 10:00", "D1", 10, CODES["box"]),
    ("G1", "P0", "2026-03-05 10:00", "D1", 1, "6901234567892"),
]


@pytest.fixture
def region(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setitem(ledger_region._COLUMNS, "sales", _SALE)
    made = small_region.build(tmp_path, ledger_region.NOW)
    ledger_region.send(made, tmp_path, "sales", LINES)
    return made


def test_what_the_rule_finds_the_index_finds(region: Workspace) -> None:
    made = sync_traces(region)
    assert (made.sales, made.refused, made.duplicates) == (10, 1, 1)
    facts = open_facts(region.store)
    found = run_rule(book()["R-N01"], facts, Window(date(2026, 3, 1), date(2026, 3, 31)))
    assert found["subject"].tolist() == [CODES["twice"]]
    assert sync_traces(region).sales == 0


@pytest.mark.slow
def test_the_worker_keeps_the_index_in_step(region: Workspace, tmp_path: Path) -> None:
    worker = Worker(region, lambda: ledger_region.NOW, 0.05, judges=True)
    running = threading.Thread(target=worker.run)
    running.start()
    try:
        assert until(lambda: _scans(region, CODES["twice"]) == 2, 30)
        late = ("H1", "P1", "2026-03-08 10:00", "D1", 1, CODES["twice"])
        ledger_region.send(region, tmp_path, "sales", [late])
        assert until(lambda: _scans(region, CODES["twice"]) == 3, 30)
    finally:
        worker.stop()
        running.join(30)
    assert follow_traces(region) is None
    idle = Worker(region, lambda: ledger_region.NOW, 0.05)
    assert not idle._tasks  # one that only delivers leaves the index alone


def _scans(region: Workspace, code: str) -> int:
    return len(Traces(traces_folder(region)).codes([code]).said)


def test_new_lines_alone_are_read(region: Workspace, tmp_path: Path) -> None:
    assert follow_traces(region).sales == 10  # type: ignore[union-attr]
    ledger_region.send(region, tmp_path, "sales", [("K1", "P1", "2026-03-09 10:00", "D1", 1, CODES["box"])])
    made = follow_traces(region)
    assert made is not None
    assert (made.sales, made.withdrawn) == (1, 0)


def test_a_corrected_line_takes_its_old_wording_away(region: Workspace, tmp_path: Path) -> None:
    sync_traces(region)
    other = "8103300" + "9" * 13
    ledger_region.send(region, tmp_path, "sales", [("A2", "P1", "2026-03-05 10:02", "D1", 1, other)])
    made = sync_traces(region)
    assert (made.sales, made.withdrawn, made.duplicates) == (1, 1, 0)
    index = Traces(traces_folder(region))
    told = index.codes([CODES["twice"], other])
    assert sorted(told.said.tolist()) == [0, 0, 8, 8]


def test_a_page_tells_two_points_and_an_impossible_way(region: Workspace) -> None:
    view = code_view(region, MSA, CODES["twice"])
    assert [one.said for one in view.lines] == ["first", "duplicate"]
    (leap,) = view.leaps
    assert (round(leap.hours, 2), leap.impossible) == (0.03, True)
    assert leap.km == pytest.approx(9.56, abs=0.05)
    assert view.lines[0].flags == ("purchase_unknown",)  # nobody sent purchases
    for name, said in (
        ("returned", ["first", "return", "again"]), ("split", ["split", "split"]),
        ("rescan", ["first", "rescan"]), ("box", ["bigger"]),
    ):  # fmt: skip
        told = code_view(region, PSB, CODES[name])
        assert ([one.said for one in told.lines], told.leaps) == (said, ())


_DRUG_BY_CODE = ("P0", "D1", "2025-09-05 10:00", True)
_LATELY = ("P0", "D2", "2026-03-01 10:00", False)


@pytest.mark.parametrize(
    ("ledger", "told"),
    [
        ([_DRUG_BY_CODE, _LATELY], True),
        ([_DRUG_BY_CODE, ("P0", "D2", "2026-03-07 10:00", False)], True),
        ([_DRUG_BY_CODE, ("P0", "D2", "2026-03-07 10:01", False)], False),
        ([_DRUG_BY_CODE, ("P0", "D2", "2026-02-02 09:59", False)], False),
        ([("P0", "D1", "2025-09-05 10:01", True), _LATELY], False),
        ([("P0", "D1", "2025-09-05 10:00", False), _LATELY], False),
        ([("P0", "D2", "2025-09-05 10:00", True), _LATELY], False),
        ([_DRUG_BY_CODE, ("P1", "D2", "2026-03-01 10:00", False)], False),
    ],
)
def test_a_ledger_tells_what_was_bought_where_it_names_codes_for_long_and_goes_on(
    ledger: list[tuple[object, ...]], told: bool
) -> None:
    books = pd.DataFrame(ledger, columns=["pharmacy_id", "drug_code", "received_at", "coded"])
    books["received_at"] = pd.to_datetime(books["received_at"])
    sale = {"pharmacy_id": "P0", "drug_code": "D1", "at": pd.Timestamp("2026-03-04 10:00")}
    assert trace_codes._would_tell(books, sale) is told


def test_a_pack_was_never_bought_only_where_a_ledger_would_have_told(
    region: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = ("purchase_id", "pharmacy_id", "received_at", "drug_code", "quantity", "trace_code")
    monkeypatch.setitem(ledger_region._COLUMNS, "purchases", columns)
    lately = ("O0", "P0", "2026-03-01 10:00", "D2", 1, "")
    for bought, flags in (
        (lately, ("purchase_unknown",)),
        (("O1", "P0", "2025-09-01 10:00", "D1", 1, "8103300" + "7" * 13), ("never_bought",)),
        (("O2", "P1", "2026-03-04 10:00", "D1", 1, CODES["split"]), ("other_shop",)),
        (("O3", "P0", "2026-03-04 10:00", "D1", 1, CODES["split"]), ()),
    ):
        ledger_region.send(region, tmp_path, "purchases", [bought])
        lines = code_view(region, MSA, CODES["split"]).lines
        assert [one.flags for one in lines if one.feed == "sales"] == [flags, flags]


def test_shops_elsewhere_have_no_name_and_who_may_not_see_codes_is_refused(region: Workspace) -> None:
    view = code_view(region, Viewer("w", "w", "msa", "330482001"), CODES["twice"])
    assert [(one.license_no, one.shop) for one in view.lines] == [("P0", "药店P0"), ("", "")]
    assert view.leaps[0].km is None
    with pytest.raises(NotFound):
        code_view(region, Viewer("w", "w", "msa", "330483"), CODES["twice"])
    with pytest.raises(Forbidden):
        code_view(region, Viewer("w", "w", "hc", "330482"), CODES["twice"])
    with pytest.raises(UsageError):
        code_view(region, MSA, "690123456789")


def test_the_command_line_says_what_was_refused(region: Workspace) -> None:
    home = ["--home", str(region.settings.home)]
    done = CliRunner().invoke(cli, ["traces", "sync", *home], standalone_mode=False)
    assert "重复售出 1 行" in done.output
    assert done.return_value == 1
    assert "重复售出" in CliRunner().invoke(cli, ["traces", "show", CODES["twice"], *home]).output
    assert CliRunner().invoke(cli, ["traces", "rebuild", *home], standalone_mode=False).return_value == 1


@pytest.mark.parametrize(
    ("name", "categories", "day", "paid", "packs", "said"),
    [
        ("片", "|RX|", date(2025, 6, 30), True, 1, "not_yet"),
        ("片", "|RX|", date(2025, 7, 1), True, 1, "due"),
        ("片", "|RX|", date(2025, 12, 31), False, 1, "not_yet"),
        ("片", "|RX|", date(2026, 1, 1), False, 1, "due"),
        ("片", "|RX|", date(2026, 1, 1), False, 0.5, "split_pack"),
        ("黄芪饮片", "|RX|", date(2026, 1, 1), False, 1, "uncoded_kind"),
        ("片", "|TOXIC|RX|", date(2026, 1, 1), False, 1, "uncoded_kind"),
    ],
)
def test_which_sales_owe_a_code(
    name: str, categories: str, day: date, paid: bool, packs: float, said: str
) -> None:
    assert duty.code_due(name, categories, day, paid=paid, packs=packs) == said


def test_the_days_and_kinds_are_those_of_the_rule() -> None:
    assert (duty.PAID_SINCE, duty.FULL_SINCE) == (r_m19.PAID_SINCE, r_m19.FULL_SINCE)
    assert (duty.UNCODED_NAMES, duty.UNCODED_CATEGORY) == (r_m19.UNCODED_NAMES, r_m19.UNCODED_CATEGORY)
