"""An officer's word over a score: who may, with what reason, and until when; every limit on both sides."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from tests.cities import BUILT_AT, city, copy_of
from yaotong.acts.grading import add_override, end_override
from yaotong.errors import Forbidden, NotFound, UsageError
from yaotong.reads.risk import read_scores
from yaotong.reads.risk_explain import explain_score
from yaotong.store import risk
from yaotong.store.risk_tables import risk_override
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

NOW = BUILT_AT
TODAY = NOW.date()
OFFICER = Viewer("officer", "甲", "msa", "330482")
DANGHU = Viewer("danghu", "乙", "msa", "330482001")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return copy_of(city("small"), tmp_path / "home")


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """For tests in which nothing may come of it."""
    return copy_of(city("small"), tmp_path_factory.mktemp("still") / "home")


def scores(workspace: Workspace, today: date = TODAY) -> pd.DataFrame:
    return read_scores(workspace, OFFICER, today=today).shops.set_index("license_no")


def overridden(workspace: Workspace, today: date = TODAY) -> list[str]:
    """The shops whose class somebody gave."""
    found = scores(workspace, today)
    return [str(one) for one in found.index[found["overridden"]]]


def an_a(workspace: Workspace) -> str:
    """A shop of class A."""
    found = scores(workspace)
    return str(found.index[found["grade"] == "A"][0])


def give(workspace: Workspace, license_no: str, **changed: Any) -> int:
    asked: dict[str, Any] = {
        "actor": OFFICER,
        "grade": "C",
        "reason": "on_site",
        "text": "现场检查发现处方药开架",
        "valid_until": TODAY + timedelta(days=90),
        "now": NOW,
    }
    return add_override(workspace, license_no, **{**asked, **changed})


def test_a_class_given_counts_and_the_reckoned_one_is_kept_beside_it(workspace: Workspace) -> None:
    shop = an_a(workspace)
    before = scores(workspace)
    give(workspace, shop)
    after = scores(workspace)
    told = after.loc[shop]
    assert (told["grade"], told["computed_grade"], told["overridden"]) == ("C", "A", True)
    assert told["score"] == told["computed_score"] == before.loc[shop, "score"]
    assert told["override_until"] == TODAY + timedelta(days=90)
    assert after.drop(index=shop)["overridden"].sum() == 0
    one = explain_score(workspace, OFFICER, shop, today=TODAY)
    assert (one.grade, one.computed_grade, one.checks_months) == ("C", "A", 6)
    assert one.override is not None
    assert one.override.author == "officer"


def test_a_score_given_brings_its_class(workspace: Workspace) -> None:
    shop = an_a(workspace)
    give(workspace, shop, grade="", score=75)
    told = scores(workspace).loc[shop]
    assert (told["grade"], told["score"]) == ("D", 75.0)
    assert told["computed_score"] < 30


def test_a_shop_without_data_may_be_given_a_class_and_stays_without_data(workspace: Workspace) -> None:
    found = scores(workspace)
    shop = str(found.index[found["insufficient"] != ""][0])
    give(workspace, shop)
    told = scores(workspace).loc[shop]
    assert told["grade"] == "C"
    assert told["insufficient"] != ""
    assert pd.isna(told["score"])


@pytest.mark.parametrize(("days", "counts"), [(0, True), (90, True), (91, False)])
def test_it_ends_by_itself_after_its_last_day(workspace: Workspace, days: int, counts: bool) -> None:
    shop = an_a(workspace)
    give(workspace, shop)
    told = scores(workspace, TODAY + timedelta(days=days)).loc[shop]
    assert bool(told["overridden"]) == counts
    assert told["grade"] == ("C" if counts else "A")


def test_it_did_not_count_before_it_was_made(workspace: Workspace) -> None:
    shop = an_a(workspace)
    give(workspace, shop)
    past = read_scores(workspace, OFFICER, today=TODAY, as_of=date(2026, 6, 30)).shops.set_index("license_no")
    assert not past.loc[shop, "overridden"]


def test_a_newer_one_takes_the_place_of_an_older(workspace: Workspace) -> None:
    shop = an_a(workspace)
    first = give(workspace, shop)
    second = give(workspace, shop, grade="D")
    assert scores(workspace).loc[shop, "grade"] == "D"
    end_override(workspace, second, actor=OFFICER, now=NOW)
    assert scores(workspace).loc[shop, "grade"] == "A", "the first does not come back"
    with workspace.store.read() as connection:
        known = {one.override_id: one for one in risk.overrides(connection, shop)}
    assert known[first].ended_by == known[second].ended_by == "officer"


def test_ending_one_twice_or_after_its_time_is_refused(workspace: Workspace) -> None:
    shop = an_a(workspace)
    number = give(workspace, shop)
    with pytest.raises(UsageError, match="到期"):
        end_override(workspace, number, actor=OFFICER, now=NOW + timedelta(days=91))
    end_override(workspace, number, actor=OFFICER, now=NOW + timedelta(days=90))
    with pytest.raises(UsageError, match="终止"):
        end_override(workspace, number, actor=OFFICER, now=NOW + timedelta(days=90))
    with pytest.raises(NotFound):
        end_override(workspace, 99, actor=OFFICER, now=NOW)


@pytest.mark.parametrize("role", ["officer", "leader"])
def test_officers_and_leaders_of_the_grading_department_may(workspace: Workspace, role: str) -> None:
    shop = an_a(workspace)
    actor = replace(OFFICER, role=role)
    number = give(workspace, shop, actor=actor)
    assert overridden(workspace) == [shop]
    end_override(workspace, number, actor=actor, now=NOW)
    assert overridden(workspace) == []


@pytest.mark.parametrize(
    ("department", "role"), [("msa", "admin"), ("psb", "leader"), ("nhsa", "officer"), ("hc", "leader")]
)
def test_nobody_else_may(workspace: Workspace, department: str, role: str) -> None:
    shop = an_a(workspace)
    number = give(workspace, shop)
    other = Viewer("x", "丙", department, "330482", role)
    with pytest.raises(Forbidden, match="市场监管"):
        give(workspace, shop, actor=other)
    with pytest.raises(Forbidden, match="市场监管"):
        end_override(workspace, number, actor=other, now=NOW)


def test_only_within_ones_area(workspace: Workspace) -> None:
    found = scores(workspace)
    inside = str(found.index[found["area_code"] == "330482001"][0])
    outside = str(found.index[(found["area_code"] != "330482001") & (found["town_code"] != "330482001")][0])
    give(workspace, inside, actor=DANGHU)
    number = give(workspace, outside)
    with pytest.raises(NotFound, match="辖区"):
        give(workspace, outside, actor=DANGHU)
    with pytest.raises(NotFound, match="辖区"):
        end_override(workspace, number, actor=DANGHU, now=NOW)
    with pytest.raises(NotFound, match="没有药店"):
        give(workspace, "nothing")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"text": " "}, "依据"),
        ({"text": "长" * 501}, "500"),
        ({"grade": ""}, "且只填一项"),
        ({"score": 10.0}, "且只填一项"),
        ({"grade": "E"}, "没有等级"),
        ({"reason": "mood"}, "没有改定的理由"),
        ({"grade": "", "score": -0.1}, "0 至 100"),
        ({"grade": "", "score": 100.1}, "0 至 100"),
        ({"grade": "", "score": float("nan")}, "0 至 100"),
        ({"valid_until": TODAY - timedelta(days=1)}, "早于今天"),
        ({"valid_until": date(2027, 7, 1)}, "一年"),
    ],
)
def test_what_may_not_be_given(still: Workspace, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        give(still, an_a(still), **changed)
    assert not scores(still)["overridden"].any()


@pytest.mark.parametrize(
    "changed",
    [
        {"text": "长" * 500},
        {"grade": "", "score": 0.0},
        {"grade": "", "score": 100.0},
        {"valid_until": TODAY},
        {"valid_until": date(2027, 6, 30)},
    ],
)
def test_what_just_may(workspace: Workspace, changed: dict[str, Any]) -> None:
    shop = an_a(workspace)
    give(workspace, shop, **changed)
    assert overridden(workspace) == [shop]


@pytest.mark.parametrize(("grade", "score"), [(None, None), ("A", 3.0)])
def test_the_database_itself_wants_a_class_or_a_score(
    still: Workspace, grade: str | None, score: float | None
) -> None:
    row = {
        "license_no": "S",
        "grade": grade,
        "score": score,
        "reason": "other",
        "text": "x",
        "department": "msa",
        "author": "x",
        "created_at": datetime(2026, 7, 1),
        "valid_until": TODAY,
    }
    with pytest.raises(IntegrityError), still.store.write() as connection:
        connection.execute(insert(risk_override).values(**row))
