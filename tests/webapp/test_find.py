"""The finder as a citizen meets it: without JavaScript, in large text, with a telephone that dials."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from flask.testing import FlaskClient

from webapp.find_pages import dial, far

TOWN = "town=330482001"


def _text(client: FlaskClient, query: str) -> str:
    answer = client.get(f"/find?{query}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_nothing_asked_offers_the_towns(citizen: FlaskClient) -> None:
    text = _text(citizen, "")
    assert len(re.findall(r'href="/find\?town=\d+&amp;open=1"', text)) == 9
    assert "<ol" not in text


def test_the_landing_page_leads_to_the_finder(citizen: FlaskClient) -> None:
    text = citizen.get("/").get_data(as_text=True)
    assert 'action="/find"' in text
    assert 'href="/find?town=330482001&amp;open=1"' in text


def test_a_town_lists_the_nearest_with_state_and_telephone(citizen: FlaskClient) -> None:
    text = _text(citizen, TOWN)
    assert text.count('class="shop ') == 20
    assert text.count('href="tel:0573') == 20
    assert "营业中" in text


@pytest.mark.parametrize(
    "query",
    ["open=1", "night=1", "insurance=1", "dual=1", "service=delivery", "drug=RX", "open=1&insurance=1"],
)
def test_each_filter_narrows_and_stays_chosen(citizen: FlaskClient, query: str) -> None:
    everyone = citizen.get("/api/v1/public/pharmacies?area=330482").get_json(force=True)["features"]
    text = _text(citizen, f"q=演示&{query}")
    shown = text.count('class="shop ')
    assert shown <= 20 < len(everyone)
    if "open=1" in query:
        assert 'class="shop closed' not in text
        assert 'class="shop unknown' not in text
    name = query.split("=")[0]
    assert re.search(rf'name="{name}"[^>]* checked|selected>', text)


def test_an_own_position_is_used_before_a_town(citizen: FlaskClient) -> None:
    text = _text(citizen, f"lon=121.0262&lat=30.6798&{TOWN}")
    assert "离您由近到远" in text
    assert 'name="lon" value="121.0262"' in text


def test_a_text_finds_by_name_or_address(citizen: FlaskClient) -> None:
    assert "演示" in _text(citizen, "q=演示")
    nothing = _text(citizen, "q=没有这样的店名")
    assert "没有符合条件的药店" in nothing


@pytest.mark.parametrize("query", ["lon=x&lat=1", "lon=1&lat=99", "lon=1&lat=1&crs=mars", "open=perhaps"])
def test_what_makes_no_sense_is_said_on_a_page(citizen: FlaskClient, query: str) -> None:
    answer = citizen.get(f"/find?{query}")
    assert answer.status_code == 400
    assert "请求有误" in answer.get_data(as_text=True)


def test_a_search_text_is_shown_as_text(citizen: FlaskClient) -> None:
    text = _text(citizen, 'q="><script>alert(1)</script>')
    assert "<script>alert" not in text


def test_large_text_is_remembered_until_it_is_left(shared_app: object) -> None:
    client: FlaskClient = shared_app.test_client()  # type: ignore[attr-defined]
    assert 'class="citizen big"' in _text(client, "big=1")
    assert 'class="citizen big"' in _text(client, TOWN)
    assert 'class="citizen big"' in client.get("/").get_data(as_text=True)
    assert 'class="citizen"' in _text(client, "big=0")
    assert 'class="citizen"' in _text(client, TOWN)


def test_when_it_opens_again_is_said_in_words(citizen: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yaotong.clock.now", lambda: datetime(2026, 6, 30, 23, 0))
    text = _text(citizen, f"{TOWN}&q=演示")
    assert re.search(r"已打烊</strong>\s*<span>· 明天 0\d:\d0 开门", text)
    assert "24 小时营业" in text


@pytest.mark.parametrize(
    ("distance_m", "text"),
    [
        (0, "0 米"),
        (4.9, "0 米"),
        (321, "320 米"),
        (994.9, "990 米"),
        (995, "1.0 公里"),
        (12_345, "12.3 公里"),
    ],
)
def test_distances_in_words(shared_app: object, distance_m: float, text: str) -> None:
    with shared_app.test_request_context("/"):  # type: ignore[attr-defined]
        assert far(distance_m) == text


def test_a_telephone_number_is_dialled_clean() -> None:
    assert dial("0573-8500 0007") == "057385000007"
    assert dial("+86 (573) 1;javascript:") == "+865731"
