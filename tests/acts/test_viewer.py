"""Who looks: what area a person sees, which roles there are, and what each of them is kept from."""

from __future__ import annotations

import pytest

from yaotong.viewer import ADMINISTRATORS, OFFICE, ROLES, SYSTEM, UNGRANTED, Viewer

COUNTY, TOWN, VILLAGE = "330482", "330482101", "330482101005"


def viewer(area_code: str = COUNTY, role: str = "officer") -> Viewer:
    return Viewer("a", "甲", "msa", area_code, role)


@pytest.mark.parametrize(
    ("of", "place", "seen"),
    [
        (COUNTY, COUNTY, True),
        (COUNTY, TOWN, True),
        (COUNTY, "330481", False),
        (COUNTY, "3304", False),
        (COUNTY, "", False),
        (TOWN, TOWN, True),
        (TOWN, VILLAGE, True),
        (TOWN, COUNTY, False),
        (TOWN, "330482102", False),
        ("3304", TOWN, True),
        ("", "310116", True),
    ],
)
def test_a_place_is_seen_in_ones_own_area_and_below(of: str, place: str, seen: bool) -> None:
    assert viewer(of).covers(place) is seen


@pytest.mark.parametrize(
    ("of", "seen"), [("", True), ("3304", True), (COUNTY, True), (COUNTY + "1", False), (TOWN, False)]
)
def test_what_has_no_place_is_seen_at_county_level_and_above(of: str, seen: bool) -> None:
    assert viewer(of).covers(None) is seen


@pytest.mark.parametrize("role", ["sysadmin", "secadmin", "auditor", "none"])
def test_who_has_nothing_to_do_with_the_data_sees_no_place_at_all(role: str) -> None:
    one = viewer("", role)
    assert not one.works
    assert not one.leads
    assert not any(one.covers(place) for place in (None, "", COUNTY, TOWN))


@pytest.mark.parametrize(("role", "leads"), [("officer", False), ("leader", True), ("admin", True)])
def test_who_works_with_the_data_and_who_leads(role: str, leads: bool) -> None:
    assert viewer(role=role).works
    assert viewer(role=role).leads is leads


def test_the_roles_are_these_and_an_account_that_says_none_is_an_officers() -> None:
    assert OFFICE == ("officer", "leader", "admin")
    assert ADMINISTRATORS == ("sysadmin", "secadmin", "auditor")
    assert UNGRANTED == "none"
    assert set(ROLES) == {*OFFICE, *ADMINISTRATORS, UNGRANTED}
    assert Viewer("a", "甲", "msa", COUNTY).role == "officer"


@pytest.mark.parametrize("role", ["", "root", "Officer", "officer "])
def test_what_is_no_role_makes_nobody(role: str) -> None:
    with pytest.raises(ValueError, match=rf"{role!r} is not a role: officer, leader, admin, sysadmin"):
        viewer(role=role)


def test_where_a_request_came_from_makes_no_other_person() -> None:
    assert viewer() == Viewer("a", "甲", "msa", COUNTY, "officer", "web 192.0.2.1")
    assert viewer() != viewer(TOWN)


def test_the_system_itself_sees_every_place() -> None:
    assert (SYSTEM.username, SYSTEM.department) == ("system", "system")
    assert SYSTEM.leads
    assert SYSTEM.covers(None)
    assert SYSTEM.covers(TOWN)
