"""The finder over feeds of every kind: stock with its age, shifts, visits, closures, names of places."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.webapp.citizen_city import SHOPS, built, take
from webapp.app import create_app
from yaotong.acts.publishing_visits import publish_visits
from yaotong.errors import Forbidden, UsageError
from yaotong.reads import public
from yaotong.reads.fitting import Wanted
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

NINE = datetime(2026, 7, 1, 9, 0)
LEADER = Viewer("msa", "负责人", "msa", "330482", "leader")
TOWN = "town=330482101"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return built(tmp_path_factory.mktemp("citizens"))


@pytest.fixture(scope="module")
def client(city: Workspace) -> FlaskClient:
    return create_app(city.settings.home).test_client()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Workspace]:
    """A city that a test may change."""
    made = built(tmp_path)
    yield made
    made.store.engine.dispose()


def _cards(client: FlaskClient, query: str) -> dict[str, str]:
    """Each shop's card by its name's first character, in the page's order."""
    text = client.get(f"/find?{query}").get_data(as_text=True)
    cards = re.findall(r'<li class="shop .*?</li>', text, re.S)
    return {re.search(r"find/shop/\w+[^>]*>(.)", one)[1]: one for one in cards}  # type: ignore[index]


def _nearest(ws: Workspace, at: datetime = NINE, **wanted: object) -> dict[str, dict[str, object]]:
    answer = public.nearest(ws, 121.0905, 30.60, at=at, wanted=Wanted(**wanted))  # type: ignore[arg-type]
    return {one["id"]: one["properties"] for one in answer["features"]}


@pytest.mark.parametrize("words", ["阿莫西林", "D1", "amxl", "amoxilin", "阿莫仙", "AMX"])
def test_stock_is_told_with_its_age_and_old_counts_are_no_stock(client: FlaskClient, words: str) -> None:
    cards = _cards(client, f"{TOWN}&drug={words}")
    assert "有货</strong> 12 盒 · 11 小时前盘点" in cards["甲"]
    assert "盘点时无货</strong> · 11 小时前" in cards["乙"]
    assert "请电话确认</strong> · 上次盘点 2 天前" in cards["丙"]
    assert "请电话确认</strong></p>" in cards["丁"]
    assert "己" not in cards  # its scope holds no prescription medicine, whatever it counted


def test_only_stock_keeps_nobody_who_is_unknown(client: FlaskClient) -> None:
    assert list(_cards(client, f"{TOWN}&drug=阿莫西林&stock=1")) == ["甲"]
    assert _cards(client, f"{TOWN}&drug=布洛芬&stock=1") == {}
    assert _cards(client, f"{TOWN}&drug=没有的药&stock=1") == {}


@pytest.mark.parametrize(
    ("query", "shops"),
    [
        ("drug=阿莫西林&stock=1", {"A"}),
        ("drug=布洛芬&stock=1", set()),
        ("stock=0", {"A", "B", "C", "D"}),
        ("pharmacist=1", {"A", "B"}),
        ("pharmacist=1&open_at=2026-07-01T12:00", {"B"}),
    ],
)
def test_the_interface_is_asked_for_stock_and_pharmacists_as_the_page_is(
    client: FlaskClient, query: str, shops: set[str]
) -> None:
    answer = client.get(f"/api/v1/public/pharmacies/nearest?lon=121.05&lat=30.62&limit=50&{query}")
    found = {one["properties"]["license_no"] for one in json.loads(answer.text)["features"]}
    assert found == shops or (query == "stock=0" and found > shops)


@pytest.mark.parametrize(("hour", "state"), [(21, "yes"), (22, "unknown"), (23, "unknown")])
def test_a_count_is_fresh_for_its_hours_and_not_a_minute_longer(
    city: Workspace, hour: int, state: str
) -> None:
    told = _nearest(city, datetime(2026, 7, 1, hour, 0), drug="阿莫西林")["A"]["stock"]
    assert told["state"] == state  # type: ignore[index]


def test_the_stock_of_special_drugs_is_told_to_nobody(city: Workspace, client: FlaskClient) -> None:
    assert "库存不公开" in client.get(f"/find?{TOWN}&drug=泰诺").get_data(as_text=True)
    assert {one["stock"]["state"] for one in _nearest(city, drug="泰诺").values()} == {"unknown"}  # type: ignore[index]


def test_a_pharmacist_is_on_duty_by_a_shift_that_lasts(client: FlaskClient) -> None:
    """A until noon; B began half an hour ago and did not end; C's shift is too old; E's ended at nine."""
    assert set(_cards(client, f"{TOWN}&pharmacist=1")) == {"甲", "乙"}
    assert list(_cards(client, f"{TOWN}&pharmacist=1&at=2026-07-01T12:00")) == ["乙"]


def test_services_count_only_where_they_are_registered(client: FlaskClient) -> None:
    assert list(_cards(client, f"{TOWN}&service=barrier_free")) == ["甲"]
    assert list(_cards(client, f"{TOWN}&service=service_station&service=health_check")) == ["丙"]
    assert _cards(client, f"{TOWN}&service=service_station&service=delivery") == {}


def test_an_announced_closure_goes_before_the_hours(client: FlaskClient, city: Workspace) -> None:
    told = _cards(client, TOWN)["戊"]
    assert "已打烊</strong><span>，公告停业至 2026-07-03" in told
    assert "戊" not in _cards(client, f"{TOWN}&open=1")
    shut = _nearest(city)["E"]
    assert (shut["open_state"], shut["next_change"]) == ("closed", "2026-07-04T08:00:00+08:00")
    after = _nearest(city, datetime(2026, 7, 4, 9, 0))["E"]
    assert (after["open_state"], after.get("shut_until")) == ("open", None)


def test_an_entry_that_is_long_unsaid_may_have_changed(city: Workspace) -> None:
    limit = city.settings.public_stale_days
    for days, state in ((limit, "known"), (limit + 1, "old")):
        at = datetime.combine(date.fromordinal(date(2026, 6, 30).toordinal() + days), NINE.time())
        facts = _nearest(city, at)["A"]["facts"]
        assert {one["state"] for one in facts.values()} == {state}  # type: ignore[attr-defined]


def test_visits_are_stamped_only_once_they_are_published(fresh: Workspace) -> None:
    client = create_app(fresh.settings.home).test_client()
    before = client.get(f"/find?{TOWN}").data
    assert "检查".encode() not in re.sub(rb"<footer.*", b"", before, flags=re.S)
    assert publish_visits(fresh, actor=LEADER, until=date(2026, 6, 30), now=NINE) == 2
    assert publish_visits(fresh, actor=LEADER, until=date(2026, 6, 30), now=NINE) == 0
    cards = _cards(client, TOWN)
    assert "2026年5月2日 检查核实" in cards["甲"]
    assert "检查时与登记不符" in cards["乙"]
    assert "责令" not in cards["乙"]  # how a visit ended is nobody's here
    assert "检查" not in cards["丙"]
    page = client.get("/find/shop/A").get_data(as_text=True)
    assert page.count("2026年5月2日 检查核实") == 3


def test_a_stamp_goes_when_what_was_checked_is_changed(fresh: Workspace, tmp_path: Path) -> None:
    publish_visits(fresh, actor=LEADER, until=date(2026, 6, 30), now=NINE)
    assert "checked_on" in _nearest(fresh)["A"]["facts"]["hours"]  # type: ignore[index]
    take(fresh, tmp_path, "pharmacies.csv", SHOPS.replace("Mo-Su 08:00-21:00,true", "Mo-Su 09:00-21:00,true"))
    facts = _nearest(fresh)["A"]["facts"]
    assert "checked_on" not in facts["hours"]  # type: ignore[index]
    assert facts["phone"]["checked_on"] == "2026-05-02"  # type: ignore[index]


@pytest.mark.parametrize(
    "actor",
    [Viewer("x", "x", "msa", "330482"), Viewer("x", "x", "nhsa", "330482", "leader")],
    ids=["officer", "other department"],
)
def test_who_may_not_publish(city: Workspace, actor: Viewer) -> None:
    with pytest.raises(Forbidden, match="负责人"):
        publish_visits(city, actor=actor, until=date(2026, 6, 30), now=NINE)


def test_what_is_not_over_and_what_lies_elsewhere_is_not_published(fresh: Workspace) -> None:
    with pytest.raises(UsageError, match="不能晚于今天"):
        publish_visits(fresh, actor=LEADER, until=date(2026, 7, 2), now=NINE)
    elsewhere = Viewer("y", "y", "msa", "330402", "leader")
    assert publish_visits(fresh, actor=elsewhere, until=date(2026, 6, 30), now=NINE) == 0


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("汽车站", "乍浦客运中心"),
        ("zpkyzx", "乍浦客运中心"),
        ("changsheng", "长胜村"),
        ("tianfei", "天妃路"),
        ("zhapu", "乍浦镇"),
    ],
)
def test_places_of_the_feed_are_found_by_any_name(client: FlaskClient, words: str, place: str) -> None:
    text = client.get(f"/find?q={words}").get_data(as_text=True)
    assert re.search(rf"由近到远，离\s+{place}", text)


def test_a_shop_that_closes_is_gone_at_the_next_look(fresh: Workspace, tmp_path: Path) -> None:
    client = create_app(fresh.settings.home).test_client()
    assert "甲" in _cards(client, TOWN)
    head, first, *_ = SHOPS.strip().split("\n")
    take(fresh, tmp_path, "pharmacies.csv", f"{head},status\n{first},closed\n")
    assert "甲" not in _cards(client, TOWN)
    assert client.get("/find/shop/A").status_code == 404


def test_the_medicines_page_lists_dual_channel_shops_only(client: FlaskClient) -> None:
    text = client.get("/find/medicines").get_data(as_text=True)
    assert re.findall(r"find/shop/(\w+)", text) == ["A"]


def test_pages_travel_gzipped_to_whoever_reads_gzip(client: FlaskClient) -> None:
    plain = client.get(f"/find?{TOWN}")
    small = client.get(f"/find?{TOWN}", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert len(small.data) < len(plain.data) / 2
    office = client.get("/login", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in office.headers  # its form holds a secret
