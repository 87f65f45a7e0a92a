"""The walks of CONTRIBUTING.md, taken with the very text that is printed there."""

from __future__ import annotations

import csv
import importlib.util
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from pathlib import Path
from shutil import copyfile
from types import ModuleType

import ibis
import pyarrow as pa
import pytest

from layers import contract
from yaotong.departments import departments, lead_of, read_departments
from yaotong.errors import ConfigError
from yaotong.facts import AREAS_SCHEMA, DRUGS_SCHEMA, PHARMACIES_SCHEMA, SALES_SCHEMA, Facts, Window
from yaotong.intake.core.profile import profile_of
from yaotong.rules.book import faults as rule_faults
from yaotong.rules.cases import run_page
from yaotong.rules.model import FINDING_COLUMNS, Rule
from yaotong.rules.page import read_page

ROOT = Path(__file__).resolve().parents[2]
_FILE = re.compile(r"文件 `([^`]+)`：\n\n(`{3,})\w+\n(.*?)\n\2\n", re.S)


def printed() -> Mapping[str, str]:
    """The files that the walks print, by path."""
    return {
        path: text + "\n" for path, _, text in _FILE.findall((ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    }


def _place(path: str, folder: Path) -> Path:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(printed()[path], "utf-8")
    return target


@pytest.fixture
def department_folder(tmp_path: Path) -> Path:
    for path in (ROOT / "yaotong/departments").glob("*.toml"):
        copyfile(path, tmp_path / path.name)
    (tmp_path / "ema.toml").write_text(printed()["yaotong/departments/ema.toml"], "utf-8")
    return tmp_path


def test_department_walk(department_folder: Path) -> None:
    known = read_departments(department_folder)
    assert set(known) == {*departments(), "ema"}
    assert known["ema"].name_zh == "应急管理局"
    assert known["ema"].assists_rule("R-M14")
    assert not known["ema"].assists_rule("R-M01")


@pytest.mark.parametrize("rule_id", ["R-M01", "R-M14", "R-P01", "R-N01", "R-H01"])
def test_department_walk_takes_no_rule_from_another(department_folder: Path, rule_id: str) -> None:
    assert lead_of(rule_id, read_departments(department_folder)) == lead_of(rule_id, departments())


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ('"R-E*"', '"R-*"', None),
        ('channels = ["inbox"]', 'channels = ["pigeon"]', "pigeon"),
        ("check_days = 5", "check_days = 50", "核查"),
        ('short_zh = "应急"', "", "short_zh"),
        ("order = 5", "order = 5\ncolour = 1", "colour"),
    ],
)
def test_department_walk_gone_wrong_is_said(
    department_folder: Path, written: str, instead: str, said: str | None
) -> None:
    path = department_folder / "ema.toml"
    assert written in path.read_text("utf-8")
    path.write_text(path.read_text("utf-8").replace(written, instead), "utf-8")
    if said is None:
        with pytest.raises(ConfigError, match=r"msa、ema|ema、msa"):
            lead_of("R-M01", read_departments(department_folder))
    else:
        with pytest.raises(ConfigError, match=rf"ema\.toml.*{said}"):
            read_departments(department_folder)


def test_layer_walk_is_found_and_whole(tmp_path: Path) -> None:
    _place("layers/claimed.py", tmp_path)
    found = contract.discover(tmp_path / "layers")
    assert list(found) == ["claimed"]
    assert found["claimed"].draw().mark == "class"


def test_layer_walk_adds_no_second_id_or_place() -> None:
    assert "claimed" not in contract.layers()
    order = re.search(r"ABOUT = About\(.*, (\d+)\)", printed()["layers/claimed.py"])[1]
    assert int(order) not in {one.about.order for one in contract.layers().values()}


def _run(test: Path, joins: str, folder: Path) -> str:
    """Run a printed test with a folder joined to a package, as if its files lay beside the others."""
    joined = (
        f"import importlib, sys, pytest; importlib.import_module({joins!r}).__path__.append({str(folder)!r});"
        "sys.exit(pytest.main(sys.argv[1:]))"
    )
    command = [
        sys.executable,
        "-c",
        joined,
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(test.parent),
        str(test),
    ]
    run = subprocess.run(command, cwd=test.parent, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_layer_walk_goes_green(tmp_path: Path) -> None:
    _place("layers/claimed.py", tmp_path)
    test = _place("tests/layers/test_claimed.py", tmp_path)
    assert "3 passed" in _run(test, "layers", tmp_path / "layers")


def test_source_walk_goes_green(tmp_path: Path) -> None:
    _place("yaotong/intake/till_zh.py", tmp_path)
    _place("tests/sources/till_zh/sales.csv", tmp_path)
    test = _place("tests/intake/test_till_zh.py", tmp_path)
    assert "1 passed" in _run(test, "yaotong.intake", tmp_path / "yaotong/intake")


@pytest.mark.parametrize("missing", ["ABOUT", "features", "draw"])
def test_layer_walk_half_done_is_said(tmp_path: Path, missing: str) -> None:
    path = _place("layers/claimed.py", tmp_path)
    path.write_text(
        re.sub(rf"^(def )?{missing}\b", r"\1other_name", path.read_text("utf-8"), flags=re.M), "utf-8"
    )
    with pytest.raises(ConfigError, match=rf"claimed\.py.*{missing}"):
        contract.discover(tmp_path / "layers")


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"yaotong.{path.parent.name}.{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_source_walk_makes_a_whole_profile(tmp_path: Path) -> None:
    profile = profile_of(_module(_place("yaotong/intake/till_zh.py", tmp_path)))
    assert (profile.id, profile.feed) == ("till_zh", "sales")


def test_source_walk_accounts_for_every_column_of_its_sample(tmp_path: Path) -> None:
    profile = profile_of(_module(_place("yaotong/intake/till_zh.py", tmp_path)))
    sample = _place("tests/sources/till_zh/sales.csv", tmp_path)
    header, *rows = csv.reader(sample.read_text("utf-8").splitlines())
    assert profile.recognises(set(header), sample.name)
    assert [name for name in header if name not in profile.columns and not profile.ignores(name)] == []
    assert {len(row) for row in rows} == {len(header)}
    channels = {row[header.index("渠道")] for row in rows}
    assert channels <= set(profile.values["channel"])


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ('"流水号": "sale_id"', '"流水号": "sail_id"', "sail_id"),
        ('"数量": "quantity",', "", "quantity"),
        ('feed="sales"', 'feed="sails"', "sails"),
        ('id="till_zh"', 'id="other"', "other"),
        ("PROFILE =", "OTHER =", "PROFILE"),
        ('credit="上报药店"', 'credit=""', "credit"),
    ],
)
def test_source_walk_gone_wrong_is_said(tmp_path: Path, written: str, instead: str, said: str) -> None:
    path = _place("yaotong/intake/till_zh.py", tmp_path)
    assert written in path.read_text("utf-8")
    path.write_text(path.read_text("utf-8").replace(written, instead), "utf-8")
    with pytest.raises(ValueError, match=said):
        profile_of(_module(path))


def _table(schema: pa.Schema, rows: list[dict[str, object]]) -> ibis.Table:
    full = [{name: row.get(name) for name in schema.names} for row in rows]
    return ibis.memtable(pa.Table.from_pylist(full, schema=schema))


def _night_facts(hours: list[int], quantity: float = 1.0, category: str = "EPH") -> Facts:
    lines = [
        {
            "line_id": f"A/{number}",
            "pharmacy_id": "A",
            "sold_at": datetime(2026, 3, 2, hour, number % 60),
            "drug_code": "D1",
            "quantity": quantity,
        }
        for number, hour in enumerate(hours)
    ]
    always = {"valid_from": date(1900, 1, 1), "valid_to": date(9999, 12, 31)}
    drugs = _table(DRUGS_SCHEMA, [{"drug_code": "D1", "categories": f"|{category}|", **always}])
    shops = _table(PHARMACIES_SCHEMA, [{"pharmacy_id": "A", "area_code": "330482001"}])
    empty = _table(AREAS_SCHEMA, [])
    others = {one.name: empty for one in fields(Facts)}
    return Facts(**{**others, "sales": _table(SALES_SCHEMA, lines), "drugs": drugs, "pharmacies": shops})


@pytest.fixture
def night_rule(tmp_path: Path) -> Rule:
    return _module(_place("yaotong/rules/r_m90.py", tmp_path)).RULE


@pytest.mark.parametrize(
    ("facts", "fires"),
    [
        (_night_facts([0, 1, 2, 3, 4]), True),
        (_night_facts([0, 1, 2, 3]), False),
        (_night_facts([1, 2, 3, 4, 5]), False),
        (_night_facts([0, 1, 2, 3, 4], quantity=-1.0), False),
        (_night_facts([0, 1, 2, 3, 4], category="OTC"), False),
    ],
    ids=["five", "four", "one after the hour", "returns", "ordinary drugs"],
)
def test_rule_walk_fires_on_one_side_of_its_limit_only(night_rule: Rule, facts: Facts, fires: bool) -> None:
    found = night_rule.find(facts, Window(date(2026, 3, 2), date(2026, 3, 2)), night_rule.values())
    assert {name: str(kind) for name, kind in found.schema().items()}.keys() == FINDING_COLUMNS.keys()
    rows = found.to_pyarrow().to_pylist()
    assert len(rows) == fires
    for row in rows:
        assert (row["subject"], row["area_code"], row["pharmacy_ids"]) == ("A", "330482001", ["A"])
        assert (row["behaviour_day"], row["measure"], row["threshold"]) == (date(2026, 3, 2), 5.0, 5.0)
        assert sorted(row["line_ids"]) == [f"A/{number}" for number in range(5)]
        assert night_rule.clauses[row["clause"]].sentence_zh


def test_rule_walk_keeps_to_its_window(night_rule: Rule) -> None:
    facts = _night_facts([0, 1, 2, 3, 4])
    for day in (date(2026, 3, 1), date(2026, 3, 3)):
        assert night_rule.find(facts, Window(day, day), night_rule.values()).to_pyarrow().num_rows == 0


def test_rule_walk_belongs_to_one_department(night_rule: Rule) -> None:
    assert lead_of(night_rule.rule_id, departments()).department_id == "msa"


def test_rule_walk_refuses_values_out_of_bounds(night_rule: Rule) -> None:
    assert night_rule.values({"lines": 50})["lines"] == 50
    with pytest.raises(ValueError, match="lines"):
        night_rule.values({"lines": 51})


def test_rule_walk_is_whole_once_it_has_its_page(tmp_path: Path) -> None:
    path = _place("yaotong/rules/r_m90.py", tmp_path)
    module = _module(path)
    assert any("r_m90.md" in fault for fault in rule_faults("r_m90", module, path.parent))
    _place("yaotong/rules/r_m90.md", tmp_path)
    assert rule_faults("r_m90", module, path.parent) == []


def test_rule_walk_page_goes_green(night_rule: Rule, tmp_path: Path) -> None:
    page = read_page("R-M90", _place("yaotong/rules/r_m90.md", tmp_path).parent)
    assert page.title == f"{night_rule.rule_id} {night_rule.name_zh}"
    assert [(case.title, case.message) for case in run_page(night_rule, page) if not case.passed] == []
    assert {case.fires for case in page.cases} == {True, False}
    for one in night_rule.parameters:
        row = f"| {one.name} | {one.unit} | {one.default:g} | {one.low:g}–{one.high:g} | 可调 |"
        assert row in page.sections["参数"]


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("| 5 |\n\n期望", "| 4 |\n\n期望"),
        ("数值 5", "数值 6"),
        ("期望：主体 店甲", "期望：主体 店乙"),
        ("03:40", "03:20"),
    ],
)
def test_rule_walk_page_gone_wrong_goes_red(
    night_rule: Rule, tmp_path: Path, written: str, instead: str
) -> None:
    path = _place("yaotong/rules/r_m90.md", tmp_path)
    assert written in path.read_text("utf-8")
    path.write_text(path.read_text("utf-8").replace(written, instead), "utf-8")
    assert sum(not case.passed for case in run_page(night_rule, read_page("R-M90", path.parent))) == 1
