"""The ledger from files to what a department sees, and from one data version to the next."""

from __future__ import annotations

from pathlib import Path

import pytest
from pandas.testing import assert_frame_equal

from tests.reads import ledger_region
from tests.reads.small_region import MSA, register
from yaotong.errors import Forbidden, NotFound
from yaotong.reads import ledger_region as kept
from yaotong.reads.drug_way import drug_way
from yaotong.reads.ledger_lines import ledger_from
from yaotong.reads.ledger_view import Asked, ledger_view, shop_ledger
from yaotong.store.factbase import open_facts
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

EAST = Viewer("east", "丙", "msa", "330482002")


@pytest.fixture
def region(tmp_path: Path) -> Workspace:
    return ledger_region.build(tmp_path)


def test_a_diversion_is_told_with_its_arithmetic_and_a_theft_explains_itself(region: Workspace) -> None:
    view = ledger_view(region, MSA, Asked())
    told = {one["pharmacy_id"]: (one["verdict"], one["gap"]) for one in view.rows}
    assert told == {"P0": ("missing", 5.0), "P1": ("balanced", 0.0)}
    assert (view.verdicts["missing"], view.verdicts["balanced"]) == (1, 1)
    month = next(one for one in shop_ledger(region, MSA, "P0", "2026-03").rows if not one["lot"])
    assert month["arithmetic"] == "? + 30 − 4 − 20 + 1 − [5] = 7"  # the first count lies in the month
    assert ledger_view(region, MSA, Asked(verdict="missing")).matching == 1
    assert ledger_view(region, MSA, Asked(text="nobody")).matching == 0


def test_each_sees_the_shops_of_their_own_area(region: Workspace) -> None:
    assert {one["pharmacy_id"] for one in ledger_view(region, EAST, Asked()).rows} == {"P1"}
    assert shop_ledger(region, EAST, "P1").name == "药店P1"
    with pytest.raises(NotFound):
        shop_ledger(region, EAST, "P0")
    for department in ("hc", "nhsa"):
        with pytest.raises(Forbidden):
            ledger_view(region, Viewer("x", "x", department, "330482", "leader"), Asked())


def test_a_way_tells_where_packs_came_from_and_went(region: Workspace) -> None:
    way = drug_way(region, MSA, "D1")
    flows = {(a, b): packs for a, b, packs in way.flows.itertuples(index=False)}
    assert flows["supplier:?", "shop:P0"] == 30
    assert flows["shop:P0", "end:sold_unknown"] == 19
    assert flows["shop:P0", "end:moved_out"] == 4
    assert flows["supplier:>", "shop:P1"] == 4
    assert flows["shop:P1", "end:lost"] == 1
    assert flows["shop:P0", "end:shelf"] == 7
    assert way.moved == (("P0", "P1", 4.0),)
    assert way.lots == (("L1", 20.0),)
    assert drug_way(region, MSA, "D1", "L1").lot == "L1"
    for code, lot in (("D9", ""), ("D1", "L9")):
        with pytest.raises(NotFound):
            drug_way(region, MSA, code, lot)


def test_a_new_version_reckons_only_the_shops_it_touched(
    region: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.region_ledger(region)
    asked: list[object] = []

    def noted(facts: object, *, shops: object = None, drugs: object = None) -> object:
        asked.append(shops)
        return ledger_from(facts, shops=shops, drugs=drugs)  # type: ignore[arg-type]

    monkeypatch.setattr(kept, "ledger_from", noted)
    late = [("G9", "P0", "2026-03-30 09:00", "", "D1", "L1", -5)]
    ledger_region.send(region, tmp_path, "purchases", late)
    ledger_region.send(region, tmp_path, "sales", [("S5", "P0", "2026-03-05 10:00", "D1", 3, "L1", "")])
    told = kept.region_ledger(region)
    assert asked == [frozenset({"P0"})]
    whole = ledger_from(open_facts(region.store))
    assert_frame_equal(told.spans, whole.spans, check_dtype=False)
    assert_frame_equal(told.months, whole.months, check_dtype=False)
    mine = told.spans[(told.spans["pharmacy_id"] == "P0") & (told.spans["lot"] == "")]
    assert mine["gap"].tolist() == [-1.0]  # sent back five, and one pack more was sold than first said


def test_a_register_of_shops_alone_changes_no_shelf(region: Workspace, tmp_path: Path) -> None:
    before = kept.region_ledger(region)
    register(region, tmp_path, {"P0": "west", "P1": "east", "P2": "west", "P3": "closed"}, ledger_region.NOW)
    after = kept.region_ledger(region)
    assert_frame_equal(before.spans, after.spans, check_dtype=False)
