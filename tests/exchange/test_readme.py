"""What the README says of special drugs and of regions is so: pages, commands, terms, settings, stories."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from werkzeug.routing import RequestRedirect

from tests.exchange.regions import region
from webapp.app import create_app
from yaotong.cli import COMMANDS, cli
from yaotong.demo import write_city
from yaotong.departments import departments
from yaotong.records import SUPPLIERS
from yaotong.workspace import Workspace, open_workspace

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def part(title: str) -> str:
    """The part of the README under a heading."""
    return re.split(rf"^## {title}.*$", README, flags=re.M)[1].split("\n## ")[0]


SPECIAL, REGIONS = part("特药：每一盒都有去处"), part("跨区域交换与身份库")


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Workspace]:
    folder = tmp_path_factory.mktemp("readme")
    return region(folder / "one", "330482", {}), region(folder / "other", "310116", {})


def run(workspace: Workspace, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--home", str(workspace.settings.home), *words], catch_exceptions=False)


def test_every_page_it_names_is_there(sides: tuple[Workspace, Workspace]) -> None:
    urls = create_app(sides[0].settings.home).url_map.bind("localhost")
    named = re.findall(r"`(?:(GET|POST) )?(/[a-z0-9/\u4e00-\u9fff]+)`", SPECIAL + REGIONS)
    assert {"/ledger", "/codes", "/buyers", "/exchange", "/purposes"} <= {path for _, path in named}
    for method, path in named:
        try:
            assert urls.match(path.replace("药品编码", "D1"), method=method or "GET")
        except RequestRedirect:
            pytest.fail(f"{path} has moved")


def test_every_command_and_verb_it_names_is_there() -> None:
    groups = {one.name: one for one in COMMANDS}
    named = re.findall(r"`yaotong ([a-z]+) ([a-z|]+)", SPECIAL + REGIONS)
    assert {name for name, _ in named} >= {"traces", "vault", "keys", "exchange", "purposes"}
    for name, verbs in named:
        group = groups[name]
        if isinstance(group, click.Group):
            assert set(verbs.split("|")) <= set(group.commands), name


def test_the_terms_it_shows_make_an_agreement(sides: tuple[Workspace, Workspace], tmp_path: Path) -> None:
    shown = re.search(r"```toml\n(.*?)```", REGIONS, re.S)
    assert shown is not None
    terms, paper = tmp_path / "条款.toml", tmp_path / "协议.json"
    text = shown[1]
    for workspace, host in zip(sides, ("a", "b"), strict=True):
        key = run(workspace, "exchange", "key").output.strip()
        text = text.replace('key = "…"', f'key = "{key}"', 1).replace("https://…", f"https://{host}.test", 1)
    assert tomllib.loads(text)["parties"][1]["url"] == "https://b.test"
    terms.write_text(text, "utf-8")
    for command in (("draft", str(terms), str(paper)), ("sign", str(paper))):
        assert run(sides[0], "exchange", *command).exit_code == 0
    assert run(sides[1], "exchange", "sign", str(paper)).exit_code == 0
    for workspace in sides:
        assert "PH-JS-2026" in run(workspace, "exchange", "agree", str(paper)).output


def test_a_key_rotates_by_the_command_it_shows(sides: tuple[Workspace, Workspace]) -> None:
    home = sides[1]
    for command in (("vault", "init"), ("vault", "list"), ("keys", "list")):
        assert run(home, *command).exit_code == 0
    assert CliRunner().invoke(cli, ["--home", str(home.settings.home), "keys", "rotate"]).exit_code == 2
    assert "由 k1 换成 k2" in run(home, "keys", "rotate", "--why", "每年一次").output
    told = run(home, "keys", "list")
    assert (told.exit_code, told.output.count("旧的已清理")) == (0, 1)
    old = "k1:" + "0" * 32
    assert run(home, "keys", "name", old, "--why", "旧文书").output.startswith("k2:")
    assert run(home, "doctor").exit_code == 0


def test_who_may_see_buyers_is_as_it_says() -> None:
    seen = {name: one.buyers for name, one in departments().items()}
    assert seen == {"psb": ("officer", "leader"), "msa": ("leader",), "nhsa": (), "hc": ()}
    assert "只给公安的办案人与负责人、药监的负责人" in SPECIAL


def test_the_register_it_describes_has_these_columns(sides: tuple[Workspace, Workspace]) -> None:
    named = re.search(r"数据 `suppliers`（`uscc`、`name`，可有 (.*?)）", SPECIAL)
    assert named is not None
    assert {"uscc", "name", *re.findall(r"`(\w+)`", named[1])} == set(SUPPLIERS.names)
    assert SUPPLIERS.required == ("uscc", "name")
    assert open_workspace(sides[0].settings.home, {}).settings.allowance is not None


def test_the_cities_plant_as_many_buyers_as_it_says(tmp_path: Path) -> None:
    planted = write_city(tmp_path, days=40, pharmacies=20, until=date(2026, 6, 30)).crossing
    verdicts = [one["verdict"] for one in planted]
    assert (verdicts.count("guilty"), verdicts.count("innocent")) == (3, 2)
    assert "有三名购药人" in REGIONS
    assert "两名相似而不超限" in REGIONS
