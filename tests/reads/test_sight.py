"""What a department may see of the lines behind an alert: which fields, and which lines."""

from __future__ import annotations

import pandas as pd
import pytest

from yaotong.departments import EVIDENCE_FIELDS
from yaotong.reads.sight import EVERYTHING, Sight, sight_of

WHAT = frozenset({"pharmacy", "sold_at", "drug", "quantity"})
# What each department signed: the lines, and its fields as lead and as assist.
SIGNED = {
    "msa": (
        "all",
        "pharmacy sold_at drug quantity unit_price supplier batch_no trace_code buyer prescription_no channel"
        " recorded_at",
        "pharmacy sold_at drug quantity supplier batch_no trace_code prescription_no channel",
    ),
    "nhsa": (
        "settled",
        "pharmacy sold_at drug quantity unit_price batch_no trace_code buyer settlement_id channel",
        "pharmacy sold_at drug quantity trace_code settlement_id",
    ),
    "psb": (
        "all",
        "pharmacy sold_at drug quantity batch_no trace_code buyer channel",
        "pharmacy sold_at drug quantity supplier batch_no trace_code",
    ),
    "hc": ("none", "", ""),
}


def lines() -> pd.DataFrame:
    """Four sold lines: settled, paid by insurance, both, and paid by the buyer; of one it is not known."""
    return pd.DataFrame(
        {
            "line_id": ["settled", "paid", "both", "own", "unknown"],
            "settlement_id": ["J1", None, "J2", None, None],
            "paid_by_insurance": [False, True, True, False, None],
        }
    )


@pytest.mark.parametrize(
    ("which", "seen"),
    [
        ("all", ["settled", "paid", "both", "own", "unknown"]),
        ("settled", ["settled", "paid", "both"]),
        ("none", []),
    ],
)
def test_a_sight_admits_all_lines_or_the_settled_or_none(which: str, seen: list[str]) -> None:
    admitted = Sight(WHAT, which).admits(lines())
    assert admitted["line_id"].tolist() == seen
    assert list(admitted.columns) == list(lines().columns)


@pytest.mark.parametrize("which", ["all", "settled", "none"])
def test_where_there_are_no_lines_none_are_admitted(which: str) -> None:
    assert Sight(WHAT, which).admits(pd.DataFrame()).empty
    assert Sight(WHAT, which).admits(lines().iloc[:0]).empty


@pytest.mark.parametrize("which", ["all", "settled"])
def test_one_settled_line_is_admitted_by_itself(which: str) -> None:
    assert len(Sight(WHAT, which).admits(lines().iloc[:1])) == 1


@pytest.mark.parametrize(
    ("fields", "which", "adds_up"),
    [
        (WHAT, "all", True),
        (WHAT, "settled", True),
        (WHAT, "none", False),
        (WHAT - {"sold_at"}, "all", False),
        (WHAT - {"quantity"}, "all", False),
        (frozenset({"sold_at", "quantity"}), "all", True),
    ],
)
def test_a_sum_is_written_out_where_numbers_and_moments_are_seen(
    fields: frozenset[str], which: str, adds_up: bool
) -> None:
    assert Sight(fields, which).adds_up is adds_up


@pytest.mark.parametrize("department", SIGNED)
def test_a_department_sees_what_it_signed_as_lead_and_as_assist(department: str) -> None:
    which, as_lead, as_assist = SIGNED[department]
    assert sight_of(department, "lead") == Sight(frozenset(as_lead.split()), which)
    assert sight_of(department, "assist") == Sight(frozenset(as_assist.split()), which)


@pytest.mark.parametrize("part", ["", "any", "LEAD", "none"])
def test_whoever_is_not_the_lead_sees_what_an_assist_does(part: str) -> None:
    assert sight_of("msa", part) == sight_of("msa", "assist")


@pytest.mark.parametrize("part", ["lead", "assist"])
@pytest.mark.parametrize("department", ["", "system", "fire", "MSA"])
def test_who_is_no_department_sees_nothing(department: str, part: str) -> None:
    nothing = sight_of(department, part)
    assert nothing == Sight(frozenset(), "none")
    assert nothing.admits(lines()).empty
    assert not nothing.adds_up


def test_everything_is_every_field_of_every_line() -> None:
    assert EVERYTHING.fields == set(EVIDENCE_FIELDS)
    assert len(EVERYTHING.admits(lines())) == len(lines())
