"""The rule pages: every case runs, and page and code say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from yaotong.errors import ConfigError
from yaotong.rules.book import book, module_name
from yaotong.rules.cases import run_case
from yaotong.rules.page import SECTIONS, Case, parse, read_page

PAGES = {rule_id: read_page(rule_id) for rule_id in book()}
CASES = [(rule_id, case) for rule_id, page in PAGES.items() for case in page.cases]


@pytest.mark.parametrize(("rule_id", "case"), CASES, ids=[f"{name}-{case.title}" for name, case in CASES])
def test_every_case_of_every_page(rule_id: str, case: Case) -> None:
    result = run_case(book()[rule_id], case)
    assert result.passed, result.message


@pytest.mark.parametrize("rule_id", list(book()))
def test_a_page_names_its_rule_and_has_cases_of_both_kinds(rule_id: str) -> None:
    page = PAGES[rule_id]
    assert page.title == f"{rule_id} {book()[rule_id].name_zh}"
    assert sum(case.fires for case in page.cases) >= 2
    assert sum(not case.fires for case in page.cases) >= 3


@pytest.mark.parametrize("rule_id", list(book()))
def test_the_parameters_on_the_page_are_those_of_the_code(rule_id: str) -> None:
    written = {}
    for line in PAGES[rule_id].sections["参数"].splitlines():
        cells = [one.strip() for one in line.strip("|").split("|")]
        if len(cells) == 5 and re.fullmatch(r"[a-z_0-9]+", cells[0]):
            low, high = cells[3].split("–")
            written[cells[0]] = (
                cells[1],
                float(cells[2]),
                float(low),
                float(high),
                cells[4].startswith("法定"),
            )
    coded = {
        one.name: (one.unit, float(one.default), float(one.low), float(one.high), one.statutory)
        for one in book()[rule_id].parameters
    }
    assert written == coded


@pytest.mark.parametrize("rule_id", list(book()))
def test_the_basis_on_the_page_is_that_of_the_code(rule_id: str) -> None:
    text = PAGES[rule_id].sections["法律依据"]
    for basis in book()[rule_id].basis:
        line = next((one for one in text.splitlines() if basis.title_zh in one), "")
        assert line, f"{basis.title_zh} 不在说明页上"
        assert basis.since is None or f"{basis.since}" in line
        assert basis.verify == ("待核" in line)


@pytest.mark.parametrize("rule_id", list(book()))
def test_the_page_names_every_limb_that_has_a_name_of_its_own(rule_id: str) -> None:
    page, rule = PAGES[rule_id], book()[rule_id]
    named = {one.name for one in rule.parameters} & set(rule.clauses)
    assert [name for name in named if f"`{name}`" not in page.sections["定义"]] == []
    assert len({case.title for case in page.cases}) == len(page.cases)


def test_a_rule_without_a_page_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"R-M01 缺少说明页 r_m01\.md"):
        read_page("R-M01", tmp_path)
    (tmp_path / f"{module_name('R-M01')}.md").write_text(PAGES["R-M01"].source, "utf-8")
    assert read_page("R-M01", tmp_path) == PAGES["R-M01"]


def page_of(*, drop: str = "", case: str = "") -> str:
    """A page's text with one section left out or one case instead of all."""
    parts = [f"## {name}\n\n文字\n" for name in SECTIONS if name not in (drop, "案例")]
    return "# R-X01 例\n\n" + "\n".join(parts) + f"\n## 案例\n\n{case}\n"


@pytest.mark.parametrize("drop", SECTIONS[:-1])
def test_a_page_without_a_section_is_refused_by_name(drop: str) -> None:
    with pytest.raises(ConfigError, match=drop):
        parse(page_of(drop=drop, case="### 触发：例\n\n期望：主体 店甲，数值 1\n"), "R-X01")


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("### 触发：例\n\n期望：主体 店甲，数值 1\n", "不触发的案例"),
        ("### 不触发：例\n\n文字\n", "一个触发"),
        ("### 触发：例\n\n没有期望\n", "缺少“期望"),
        ("### 例\n\n文字\n", "开头"),
    ],
)
def test_a_page_with_half_its_cases_is_refused_with_a_sentence(case: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse(page_of(case=case), "R-X01")


def test_a_wrong_expectation_does_not_pass() -> None:
    page = PAGES["R-M01"]
    case = next(one for one in page.cases if one.fires)
    wrong = Case(case.title, True, case.tables, case.subject, 99.0)
    other = Case(case.title, True, case.tables, "别的店", case.measure)
    none = Case(case.title, False, case.tables, "", None)
    assert not run_case(book()["R-M01"], wrong).passed
    assert not run_case(book()["R-M01"], other).passed
    assert not run_case(book()["R-M01"], none).passed
