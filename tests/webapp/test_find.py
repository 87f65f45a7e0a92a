"""The finder as a citizen meets it: without JavaScript, in large text, with a telephone that dials."""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient

from webapp.find_words import age, changes, dial, far, walk, week
from yaotong.reads.public import state_of_hours

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
    ["open=1", "night=1", "insurance=1", "dual=1", "service=delivery", "scope=RX", "open=1&insurance=1"],
)
def test_each_filter_narrows_and_stays_chosen(citizen: FlaskClient, query: str) -> None:
    everyone = citizen.get("/api/v1/public/pharmacies?area=330482").get_json(force=True)["features"]
    text = _text(citizen, f"q=演示&by=name&{query}")
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


def test_large_text_is_asked_for_by_the_address(citizen: FlaskClient) -> None:
    assert 'class="citizen big"' in _text(citizen, "big=1")
    assert 'class="citizen"' in _text(citizen, TOWN)
    assert 'class="citizen"' in _text(citizen, "big=0")


def test_when_it_opens_again_is_said_in_words(citizen: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yaotong.clock.now", lambda: datetime(2026, 6, 30, 23, 0))
    text = _text(citizen, f"{TOWN}&q=演示&by=name")
    assert re.search(r"已打烊</strong><span>，明天 0\d:\d0 开门", text)
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


NINE = datetime(2026, 7, 1, 9, 0)  # a Wednesday


@pytest.mark.parametrize(
    ("hours", "at", "words"),
    [
        ("Mo-Su 08:00-22:00", NINE, "22:00 打烊"),
        ("Mo-Su 08:00-22:00", datetime(2026, 7, 1, 21, 0), "60 分钟后打烊"),
        ("Mo-Su 08:00-22:00", datetime(2026, 7, 1, 20, 59), "22:00 打烊"),
        ("Mo-Su 08:00-22:00", datetime(2026, 7, 1, 7, 38), "22 分钟后开门"),
        ("Mo-Su 08:00-22:00", datetime(2026, 7, 1, 7, 37, 30), "23 分钟后开门"),
        ("Mo-Su 08:00-22:00", datetime(2026, 7, 1, 23, 0), "明天 08:00 开门"),
        ("Mo 08:00-22:00", NINE, "周一 08:00 开门"),
        ("Jul 20 08:00-22:00", NINE, "2026-07-20 08:00 开门"),
        ("24/7", NINE, "24 小时营业"),
        (None, NINE, "请先致电"),
        ("早八点到晚九点", NINE, "请先致电"),
    ],
)
def test_what_follows_is_said_in_words(
    shared_app: object, hours: str | None, at: datetime, words: str
) -> None:
    told = state_of_hours(hours, at, None) | {"opening_hours": hours}
    with shared_app.test_request_context("/"):  # type: ignore[attr-defined]
        assert changes(told, at) == words


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("24/7", [("每天", "24 小时营业")]),
        ("Mo-Su 08:00-21:30", [("每天", "08:00–21:30")]),
        (
            "Mo-Fr 08:00-12:00,13:30-20:30; Sa,Su 09:00-17:00; PH off",
            [
                ("周一至周五", "08:00–12:00、13:30–20:30"),
                ("周六、周日", "09:00–17:00"),
                ("法定节假日", "休息"),
            ],
        ),
        ("Mo-Su 18:00-02:00", [("每天", "18:00–次日 02:00")]),
        ("Mo-Su 18:00-26:00", [("每天", "18:00–次日 02:00")]),
        ("08:00-20:00", [("每天", "08:00–20:00")]),
        ("Jul 20 08:00-22:00", []),
        ("SH off", []),
        ("随时", []),
    ],
)
def test_a_week_of_hours_is_said_in_words(
    shared_app: object, text: str, lines: list[tuple[str, str]]
) -> None:
    with shared_app.test_request_context("/"):  # type: ignore[attr-defined]
        assert week(text) == lines


@pytest.mark.parametrize(
    ("counted", "words"),
    [
        ("2026-07-01T08:59:01+08:00", "0 分钟前"),
        ("2026-07-01T08:01:00+08:00", "59 分钟前"),
        ("2026-07-01T08:00:00+08:00", "1 小时前"),
        ("2026-06-29T09:00:01+08:00", "47 小时前"),
        ("2026-06-29T09:00:00+08:00", "2 天前"),
    ],
)
def test_how_old_a_count_is(shared_app: object, counted: str, words: str) -> None:
    with shared_app.test_request_context("/"):  # type: ignore[attr-defined]
        assert age(counted, NINE) == words


@pytest.mark.parametrize(
    ("metres", "words"),
    [(0, "步行约 1 分钟"), (670, "步行约 13 分钟"), (3_000, "步行约 58 分钟"), (3_001, "")],
)
def test_a_walk_is_an_estimate(shared_app: object, metres: float, words: str) -> None:
    with shared_app.test_request_context("/"):  # type: ignore[attr-defined]
        assert walk(metres) == words


@pytest.mark.parametrize("words", ["乍浦", "zhapu", "ZhaPu", "zpz", "乍浦镇"])
def test_a_place_is_found_as_it_is_typed(citizen: FlaskClient, words: str) -> None:
    text = _text(citizen, f"q={words}")
    assert re.search(r"由近到远，离\s+乍浦镇", text)
    assert text.count('class="shop ') == 20


def test_a_street_of_an_address_is_a_place_and_its_namesakes_are_offered(citizen: FlaskClient) -> None:
    text = _text(citizen, "q=演示街")
    assert re.search(r"由近到远，离\s+演示街", text)
    keys = re.findall(r"place=(street:\d+:[^&\"]+)", text.replace("%3A", ":"))
    assert len(set(keys)) >= 2
    other = _text(citizen, f"q=演示街&place={unquote(keys[0])}")
    assert _told(other) != _told(text)


def test_a_misspelt_place_is_answered_with_the_likeliest(citizen: FlaskClient) -> None:
    text = _text(citizen, "q=乍埔")
    assert "没有找到地名“乍埔”" in text
    assert re.search(r"place=area(?::|%3A)330482101[^>]*>乍浦镇", text)


def test_a_position_outside_the_city_is_told_so_and_still_answered(citizen: FlaskClient) -> None:
    assert "您的位置不在本市" in (far_off := _text(citizen, "lon=116.4&lat=39.9"))
    assert far_off.count('class="shop ') == 20
    assert "您的位置不在本市" not in _text(citizen, "lon=121.0262&lat=30.6798")


def test_a_medicine_that_nobody_counts_is_answered_with_who_may_sell_it(citizen: FlaskClient) -> None:
    text = _text(citizen, f"{TOWN}&drug=amxl")
    assert "阿莫西林" in text
    assert "这里没有药店在 24 小时内报过有货" in text
    assert text.count("有没有货，请电话确认") == 20
    assert 'class="shop ' not in _text(citizen, f"{TOWN}&drug=amxl&stock=1")  # unknown is no yes


def test_a_medicine_that_is_not_listed_is_told_and_the_likest_offered(citizen: FlaskClient) -> None:
    assert "药品目录里没有这个药" in _text(citizen, f"{TOWN}&drug=没有这种药名的药")
    assert re.search(r"您是不是要找：</p>.*阿莫西林", _text(citizen, f"{TOWN}&drug=啊莫西林"), re.S)


def test_what_is_kept_of_special_drugs_is_told_to_nobody(citizen: FlaskClient) -> None:
    """The demo city counts them every month; the last count was eleven hours ago."""
    text = _text(citizen, f"{TOWN}&drug=酚麻美敏")
    assert "这类药的库存不公开" in text
    assert "有货</strong>" not in text
    assert "盘点时无货" not in text


def test_a_pharmacist_is_there_only_when_the_shop_says_so(citizen: FlaskClient) -> None:
    assert 'class="shop ' not in _text(citizen, f"{TOWN}&pharmacist=1")  # nobody sends shifts in the demo


def test_another_time_may_be_asked_for(citizen: FlaskClient) -> None:
    night = _text(citizen, f"{TOWN}&at=2026-07-02T02:00")
    assert 'class="shop closed' not in night
    assert "2026-07-02 02:00" in night
    assert citizen.get(f"/find?{TOWN}&at=nonsense").status_code == 400


def test_a_shop_has_a_page_with_the_source_of_each_entry(citizen: FlaskClient) -> None:
    first = re.search(r'href="(/find/shop/[^"]+)"', _text(citizen, TOWN))
    assert first is not None
    text = citizen.get(first[1]).get_data(as_text=True)
    assert text.count("药店名录，2026年7月1日 登记") == 3
    assert "每天" in text or "周一" in text
    missing = citizen.get("/find/shop/none")
    assert missing.status_code == 404
    assert "没有这家药店" in missing.get_data(as_text=True)


def test_the_medicines_page_tells_what_to_bring_and_what_the_law_says(citizen: FlaskClient) -> None:
    text = citizen.get("/find/medicines").get_data(as_text=True)
    assert all(one in text for one in ("身份证", "处方", "12393", "医保发〔2021〕28号", "待核"))


def test_links_to_map_apps_never_hold_where_the_citizen_is(citizen: FlaskClient) -> None:
    text = _text(citizen, "lon=121.0262&lat=30.6798")
    links = re.findall(r'href="(https://[^"]+)"', text)
    assert len(links) == 80
    assert all("121.0262" not in one and "30.6798" not in one for one in links)
    assert text.count('rel="noopener noreferrer"') == 80


def _told(text: str) -> str:
    found = re.search(r'<p class="told">(.*?)</p>', text, re.S)
    assert found is not None
    return found[1]


def test_a_medicine_written_where_places_are_asked_for_is_led_to_its_field(citizen: FlaskClient) -> None:
    page = _text(citizen, f"{TOWN}&q=布洛芬")
    assert "“布洛芬”是药名" in page
    told = page[page.index("是药名") :]
    (link,) = re.findall(r'href="([^"]*drug=[^"]*)"', told[: told.index("</ul>")])
    led = _text(citizen, unescape(link).partition("?")[2])
    assert "布洛芬缓释胶囊" in led
    assert 'class="shop ' in led
    for other in ("演示", "没有这种药名的药"):
        assert "是药名" not in _text(citizen, f"{TOWN}&q={other}")
