"""What is wrong with a rule is told at load, with its file and line, before anything runs."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from yaotong.rules.book import FOLDER, book, deep_faults
from yaotong.rules.lint import expression_faults, failed_import, page_faults
from yaotong.rules.model import Rule

PYTHON, PAGE = (FOLDER / "r_p01.py").read_text("utf-8"), (FOLDER / "r_p01.md").read_text("utf-8")


def _line_of(text: str, written: str) -> int:
    return text[: text.index(written)].count("\n") + 1


def _loaded(folder: Path, text: str) -> Rule:
    path = folder / "r_p01.py"
    path.write_text(text, "utf-8")
    spec = importlib.util.spec_from_file_location("r_p01_spoiled", path)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    assert spec.loader is not None
    spec.loader.exec_module(module)
    rule = module.RULE
    assert isinstance(rule, Rule)
    return rule


def test_every_rule_of_the_book_is_without_fault() -> None:
    assert [fault for rule in book().values() for fault in deep_faults(rule, FOLDER)] == []


def test_a_column_that_does_not_exist_is_told_with_its_line(tmp_path: Path) -> None:
    written = "buyer_key"
    place = next(one for one in PYTHON.splitlines() if re.search(r"\w\.buyer_key", one))
    text = PYTHON.replace(place, re.sub(r"\.buyer_key", ".buyer_kee", place), 1)
    said = expression_faults(_loaded(tmp_path, text), tmp_path / "r_p01.py")
    assert written in place
    assert len(said) == 1
    assert said[0].startswith(f"r_p01.py:{_line_of(PYTHON, place)} ")
    assert "buyer_kee" in said[0]


@pytest.mark.parametrize(
    ("drop", "add", "said"), [("line_ids", "", "缺少列 line_ids"), ("", "extra", "有不认识的列 extra")]
)
def test_a_result_of_other_columns_is_told_with_the_line_of_its_function(
    drop: str, add: str, said: str
) -> None:
    from dataclasses import replace

    import ibis

    rule = book()["R-P01"]

    def find(*given: object) -> ibis.Table:
        table = rule.find(*given)  # type: ignore[arg-type]
        return table.drop(drop) if drop else table.mutate(**{add: ibis.literal(1)})

    found = expression_faults(replace(rule, find=find), FOLDER / "r_p01.py")
    assert found == [f"r_p01.py:{find.__code__.co_firstlineno} 的结果{said}"]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda text: re.sub(r'Parameter\("packs_24h", 4,', 'Parameter("packs_24h", 2,', text), "outside"),
        (lambda text: text.replace("RULE = Rule(", "RULE = Rule(((", 1), "语法有误"),
        (
            lambda text: text.replace("import ibis\n", "import ibis\nfrom yaotong.codes import Nothing\n", 1),
            "ImportError",
        ),
    ],
)
def test_a_file_that_cannot_be_imported_is_told_with_its_line(
    tmp_path: Path, spoil: object, said: str
) -> None:
    text = spoil(PYTHON)  # type: ignore[operator]
    assert text != PYTHON
    with pytest.raises(Exception) as caught:  # noqa: PT011  (which kind it is, is what the fault tells)
        _loaded(tmp_path, text)
    fault = failed_import(tmp_path / "r_p01.py", caught.value)  # type: ignore[arg-type]
    assert re.match(r"r_p01\.py:\d+ ", fault)
    assert said in fault
    if said == "outside":
        assert fault.startswith(f"r_p01.py:{_line_of(text, chr(34) + 'packs_24h' + chr(34) + ', 2')} ")


ROW = next(one for one in PAGE.splitlines() if one.startswith("| packs_7d |"))


@pytest.mark.parametrize(
    ("written", "instead", "at", "said"),
    [
        (ROW, ROW.replace("盒", "片"), ROW, "单位“片”与代码的“盒”不同"),
        (ROW, ROW.replace("| 6 |", "| 7 |"), ROW, "默认值“7”与代码的 6 不同"),
        (ROW, ROW.replace("4–40", "4–41"), ROW, "上界“41”与代码的 40 不同"),
        (ROW, ROW.replace("4–40", "5–40"), ROW, "下界“5”与代码的 4 不同"),
        (ROW, ROW.replace("可调", "法定"), ROW, "性质“法定”与代码不同"),
        (ROW, ROW.replace("packs_7d", "packs_8d"), ROW, "代码里没有参数 packs_8d"),
        (ROW + "\n", "", "## 参数", "参数表缺少 packs_7d"),
        ("| 药店 | 时间 |", "| 药店 | 时刻 |", "| 药店 | 时间 |", "表“销售”没有“时刻”一列"),
        ("\n销售\n", "\n销货\n", "| 药店 | 时间 |", "没有名为“销货”的表"),
        ("### 触发：", "### 不触发：", "## 案例", "缺少“触发：”的案例"),
        ("### 不触发：", "### 触发：", "## 案例", "缺少“不触发：”的案例"),
    ],
)
def test_a_page_that_says_otherwise_is_told_with_its_line(
    tmp_path: Path, written: str, instead: str, at: str, said: str
) -> None:
    assert written in PAGE
    every = written.startswith("###")
    path = tmp_path / "r_p01.md"
    path.write_text(PAGE.replace(written, instead) if every else PAGE.replace(written, instead, 1), "utf-8")
    found = page_faults(book()["R-P01"], path)
    assert any(one.startswith(f"r_p01.md:{_line_of(PAGE, at)} ") and said in one for one in found), found
