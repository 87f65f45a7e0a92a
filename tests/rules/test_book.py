"""The book and the runner: what is half made is refused with a sentence, what is tuned stays in bounds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from types import ModuleType

import ibis
import pytest

from yaotong.departments import departments, lead_of
from yaotong.errors import ConfigError
from yaotong.facts import Facts, Window
from yaotong.rules.book import book, faults
from yaotong.rules.builder import facts_from
from yaotong.rules.model import Basis, Clause, Parameter, Rule
from yaotong.rules.run import explain_sentence, run_rule

DAY = date(2026, 3, 2)
WINDOW = Window(DAY, DAY)


def sale(quantity: float, at: str = "2026-03-02 10:00") -> dict[str, object]:
    return {
        "line_id": f"p/{at}", "pharmacy_id": "p", "sold_at": datetime.fromisoformat(at), "drug_code": "d",
        "quantity": quantity, "buyer_key": "b",
    }  # fmt: skip


def facts_with(*sales: dict[str, object]) -> Facts:
    return facts_from(
        sales=sales,
        drugs=[{"drug_code": "d", "drug_name": "d", "categories": "|EPH|"}],
        pharmacies=[{"pharmacy_id": "p", "area_code": "330482001", "status": "active"}],
        since=DAY,
        until=DAY,
    )


def module_with(rule: object) -> ModuleType:
    made = ModuleType("r_m01")
    if rule is not None:
        made.RULE = rule  # type: ignore[attr-defined]
    return made


LEADS = {"D": "msa", "H": "hc", "J": "msa", "M": "msa", "N": "nhsa", "P": "psb"}
# Of signals, shops are one department's and towns another's.
LEADS |= {"R-S01": "msa", "R-S02": "hc"}


def test_each_rule_has_exactly_one_lead_and_no_wish_for_it_beside() -> None:
    assert {"R-H01", "R-M01", "R-M14", "R-M20", "R-M30", "R-N01", "R-P01"} <= set(book())
    for rule_id, rule in book().items():
        lead = lead_of(rule_id, departments()).department_id
        assert lead == (LEADS.get(rule_id) or LEADS[rule_id[2]])
        assert lead not in {one.department for one in rule.assists}
        assert {one.department for one in rule.assists} <= set(departments())


def test_a_whole_rule_has_no_faults_and_each_lack_is_said(tmp_path: Path) -> None:
    rule = book()["R-M01"]
    (tmp_path / "r_m01.md").write_text("页", "utf-8")
    assert faults("r_m01", module_with(rule), tmp_path) == []
    assert "缺少 RULE" in faults("r_m01", module_with(None), tmp_path)[0]
    assert "文件名应为 r_m01.py" in faults("r_m02", module_with(rule), tmp_path)[0]
    (tmp_path / "r_m01.md").unlink()
    assert "缺少说明页" in faults("r_m01", module_with(rule), tmp_path)[0]
    (tmp_path / "r_m01.md").write_text("页", "utf-8")
    bare = replace(rule, name_en="", clauses={"visit": Clause("", "x", "盒")}, basis=(Basis("某办法"),))
    assert [said[:9] for said in faults("r_m01", module_with(bare), tmp_path)] == ["r_m01.py "] * 3


@pytest.mark.parametrize(("value", "fits"), [(5, True), (120, True), (4.9, False), (120.1, False)])
def test_a_tuned_value_stays_within_its_bounds(value: float, fits: bool) -> None:
    rule = book()["R-M01"]
    if fits:
        assert rule.values({"visit_minutes": value})["visit_minutes"] == value
    else:
        with pytest.raises(ValueError, match="visit_minutes"):
            rule.values({"visit_minutes": value})


TUNABLE = [(rule.rule_id, one) for rule in book().values() for one in rule.parameters if not one.statutory]


@pytest.mark.parametrize(("rule_id", "one"), TUNABLE, ids=[f"{name}-{one.name}" for name, one in TUNABLE])
def test_every_parameter_is_accepted_at_its_bounds_and_refused_beyond(rule_id: str, one: Parameter) -> None:
    rule = book()[rule_id]
    for value in (one.low, one.high):
        assert rule.values({one.name: value})[one.name] == value
    for value in (one.low - one.high / 1000, one.high * 1.001):
        with pytest.raises(ValueError, match=one.name):
            rule.values({one.name: value})


def test_what_is_not_tuned_keeps_its_default() -> None:
    rule = book()["R-P01"]
    assert rule.values() == {one.name: one.default for one in rule.parameters}
    assert rule.values({"packs_7d": 8}) == {**rule.values(), "packs_7d": 8}


@pytest.mark.parametrize("rule_id", ["R-M01", "R-M14"])
def test_every_statutory_value_is_fixed(rule_id: str) -> None:
    fixed = [one for one in book()[rule_id].parameters if one.statutory]
    assert fixed
    for one in fixed:
        assert one.low == one.default == one.high
        with pytest.raises(ValueError, match="set by law"):
            book()[rule_id].values({one.name: one.default})


def test_what_the_law_sets_is_not_tuned_and_what_is_unknown_is_named() -> None:
    with pytest.raises(ValueError, match="set by law"):
        book()["R-M01"].values({"limit_packs": 2})
    with pytest.raises(ValueError, match="no parameter"):
        book()["R-M01"].values({"nonsense": 1})
    with pytest.raises(ValueError, match="outside"):
        Parameter("x", 5, "盒", 1, 4, "越界")


def test_a_tuned_parameter_changes_the_judgement() -> None:
    facts = facts_with(sale(2), sale(2, "2026-03-02 11:00"))
    assert run_rule(book()["R-M01"], facts, WINDOW).empty
    assert len(run_rule(book()["R-M01"], facts, WINDOW, {"visit_minutes": 60})) == 1


def test_rows_outside_the_window_are_left_out() -> None:
    facts = facts_with(sale(3), sale(3, "2026-03-03 10:00"))
    assert list(run_rule(book()["R-M01"], facts, WINDOW)["behaviour_day"]) == [DAY]


def spoiled(change: str) -> Rule:
    """R-M01 with its result spoiled in one way."""
    rule = book()["R-M01"]

    def find(facts: Facts, window: Window, values: object) -> ibis.Table:
        table = rule.find(facts, window, values)  # type: ignore[arg-type]
        if change == "column":
            return table.drop("line_ids")
        if change == "twice":
            return table.union(table)
        if change == "empty":
            return table.mutate(measure=ibis.null("float64"))
        return table.mutate(clause=ibis.literal("unheard_of"))

    return replace(rule, find=find)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("column", "缺少列 line_ids"),
        ("twice", "两条发现"),
        ("clause", "没有说明的款 unheard_of"),
        ("empty", "空的主体、数值或级别"),
    ],
)
def test_a_spoiled_result_is_refused_with_a_sentence(change: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        run_rule(spoiled(change), facts_with(sale(3)), WINDOW)


def test_a_finding_is_told_in_both_languages() -> None:
    rule = book()["R-M01"]
    assert explain_sentence(rule, "visit", 3.0, 2.0, "zh") == "非处方一次售出含麻黄碱类复方制剂 3 盒，限 2 盒"
    assert explain_sentence(rule, "visit", 3.25, 2.0, "en").startswith("3.2 packs")


CLAUSES = [(rule.rule_id, key) for rule in book().values() for key in rule.clauses]


@pytest.mark.parametrize(("rule_id", "clause"), CLAUSES, ids=[f"{name}-{key}" for name, key in CLAUSES])
def test_every_clause_is_told_in_both_languages_with_its_measure(rule_id: str, clause: str) -> None:
    rule = book()[rule_id]
    chinese = explain_sentence(rule, clause, 41.0, 7.5)
    english = explain_sentence(rule, clause, 41.0, 7.5, "en")
    for sentence in (chinese, english):
        assert "41" in sentence
        assert "41.0" not in sentence
        assert "{" not in sentence
    assert not chinese.isascii()
    assert english.isascii()


def test_a_rule_id_and_an_empty_rule_are_refused() -> None:
    with pytest.raises(ValueError, match="not a rule id"):
        replace(book()["R-M01"], rule_id="M01")
    with pytest.raises(ValueError, match="no clause"):
        replace(book()["R-M01"], clauses={})
