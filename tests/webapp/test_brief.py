"""The brief of an alert and its small map: what the reader may see, and nothing of what they may not."""

from __future__ import annotations

import re

import pytest

from tests.webapp.conftest import SignIn
from webapp.locator import drawn
from yaotong.reads.alert_place import Outline, Place, Spot, place_of
from yaotong.reads.alerts import Filters, inbox
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

from .conftest import DEPARTMENTS, MORNING, ids_of


@pytest.mark.parametrize("department", DEPARTMENTS)
def test_a_brief_says_what_the_page_says_and_who_printed_it(signed: SignIn, department: str) -> None:
    client = signed(department)
    for alert_id in ids_of(client)[:12]:
        row = client.get(f"/api/v1/alerts/{alert_id}").get_json()
        page = client.get(f"/alerts/{alert_id}/brief").get_data(as_text=True)
        assert row["sentence_zh"] in page or row["reasons"]
        assert all(one["sentence_zh"] in page for one in row["reasons"][:12])
        assert "打印人" in page
        assert "2026-07-01" in page


def test_health_is_shown_no_shop_on_map_or_paper(signed: SignIn, small: Workspace) -> None:
    client, hc = signed("hc"), Viewer("hc", "", "hc", "330482")
    with small.store.read() as connection:
        names = {str(one) for one in connection.exec_driver_sql("select name from pharmacy").scalars()}
    for row in inbox(small, hc, filters=Filters(state=""), limit=200, now=MORNING).rows:
        page = client.get(f"/alerts/{row.alert_id}/brief").get_data(as_text=True)
        assert not any(one in page for one in names)
        assert "<circle" not in page


def test_another_departments_alert_has_no_brief(signed: SignIn) -> None:
    theirs = set(ids_of(signed("nhsa"))) - set(ids_of(signed("hc")))
    assert signed("hc").get(f"/alerts/{min(theirs)}/brief").status_code == 404
    assert signed("nhsa").get(f"/alerts/{min(theirs)}/brief").status_code == 200


def test_the_small_map_shows_the_towns_and_the_shop(signed: SignIn, small: Workspace) -> None:
    client, msa = signed("msa"), Viewer("msa", "", "msa", "330482")
    row = next(
        one for one in inbox(small, msa, limit=200, now=MORNING).rows if one.subject_kind == "pharmacy"
    )
    page = client.get(f"/alerts/{row.alert_id}").get_data(as_text=True)
    picture = re.search(r'<svg class="locator".*?</svg>', page, re.S)
    assert picture is not None
    assert picture[0].count('class="here"') == 1
    assert picture[0].count("<path") > 5
    assert f"<title>{row.subject}</title>" in picture[0]


def test_what_has_no_place_is_not_drawn(small: Workspace) -> None:
    assert place_of(small, None, []) is None
    assert place_of(small, "999999", ["没有的证号"]) is None


def test_a_shop_without_a_town_is_drawn_with_a_kilometre_around_it(small: Workspace) -> None:
    with small.store.read() as connection:
        license_no = connection.exec_driver_sql("select license_no from pharmacy").scalars().first()
    place = place_of(small, None, [str(license_no)])
    assert place is not None
    west, south, east, north = place.box
    assert 0.015 < east - west < 0.03
    assert 0.015 < north - south < 0.03


def test_the_plane_is_true_at_its_middle_and_its_scale_is_round() -> None:
    ring = ((121.0, 30.0), (121.2, 30.0), (121.2, 30.1), (121.0, 30.1), (121.0, 30.0))
    place = Place(
        (Outline("a", "甲", (ring,), True),), (Spot("x", "乙", 121.1, 30.05),), (121.0, 30.0, 121.2, 30.1)
    )
    made = drawn(place)
    # 0.2 degrees of longitude at 30 degrees north are 19.3 km, 0.1 of latitude 11.1 km.
    assert made.width == 320.0
    assert made.width / made.height == pytest.approx(19.27 / 11.13, rel=0.01)
    assert made.points[0][:2] == pytest.approx((made.width / 2, made.height / 2), abs=0.2)
    assert made.scale_m == 5000
    assert made.scale_px == pytest.approx(320 * 5 / 19.27, rel=0.01)
