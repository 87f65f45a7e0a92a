"""The outbox: what is due to whom and in which order, what waits and why, and what became of each try."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, select, update

from tests.databases import database_url
from yaotong.store import counters, dialects, open_store, outbox
from yaotong.store.delivery_tables import receiver
from yaotong.store.desk_tables import desk_line
from yaotong.store.metadata import metadata
from yaotong.store.past_tables import counter
from yaotong.store.rule_tables import rule_pause
from yaotong.store.schema import alert, alert_event, dispatch
from yaotong.store.schema import outbox as table
from yaotong.store.silence_tables import alert_mute

NOW = datetime(2026, 7, 6, 10)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
INBOX, HOOK = ("inbox", "msa"), ("webhook", "msa")
_DAY = date(2026, 7, 1)
_TABLES = [alert, alert_event, dispatch, table, desk_line, receiver, rule_pause, alert_mute, counter]
_MOMENTS = "behaviour_from behaviour_until opened_at accept_due check_due dispose_due close_due".split()


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database with the outbox and what it looks at, and two alerts: R of a red rule, B of a blue one."""
    folder = tmp_path_factory.mktemp("outbox")
    made = open_store(database_url(folder), folder / "facts").engine
    metadata.create_all(made, tables=_TABLES)
    with made.begin() as connection:
        for name, rule, level in (("R", "R-M01", "red"), ("B", "R-M02", "blue")):
            said: dict[str, Any] = {
                "alert_id": name, "rule_id": rule, "rule_version": 1, "subject_kind": "pharmacy",
                "subject": "P", "level": level, "state": "dispatched", "revision": 1, "lead": "msa",
                "pharmacy_ids": "[]", "clause": "a", "measure": 1.0, "threshold": 1.0, "data_version": 1,
                "first_day": _DAY, "last_day": _DAY, **dict.fromkeys(_MOMENTS, NOW),
            }  # fmt: skip
            connection.execute(insert(alert).values(**said))
            for seq, actor in ((1, "system"), (2, "zhang")):
                connection.execute(
                    insert(alert_event).values(
                        alert_id=name, seq=seq, at=NOW, actor=actor, department="msa", act="open",
                        from_state="", to_state="dispatched", reason="", text="",
                    )
                )  # fmt: skip
            for department in ("msa", "psb"):
                connection.execute(
                    insert(desk_line).values(
                        alert_id=name, department=department, part="lead", arrived=False, closed=False,
                        state="dispatched", rank=0, rule_id=rule, due=NOW, subject_kind="pharmacy",
                        subject="P", last_day=_DAY, opened_at=NOW,
                    )
                )  # fmt: skip
    yield made
    made.dispose()


@pytest.fixture
def there(engine: Engine) -> Iterator[Connection]:
    """A transaction that is taken back: every test begins with no message."""
    with dialects.writing(engine).connect() as connection:
        yield connection
        connection.rollback()


def put(there: Connection, name: str, lane: outbox.Lane = HOOK, **changes: Any) -> None:
    """One message that is due now, with changes."""
    said: dict[str, Any] = {
        "message_id": name, "alert_id": "R", "event_seq": 1, "channel": lane[0], "department": lane[1],
        "state": "due", "attempts": 0, "written_at": NOW - HOUR, "next_at": NOW,
    }  # fmt: skip
    there.execute(insert(table).values(**said | changes))


def names(rows: Any) -> list[str]:
    return [row.message_id for row in rows]


def row_of(there: Connection, name: str) -> Any:
    found = outbox.get(there, name)
    assert found is not None
    return found


def every_way(there: Connection, lane: outbox.Lane = HOOK, limit: int = 9) -> list[list[str]]:
    """What is due to one receiver, asked for in each of the ways."""
    return [
        names(outbox.due(there, NOW, [lane[0]], limit)),
        names(outbox.due_in(there, [lane], NOW, limit)),
        names(outbox.due_of(there, lane, NOW, limit)),
        names(outbox.levelled(there, lane, NOW, limit)),
    ]


def test_a_message_is_due_at_its_moment_and_not_before_nor_once_it_is_sent_or_dead(there: Connection) -> None:
    put(there, "now")
    put(there, "soon", next_at=NOW + SECOND)
    put(there, "sent", state="sent")
    put(there, "dead", state="dead")
    assert every_way(there) == [["now"]] * 4


def test_the_oldest_goes_first_and_no_more_than_asked_for(there: Connection) -> None:
    put(there, "b")
    put(there, "a")
    put(there, "z", written_at=NOW - 2 * HOUR)
    assert every_way(there) == [["z", "a", "b"]] * 4
    assert every_way(there, limit=2) == [["z", "a"]] * 4


def test_a_receiver_gets_its_own_messages_alone(there: Connection) -> None:
    put(there, "mine")
    put(there, "other way", INBOX)
    put(there, "other house", ("webhook", "psb"))
    assert names(outbox.due_of(there, HOOK, NOW, 9)) == ["mine"]
    assert names(outbox.levelled(there, HOOK, NOW, 9)) == ["mine"]
    assert names(outbox.due_in(there, [HOOK], NOW)) == ["mine"]
    assert names(outbox.due_in(there, [HOOK, INBOX], NOW)) == ["mine", "other way"]
    assert names(outbox.due(there, NOW, ["webhook"])) == ["mine", "other house"]
    assert outbox.due_in(there, [], NOW) == []
    assert outbox.due(there, NOW, []) == []


def test_five_hundred_are_given_at_a_time_where_no_number_is_said(there: Connection) -> None:
    for number in range(501):
        put(there, f"{number:03d}")
    assert names(outbox.due(there, NOW, ["webhook"])) == [f"{number:03d}" for number in range(500)]
    assert names(outbox.due_in(there, [HOOK], NOW)) == [f"{number:03d}" for number in range(500)]


def test_the_gravest_goes_first_where_levels_count(there: Connection) -> None:
    put(there, "blue", alert_id="B", written_at=NOW - 2 * HOUR)
    put(there, "red")
    found = outbox.levelled(there, HOOK, NOW, 9)
    assert [(row.message_id, row.level) for row in found] == [("red", "red"), ("blue", "blue")]
    assert names(outbox.due_of(there, HOOK, NOW, 9)) == ["blue", "red"]


@pytest.mark.parametrize("lane", [INBOX, HOOK], ids=["inbox", "webhook"])
def test_what_a_paused_rule_says_waits_and_what_people_say_does_not(
    there: Connection, lane: outbox.Lane
) -> None:
    put(there, "rule's", lane)
    put(there, "person's", lane, event_seq=2)
    put(there, "other rule's", lane, alert_id="B")
    there.execute(insert(rule_pause).values(rule_id="R-M01", opened=9, most=5, paused_at=NOW))
    assert every_way(there, lane) == [["other rule's", "person's"]] * 3 + [["person's", "other rule's"]]
    there.execute(update(rule_pause).values(resumed_at=NOW))
    assert every_way(there, lane)[0] == ["other rule's", "person's", "rule's"]


def test_a_muted_alert_is_in_the_inbox_and_calls_nobody_outside(there: Connection) -> None:
    for lane in (INBOX, HOOK):
        put(there, f"{lane[0]} rule's", lane)
        put(there, f"{lane[0]} person's", lane, event_seq=2)
        put(there, f"{lane[0]} other's", lane, alert_id="B")
    there.execute(insert(alert_mute).values(alert_id="R"))
    assert every_way(there, HOOK)[0] == ["webhook other's", "webhook person's"]
    assert every_way(there, INBOX)[0] == ["inbox other's", "inbox person's", "inbox rule's"]


def test_what_is_held_back_is_due_later_for_a_reason_and_no_try_is_counted(there: Connection) -> None:
    for name, changes in {"a": {"attempts": 3}, "b": {}, "sent": {"state": "sent"}, "c": {}}.items():
        put(there, name, **changes)
    outbox.hold(there, [])
    outbox.hold(there, [(one, NOW + HOUR, "night") for one in ("a", "sent")])
    row = row_of(there, "a")
    assert (row.state, row.attempts, row.next_at, row.held_for) == ("due", 3, NOW + HOUR, "night")
    for untouched in ("b", "c", "sent"):
        assert (row_of(there, untouched).next_at, row_of(there, untouched).held_for) == (NOW, None)
    assert every_way(there) == [["b", "c"]] * 4


def test_what_is_held_back_for_a_receiver_is_looked_at_anew(there: Connection) -> None:
    late = {"next_at": NOW + HOUR, "held_for": "night"}
    put(there, "held", **late)
    put(there, "other", ("webhook", "psb"), **late)
    put(there, "failed", next_at=NOW + HOUR, attempts=1)
    put(there, "sent", state="sent", **late)
    outbox.let_go(there, HOOK)
    at = {name: row_of(there, name).next_at for name in ("held", "other", "failed", "sent")}
    assert at == {"held": NOW - HOUR, "other": NOW + HOUR, "failed": NOW + HOUR, "sent": NOW + HOUR}
    # Why it was held is told until it goes.
    assert row_of(there, "held").held_for == "night"


def test_what_is_held_back_is_told_by_receiver_and_reason_with_its_earliest_moment(there: Connection) -> None:
    put(there, "a", next_at=NOW + 2 * HOUR, held_for="night")
    put(there, "b", next_at=NOW + HOUR, held_for="night")
    put(there, "c", next_at=NOW + SECOND, held_for="digest")
    put(there, "d", ("chat", "psb"), next_at=NOW + HOUR, held_for="night")
    put(there, "no longer", next_at=NOW, held_for="night")
    put(there, "failed", next_at=NOW + HOUR)
    put(there, "sent", next_at=NOW + HOUR, held_for="night", state="sent")
    told = [
        (row.channel, row.department, row.held_for, row.number, row.until) for row in outbox.held(there, NOW)
    ]
    assert told == [
        ("chat", "psb", "night", 1, NOW + HOUR),
        ("webhook", "msa", "digest", 1, NOW + SECOND),
        ("webhook", "msa", "night", 2, NOW + HOUR),
    ]


def test_receivers_that_something_is_due_to_are_told_once_in_order(there: Connection) -> None:
    for name, lane in {
        "a": HOOK,
        "b": HOOK,
        "c": INBOX,
        "d": ("webhook", "psb"),
        "e": ("chat", "hc"),
    }.items():
        put(there, name, lane)
    put(there, "later", ("webhook", "hc"), next_at=NOW + SECOND)
    among = [("webhook", "psb"), ("webhook", "hc"), HOOK, INBOX]
    assert outbox.lanes(there, NOW, iter(among)) == [INBOX, HOOK, ("webhook", "psb")]
    assert outbox.lanes(there, NOW, []) == []


@pytest.mark.parametrize(
    ("stands", "served"),
    [
        ({}, True),
        ({"gone_at": NOW - HOUR}, False),
        ({"resting_until": NOW + SECOND}, False),
        ({"resting_until": NOW}, True),
        ({"leased_until": NOW + SECOND}, False),
        ({"leased_until": NOW}, True),
        ({"resting_until": NOW - HOUR, "leased_until": NOW - HOUR}, True),
        ({"resting_until": NOW - HOUR, "leased_until": NOW + HOUR}, False),
    ],
    ids=lambda one: "+".join(one) if isinstance(one, dict) else str(one),
)
def test_a_receiver_that_rests_is_gone_or_served_is_passed_over(
    there: Connection, stands: dict[str, datetime], served: bool
) -> None:
    put(there, "a")
    put(there, "b", ("webhook", "psb"))
    there.execute(insert(receiver).values(channel="webhook", department="msa", address_sha="x", **stands))
    found = outbox.lanes(there, NOW, [HOOK, ("webhook", "psb")])
    assert found == ([HOOK] if served else []) + [("webhook", "psb")]


def arrived(there: Connection) -> list[tuple[str, str]]:
    query = select(desk_line.c.alert_id, desk_line.c.department).where(desk_line.c.arrived)
    return sorted((row.alert_id, row.department) for row in there.execute(query))


def test_the_outcome_of_a_try_is_written_once(there: Connection) -> None:
    put(there, "a", attempts=2)
    put(there, "b", attempts=2)
    failed = {"state": "due", "last_error": "503", "next_at": NOW + HOUR}
    assert outbox.note(there, "a", 2, failed) is True
    row = row_of(there, "a")
    assert (row.attempts, row.state, row.last_error, row.next_at) == (3, "due", "503", NOW + HOUR)
    assert outbox.note(there, "a", 2, {"state": "sent"}) is False
    assert outbox.note(there, "nobody's", 0, {"state": "sent"}) is False
    assert row_of(there, "a").state == "due"
    assert (row_of(there, "b").attempts, row_of(there, "b").last_error) == (2, None)
    assert outbox.note(there, "a", 3, {"state": "sent", "delivered_at": NOW}) is True
    assert (row_of(there, "a").attempts, row_of(there, "a").delivered_at) == (4, NOW)
    assert outbox.note(there, "a", 4, {"state": "dead"}) is False


def test_an_alert_arrives_on_a_desk_with_its_inbox_message_and_not_before(there: Connection) -> None:
    put(there, "in", INBOX)
    put(there, "out")
    before = counters.value(there, "desk")
    assert outbox.note(there, "in", 0, {"state": "due", "next_at": NOW}) is True
    assert outbox.note(there, "in", 0, {"state": "sent"}) is False
    assert (arrived(there), counters.value(there, "desk")) == ([], before)
    assert outbox.note(there, "out", 0, {"state": "sent"}) is True
    assert arrived(there) == []
    assert outbox.note(there, "in", 1, {"state": "sent"}) is True
    assert arrived(there) == [("R", "msa")]
    assert counters.value(there, "desk") > before


def test_what_failed_while_a_receiver_was_down_is_tried_now_unless_few_tries_are_left(
    there: Connection,
) -> None:
    late = {"next_at": NOW + HOUR}
    put(there, "once", attempts=1, **late)
    put(there, "often", attempts=5, **late)
    put(there, "too often", attempts=6, **late)
    put(there, "never tried", attempts=0, **late)
    put(there, "due", attempts=1)
    put(there, "dead", attempts=1, state="dead", **late)
    put(there, "other", ("webhook", "psb"), attempts=1, **late)
    assert outbox.bring_forward(there, HOOK, NOW, 5) == 2
    assert sorted(names(outbox.due(there, NOW, ["webhook"]))) == ["due", "often", "once"]
    assert row_of(there, "dead").next_at == NOW + HOUR
    assert row_of(there, "once").attempts == 1


def test_a_dead_message_is_tried_from_the_start_under_its_own_id(there: Connection) -> None:
    put(there, "dead", state="dead", attempts=10, last_error="410", held_for="night", next_at=NOW - HOUR)
    put(there, "also", state="dead", attempts=10)
    put(there, "due", attempts=3, last_error="503")
    assert outbox.again(there, "dead", NOW) is True
    row = row_of(there, "dead")
    assert (row.state, row.attempts, row.next_at) == ("due", 0, NOW)
    assert (row.last_error, row.held_for) == (None, None)
    assert [outbox.again(there, one, NOW) for one in ("dead", "due", "nobody's")] == [False] * 3
    assert (row_of(there, "due").attempts, row_of(there, "also").state) == (3, "dead")


def test_messages_are_found_and_counted(there: Connection) -> None:
    assert outbox.counts(there) == {}
    assert outbox.get(there, "a") is None
    for name, state in (("a", "due"), ("b", "due"), ("c", "sent"), ("d", "dead")):
        put(there, name, state=state)
    assert outbox.counts(there) == {"due": 2, "sent": 1, "dead": 1}
    assert row_of(there, "b").message_id == "b"


def test_what_an_alert_said_is_told_in_the_order_of_its_events(there: Connection) -> None:
    put(there, "a", event_seq=2)
    put(there, "c", event_seq=1, state="sent")
    put(there, "b", event_seq=1, state="dead")
    put(there, "other", alert_id="B")
    assert names(outbox.of_alert(there, "R")) == ["b", "c", "a"]
    assert outbox.of_alert(there, "nobody's") == []
