"""Why a rule did not fire: measures held to limits, lines that are lacking, exemptions, and an honest no."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from tests.acts.test_exempting import exempt, the_alert
from tests.acts.test_incremental import LATER, send
from tests.cities import city, copy_of
from yaotong.errors import Forbidden, NotFound, UsageError
from yaotong.facts import Window
from yaotong.reads.asking_why import subject_asked
from yaotong.reads.whynot import lines_of, why_not
from yaotong.reads.whynot_text import why_text
from yaotong.rules.book import book
from yaotong.rules.builder import facts_from
from yaotong.store.factbase import open_facts
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

SHOP = "浙CA057310029"
DAY = date(2026, 5, 20)


@pytest.fixture
def small(tmp_path: Path) -> Workspace:
    return copy_of(city("small"), tmp_path / "home")


def buyer_of(workspace: Workspace, tmp_path: Path, *packs: int) -> str:
    """The pseudonym of somebody who bought so many packs an hour apart on one day, at one shop."""
    lines = [
        f"X{number},{SHOP},{DAY} {9 + number:02d}:00:00,YP0102A,{count},910000199001010012,{DAY} 20:00:00"
        for number, count in enumerate(packs)
    ]
    send(workspace, tmp_path, "some", *lines)
    sales = open_facts(workspace.store).sales
    return str(sales.filter(sales.line_id == f"{SHOP}/X0").buyer_key.to_pandas().iloc[0])


def test_how_near_each_clause_came(small: Workspace, tmp_path: Path) -> None:
    told = why_not(small, "R-P01", buyer_of(small, tmp_path, 2, 1), DAY)
    assert told.held == ()
    near = {name: (one.hit.measure, one.needed[0].in_force, one.is_limit) for name, one in told.near.items()}
    assert near["packs_24h"] == (3, 4, True)
    assert near["shops_24h"] == (1, 3, True)
    assert near["packs_30d"] == (3, 10, True)
    assert "3 盒，界限 4 盒（75 %），没有越过" in why_text(told)
    assert "3, limit 4 (75 %)" in why_text(told, "en")


def test_what_fired_is_told_and_not_explained_away(small: Workspace, tmp_path: Path) -> None:
    told = why_not(small, "R-P01", buyer_of(small, tmp_path, 2, 2), DAY)
    assert [(one.clause, one.measure) for one in told.held] == [("packs_24h", 4)]
    assert "packs_24h" not in told.near
    assert "成立：2026-05-20" in why_text(told)


def test_nobody_s_lines_are_unknown_not_in_order(small: Workspace) -> None:
    told = why_not(small, "R-P01", "k:0000", DAY)
    assert told.silent
    assert (told.near, told.held) == ({}, ())
    assert "没有数据不等于没有问题" in why_text(told)


def test_a_column_that_never_comes_is_named() -> None:
    line = {
        "line_id": "店甲/1",
        "pharmacy_id": "店甲",
        "sold_at": datetime(2026, 5, 20, 9),
        "drug_code": "D",
        "quantity": 1.0,
    }
    facts = facts_from(
        sales=[line, {**line, "line_id": "店乙/1", "pharmacy_id": "店乙", "pharmacist_id": "师"}],
        since=DAY,
        until=DAY,
    )
    rule = book()["R-M09"]
    columns = {shop: lines_of(rule, facts, Window(DAY, DAY), shop)[0].empty for shop in ("店甲", "店乙")}
    assert "pharmacist_id" in columns["店甲"]
    assert "pharmacist_id" not in columns["店乙"]


def test_a_feed_that_never_comes_is_named(small: Workspace) -> None:
    told = why_not(small, "R-M09", SHOP, DAY)
    assert [(one.feed, one.lines > 0) for one in told.feeds] == [("sales", True), ("duty", False)]
    assert "没有这个主体的任何一行，靠它判断的部分是未知" in why_text(told)


def test_no_lines_of_the_drugs_and_an_honest_no(small: Workspace) -> None:
    told = why_not(small, "R-M05", SHOP, DAY)
    assert told.of_categories == 0
    assert told.far == ("unprescribed", "beyond")
    text = why_text(told)
    assert "规则所指类别（PSY2）的销售：0 行" in text
    assert "只能说“没有”" in text


def test_an_exempt_finding_says_by_what(small: Workspace) -> None:
    row = the_alert(small)
    number = exempt(small, row)
    told = why_not(small, "R-P01", row["subject"], row["first_day"])
    assert {one.exemption_id for one in told.held} == {number}
    assert [one.exemption_id for one in told.exempted] == [number]
    text = why_text(told)
    assert f"豁免 {number}，没有通知任何人" in text
    assert "慢性病患者" in text


def test_without_a_day_the_last_thirty_are_looked_at(small: Workspace) -> None:
    told = why_not(small, "R-M01", SHOP)
    assert (told.until - told.since).days == 29
    assert told.until == date(2026, 6, 30)
    assert told.near["visit"].needed[0].in_force == 2


def test_who_is_not_known(small: Workspace) -> None:
    with pytest.raises(NotFound, match="没有药店"):
        why_not(small, "R-M01", "无", DAY)
    with pytest.raises(NotFound, match="没有规则"):
        why_not(small, "R-Z99", SHOP, DAY)


@pytest.mark.slow
@pytest.mark.parametrize("rule_id", sorted(book()))
def test_every_rule_can_be_asked(rule_id: str) -> None:
    """A day on which the subject has no line at all: nothing is claimed of it."""
    rule = book()[rule_id]
    if str(rule.subject_kind) in ("pharmacy", "area"):
        return
    told = why_not(city("small"), rule_id, "nobody", DAY)
    assert told.held == ()
    assert told.near == {}


@pytest.mark.parametrize(
    ("who", "rule_id", "subject", "wrong", "said"),
    [
        (Viewer("a", "甲", "psb", "330482001"), "R-P01", "k:1", Forbidden, "不分镇街"),
        (Viewer("a", "甲", "psb", "330482"), "R-P01", " ", UsageError, "请写明主体"),
        (Viewer("a", "甲", "psb", "330482"), "R-N04", "x", Forbidden, "不是本部门可问"),
        (Viewer("a", "甲", "nobody", "330482"), "R-M01", SHOP, Forbidden, "不是本部门可问"),
        (Viewer("a", "甲", "msa", "330482999"), "R-M01", SHOP, NotFound, "不在您的辖区内"),
    ],
)
def test_who_may_ask_for_whom(
    who: Viewer, rule_id: str, subject: str, wrong: type[Exception], said: str
) -> None:
    with pytest.raises(wrong, match=said):
        subject_asked(city("small"), who, rule_id, subject, now=LATER)


def test_one_may_ask_by_key_or_by_an_alert_of_one_s_own() -> None:
    psb = Viewer("a", "甲", "psb", "330482")
    row = the_alert(city("small"))
    asked = {
        subject_asked(city("small"), psb, "R-P01", one, now=LATER)
        for one in (row["alert_id"], row["subject"])
    }
    assert asked == {row["subject"]}
