"""What chats and mail say of the demo city's alerts: enough to act on, and nothing of a person or a shop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import select

from tests.cities import city
from yaotong.acts.telling import notice_of
from yaotong.codes import Level
from yaotong.delivery.wording import LISTED, Notice, alone, digest
from yaotong.rules.book import book
from yaotong.store.schema import alert, alert_event, area, outbox, pharmacy
from yaotong.workspace import Workspace

SITE = "https://yaotong.example"
NOTICE = Notice(
    alert_id="abc",
    level="red",
    rule_id="R-P01",
    rule_name="跨店累购",
    act="open",
    reason="new_finding",
    town="当湖街道",
    step="accept",
    due=datetime(2026, 3, 2, 10, 30),
)


@pytest.fixture(scope="module")
def small() -> Workspace:
    return city("small")


@pytest.fixture(scope="module")
def told(small: Workspace) -> list[Notice]:
    """A notice of every message of the city's outbox."""
    with small.store.read() as connection:
        return [notice_of(connection, row) for row in connection.execute(select(outbox))]


def _words(small: Workspace) -> Iterator[str]:
    """All that must not be said: names, licences and telephones of shops, people's pseudonyms, free texts."""
    with small.store.read() as connection:
        columns = [pharmacy.c[one] for one in ("license_no", "uscc", "name", "address", "phone")]
        for row in connection.execute(select(*columns)):
            yield from (str(one) for one in row if one)
        yield from connection.execute(select(alert.c.subject).where(alert.c.subject_kind != "area")).scalars()
        yield from (one for one in connection.execute(select(alert_event.c.text)).scalars() if one)


def test_no_message_of_the_city_names_a_person_or_a_shop(small: Workspace, told: list[Notice]) -> None:
    assert len(told) > 50
    said = [alone(one, SITE).text for one in told]
    said += [alone(one, SITE).title for one in told]
    counts = [(str(level), sum(one.level == level for one in told)) for level in Level]
    for start in range(0, len(told), LISTED):
        said.append(digest(told[start : start + LISTED], counts, SITE, 100_000).text)
    everything = "\n".join(said)
    with small.store.read() as connection:
        towns = set(connection.execute(select(area.c.area_name)).scalars())
    forbidden = {one for one in _words(small) if one not in towns}
    assert len(forbidden) > 100
    assert [one for one in forbidden if one in everything] == []


def test_every_message_says_rule_level_town_deadline_and_where(told: list[Notice]) -> None:
    words = {"red": "红色", "orange": "橙色", "yellow": "黄色", "blue": "蓝色"}
    for one in told:
        text = alone(one, SITE).text
        assert book()[one.rule_id].name_zh in text
        assert f"{words[one.level]}预警" in text
        assert (one.town or "未定位") in text
        assert one.due is not None
        assert f"{one.due:%Y-%m-%d %H:%M} 前" in text
        assert text.endswith(f"{SITE}/alerts/{one.alert_id}")
    assert any(one.town for one in told)


def test_a_message_as_it_reads() -> None:
    assert alone(NOTICE, SITE).text.splitlines() == [
        "【云药通】红色预警：跨店累购（R-P01）",
        "事由：生成预警",
        "地点：当湖街道",
        "期限：签收 2026-03-02 10:30 前",
        "查看：https://yaotong.example/alerts/abc",
    ]
    late = replace(NOTICE, act="escalate", reason="accept.80", town=None, step="", due=None)
    assert alone(late, SITE).text.splitlines()[1:3] == ["事由：签收时限已用 80%", "地点：未定位"]
    assert "时限过半，尚未签收" in alone(replace(NOTICE, act="remind", reason="half_time"), SITE).text


@pytest.mark.parametrize(("number", "listed", "more"), [(2, 2, 0), (10, 10, 0), (11, 10, 1), (300, 10, 290)])
def test_a_digest_lists_ten_and_counts_the_rest(number: int, listed: int, more: int) -> None:
    text = digest([NOTICE] * min(number, LISTED), [("red", number)], SITE, 100_000).text
    assert text.count("/alerts/abc") == listed
    assert f"{number} 条预警通知（红色 {number}）" in text
    assert (f"另有 {more} 条" in text) == bool(more)
    assert text.endswith(f"{SITE}/alerts")


@pytest.mark.parametrize("most", [200, 400, 2048])
def test_a_digest_never_grows_beyond_what_the_channel_takes(most: int) -> None:
    said = digest([NOTICE] * LISTED, [("red", 50), ("blue", 3)], SITE, most)
    assert len(said.text.encode()) <= most
    listed = said.text.count("/alerts/abc")
    assert f"另有 {53 - listed} 条" in said.text
    line = next(one for one in digest([NOTICE], [("red", 1)], SITE, 2048).text.splitlines() if "·" in one)
    # One more would not have fitted: the number of the rest never gets longer.
    assert listed == LISTED or len(said.text.encode()) + len(f"{line}\n".encode()) > most
