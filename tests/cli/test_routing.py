"""route and duty on the command line, and the table of answers that routing is held to."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.cities import city, copy_of
from yaotong.cli import cli
from yaotong.rules.book import book
from yaotong.workspace import Workspace

TABLE = Path(__file__).parents[1] / "alerts" / "routes.csv"
ROWS = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))


def run(workspace: Workspace, *arguments: str) -> str:
    result = CliRunner().invoke(cli, ["--home", str(workspace.settings.home), *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.output


def asked(workspace: Workspace, row: dict[str, str], at: str) -> dict[str, object]:
    area = ["--area", row["area"]] if row["area"] else []
    told = run(
        workspace, "route", "--rule", row["rule"], "--level", row["level"], *area, "--measure", row["measure"],
        "--at", at, "--json",
    )  # fmt: skip
    found: dict[str, object] = json.loads(told)
    return found


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return copy_of(city("small"), tmp_path_factory.mktemp("route") / "home")


def test_the_table_asks_of_every_rule() -> None:
    assert {row["rule"] for row in ROWS} == set(book())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['rule']}-{row['level']}-{row['area']}")
def test_the_routing_answers_as_the_table_says(small: Workspace, row: dict[str, str]) -> None:
    stops = asked(small, row, "2026-03-02 09:00")["stops"]
    assert isinstance(stops, list)
    said = [f"{one['department']}:{one['office_code'] or '-'}" for one in stops]
    assert [one["part"] for one in stops] == ["lead"] + ["assist"] * (len(stops) - 1)
    assert " ".join(said) == row["goes_to"]
    assert all(one["why"] for one in stops)


def test_the_clock_is_shorter_in_office_hours(small: Workspace) -> None:
    row = {"rule": "R-M14", "level": "red", "area": "330482001", "measure": "1"}
    day, night = asked(small, row, "2026-03-02 08:30"), asked(small, row, "2026-03-02 17:30")
    assert (day["in_office_hours"], night["in_office_hours"]) == (True, False)
    assert day["accept_due"] == "2026-03-02T09:00:00"
    assert night["accept_due"] == "2026-03-02T19:30:00"


def test_a_roster_is_taken_whole_or_not_at_all(small: Workspace, tmp_path: Path) -> None:
    head, row = (
        "department,area_code,since,until,username",
        "msa,330482,2026-03-02 00:00,2026-03-03 00:00,msa",
    )
    gap = "msa,330482,2026-03-03 01:00,2026-03-04 00:00,msa"
    path = tmp_path / "duty.csv"
    path.write_text(f"{head}\n{row}\n{gap}\n", "utf-8")
    result = CliRunner().invoke(cli, ["--home", str(small.settings.home), "duty", str(path)])
    assert "第 3 行" in str(result.exception)
    question = {"rule": "R-M14", "level": "red", "area": "330482001", "measure": "1"}
    assert asked(small, question, "2026-03-02 09:00")["stops"][0]["on_duty"] == []  # type: ignore[index]
    path.write_text(f"{head}\n{row}\n", "utf-8")
    assert "1 个班次" in run(small, "duty", str(path))
    assert "1 个班次" in run(small, "duty", str(path))
    assert asked(small, question, "2026-03-02 09:00")["stops"][0]["on_duty"] == ["msa"]  # type: ignore[index]
    text = run(small, "route", "--rule", "R-M14", "--area", "330482001", "--at", "2026-03-02 09:00")
    assert "主办" in text
    assert "值班 msa" in text
    assert "签收" in text


def test_a_rule_that_is_not_in_the_book_is_said(small: Workspace) -> None:
    result = CliRunner().invoke(cli, ["--home", str(small.settings.home), "route", "--rule", "R-X99"])
    assert "没有 R-X99" in str(result.exception)
