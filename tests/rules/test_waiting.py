"""Every rule of the plan is in the book or waits for something, and none does both."""

from __future__ import annotations

import pytest

from yaotong.departments import departments, lead_of
from yaotong.errors import ConfigError
from yaotong.rules.book import book
from yaotong.rules.waiting import read_waiting, waiting

# The 65 entries of the plan (business rules, section 2).
PLAN = {
    *(f"R-M{number:02d}" for number in range(1, 32)),
    *(f"R-P{number:02d}" for number in range(1, 10)),
    *(f"R-N{number:02d}" for number in range(1, 13)),
    *(f"R-H{number:02d}" for number in range(1, 10)),
    *(f"R-J{number:02d}" for number in range(1, 5)),
}
# What nobody sends yet.
UNSENT = set("R-M04 R-M25 R-M28 R-P05 R-P07 R-P09 R-H05 R-H06 R-H09 R-J01 R-J02".split())
# The methods of the DEA litigation stand in the book beside the plan, as peers.
PEERS = {f"R-D{number:02d}" for number in range(1, 6)} | {"R-P10"}
# Rules that read the detector's signals stand beside the plan as well.
SIGNALLED = {"R-S01", "R-S02"}


def test_those_that_wait_are_those_whose_data_nobody_sends() -> None:
    assert {one.rule_id for one in waiting()} == UNSENT


def test_a_rule_is_written_or_waits_and_never_both() -> None:
    names = {one.rule_id for one in waiting()}
    assert names & set(book()) == set()
    assert set(book()) | names == PLAN | PEERS | SIGNALLED


@pytest.mark.parametrize("one", waiting(), ids=lambda one: one.rule_id)
def test_each_has_a_lead_and_says_what_it_waits_for(one: object) -> None:
    assert lead_of(one.rule_id, departments())  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text",
    [
        '[R-M04]\nname_zh = "甲"\n',
        '[R-M04]\nname_zh = "甲"\nname_en = "a"\nwaits = "luck"\nfor_zh = "乙"\nfor_en = "b"\n',
        '[R-M04]\nname_zh = "甲"\nname_en = "a"\nwaits = "feed"\nfor_zh = ""\nfor_en = "b"\n',
        '[RM04]\nname_zh = "甲"\nname_en = "a"\nwaits = "feed"\nfor_zh = "乙"\nfor_en = "b"\n',
        "R-M04 = 1\n",
    ],
)
def test_a_half_made_entry_is_refused_by_name(text: str) -> None:
    with pytest.raises(ConfigError, match="M04"):
        read_waiting(text)
