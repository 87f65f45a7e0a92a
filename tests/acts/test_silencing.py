"""Silences: who may make them, what waits and what goes, and that no order of things changes it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.acts.test_incremental import LATER
from tests.acts.test_stopping import forget
from tests.cities import city, copy_of
from yaotong import acts
from yaotong.acts.muting import settle
from yaotong.acts.reminding import last_day_told, remind
from yaotong.acts.silencing import add_silence, end_silence
from yaotong.alerts.inhibit import Inhibition
from yaotong.alerts.silence import SilenceReason
from yaotong.alerts.states import MOVES, Act, Said
from yaotong.codes import Level
from yaotong.errors import Forbidden, NotFound, UsageError
from yaotong.reads.alerts import Filters, inbox, row_of
from yaotong.reads.overview import overview
from yaotong.reads.silences import preview_silence, silences_for
from yaotong.rules.book import book
from yaotong.store import alerts, outbox, rulestops, silences
from yaotong.store.schema import judged
from yaotong.store.schema import outbox as messages
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

LEADER = Viewer("lead", "甲", "msa", "330482", "leader")
OFFICER = Viewer("msa", "乙", "msa", "330482")
PSB = Viewer("psb", "丙", "psb", "330482", "leader")


@pytest.fixture
def small(tmp_path: Path) -> Workspace:
    return copy_of(city("small"), tmp_path / "home")


def listing(workspace: Workspace, rule_id: str) -> list[dict[str, Any]]:
    with workspace.store.read() as connection:
        return alerts.listing(connection, rule_id=rule_id)


def an_alert(workspace: Workspace, rule_id: str = "R-M30") -> dict[str, Any]:
    """The mildest alert of a rule."""
    return listing(workspace, rule_id)[-1]


def silence(workspace: Workspace, row: dict[str, Any], **changed: Any) -> int:
    asked: dict[str, Any] = {
        "actor": LEADER,
        "rule_pattern": row["rule_id"],
        "subject_kind": "pharmacy",
        "subject": row["subject"],
        "level": Level(row["level"]),
        "since": row["first_day"],
        "until": row["last_day"],
        "reason": SilenceReason.RENOVATION,
        "text": "装修停业，已报备",
        "now": LATER,
    }
    return add_silence(workspace, **{**asked, **changed})


def undo(workspace: Workspace) -> None:
    """The city as if nothing had ever been told outside."""
    with workspace.store.write() as connection:
        connection.exec_driver_sql("update outbox set state = 'due' where channel <> 'inbox'")


def waiting(workspace: Workspace) -> set[str]:
    """Messages that are due and do not go."""
    with workspace.store.read() as connection:
        every = connection.execute(select(messages.c.message_id).where(messages.c.state == "due"))
        going = outbox.due(connection, datetime(2030, 1, 1), ("inbox", "webhook"), limit=10**6)
        return set(every.scalars()) - {one.message_id for one in going}


def muted(workspace: Workspace) -> dict[str, Any]:
    with workspace.store.read() as connection:
        return dict(silences.mutes(connection))


def test_who_may_not_make_or_end_a_silence(small: Workspace) -> None:
    row = an_alert(small)
    with pytest.raises(Forbidden, match="负责人"):
        silence(small, row, actor=OFFICER)
    with pytest.raises(Forbidden, match="主办部门市场监督管理局"):
        silence(small, row, actor=PSB)
    with pytest.raises(UsageError, match="没有由本部门主办"):
        silence(small, row, actor=PSB, rule_pattern="R-M*")
    with pytest.raises(NotFound, match="辖区"):
        silence(small, row, actor=Viewer("x", "丁", "msa", "330483", "leader"))
    with pytest.raises(NotFound, match="没有药店"):
        silence(small, row, subject="无")
    with pytest.raises(NotFound, match="没有区域"):
        silence(small, row, subject_kind="within", subject="33")
    with pytest.raises(UsageError, match="R-M30 的主体是"):
        silence(small, row, subject_kind="area", subject="330482001")
    assert muted(small) == {}
    number = silence(small, row)
    for actor, error in ((OFFICER, Forbidden), (PSB, NotFound)):
        with pytest.raises(error):
            end_silence(small, number, actor=actor, ended_from=row["first_day"], now=LATER)
    assert set(muted(small)) == {row["alert_id"]}


@pytest.mark.parametrize("days", [89, 90])
def test_ninety_days_and_no_more(small: Workspace, days: int) -> None:
    row = an_alert(small)
    until = row["first_day"] + timedelta(days=days)
    if days == 89:
        assert silence(small, row, until=until) == 1
    else:
        with pytest.raises(UsageError, match="最长 90 天"):
            silence(small, row, until=until)


def test_a_silenced_alert_is_in_the_inbox_and_calls_nobody_until_it_is_ended(small: Workspace) -> None:
    row = an_alert(small)
    undo(small)
    assert waiting(small) == set()
    number = silence(small, row)
    held = waiting(small)
    assert held
    assert all(one.startswith(row["alert_id"]) and one.endswith("webhook") for one in held)
    shown = row_of(small, OFFICER, row["alert_id"], now=LATER).muted
    assert shown is not None
    assert (shown.department, shown.until) == ("msa", row["last_day"])
    acts.deliver(small, now=LATER)
    assert waiting(small) == held
    end_silence(small, number, actor=LEADER, ended_from=row["last_day"], now=LATER)
    assert waiting(small) == set()
    assert acts.deliver(small, now=LATER).sent == len(held)
    assert acts.deliver(small, now=LATER).sent == 0


def test_what_is_graver_than_the_silence_calls(small: Workspace) -> None:
    row = listing(small, "R-M14")[0]
    assert row["level"] == "red"
    silence(small, row, level=Level.ORANGE)
    assert muted(small) == {}
    silence(small, row, level=Level.RED)
    assert set(muted(small)) == {row["alert_id"]}


def test_what_is_muted_is_not_to_be_done(small: Workspace) -> None:
    row = next(one for one in listing(small, "R-M30") if one["state"] == "dispatched")
    late = row["accept_due"] + timedelta(minutes=1)
    before = overview(small, OFFICER, now=late), inbox(small, OFFICER, now=late)
    silence(small, row)
    after = overview(small, OFFICER, now=late), inbox(small, OFFICER, now=late)
    assert [one.open for one in after] == [one.open for one in before]
    assert [one.muted for one in after] == [1, 1]
    assert after[0].to_accept == before[0].to_accept - 1
    assert after[0].overdue_count == before[0].overdue_count - 1
    assert after[1].overdue == before[1].overdue - 1
    assert row["alert_id"] not in {one.alert_id for one in (*after[0].overdue, *after[0].soon)}
    only = inbox(small, OFFICER, filters=Filters(muted=True), now=late)
    assert [one.alert_id for one in only.rows] == [row["alert_id"]]
    assert only.total == 1


@pytest.fixture
def linked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inhibitions between rules that both find something in one area of the small city."""
    pairs = [("R-M14", "R-P01"), ("R-M01", "R-M20"), ("R-M20", "R-M19")]
    made = tuple(Inhibition(*pair, "area", 14, Level.RED, "") for pair in pairs)
    for module in ("yaotong.acts.muting", "yaotong.reads.muting"):
        monkeypatch.setattr(f"{module}.inhibitions", lambda: made)


def consequence(workspace: Workspace) -> tuple[str, str]:
    """A source and an alert that it alone mutes."""
    with workspace.store.write() as connection:
        settle(connection)
    found = {one: mute.source_id for one, mute in muted(workspace).items()}
    rules = {one["alert_id"]: one["rule_id"] for one in listing(workspace, "R-M20")}
    return next((source, one) for one, source in sorted(found.items()) if one in rules)


def dismiss(workspace: Workspace, alert_id: str) -> None:
    acts.move_alert(workspace, alert_id, Act.ACCEPT, actor=LEADER, if_match=None, now=LATER)
    (move,) = [one for one in MOVES if one.act is Act.DISMISS]
    said = Said(text="核对批号，不在召回之列", reason=move.reasons[0])
    acts.move_alert(workspace, alert_id, Act.DISMISS, actor=LEADER, said=said, if_match=None, now=LATER)


@pytest.mark.usefixtures("linked")
def test_a_consequence_waits_for_its_source_and_goes_once_that_was_false(small: Workspace) -> None:
    undo(small)
    source, target = consequence(small)
    held = {one for one in waiting(small) if one.startswith(target)}
    assert held
    shown = row_of(small, OFFICER, target, now=LATER).muted
    assert shown is not None
    assert (shown.source_id, shown.source_zh, shown.department) == (source, book()["R-M01"].name_zh, "")
    acts.deliver(small, now=LATER)
    assert waiting(small) >= held
    dismiss(small, source)
    assert target not in muted(small)
    assert not waiting(small) & held
    assert acts.deliver(small, now=LATER).sent >= len(held)
    assert acts.deliver(small, now=LATER).sent == 0


@pytest.mark.usefixtures("linked")
def test_who_was_not_told_of_the_source_is_not_told_which_it_is(small: Workspace) -> None:
    with small.store.write() as connection:
        settle(connection)
    source_of = {one: mute.source_id for one, mute in muted(small).items()}
    target = next(one["alert_id"] for one in listing(small, "R-P01") if one["alert_id"] in source_of)
    with small.store.read() as connection:
        assert "psb" not in alerts.parts(connection, source_of[target])
    shown = row_of(small, PSB, target, now=LATER).muted
    assert shown is not None
    assert (shown.source_id, shown.source_zh) == ("", "")


@pytest.mark.usefixtures("linked")
def test_runs_in_any_order_mute_the_same_and_write_the_same_messages(
    small: Workspace, tmp_path: Path
) -> None:
    rules = ["R-M14", "R-P01", "R-M01", "R-M20", "R-M19"]
    told = []
    for number, order in enumerate((rules, rules[::-1], rules[2:] + rules[:2])):
        home = copy_of(small, tmp_path / f"home{number}")
        row = listing(home, "R-M20")[0]
        forget(home)
        silence(home, row)
        for rule_id in order:
            acts.detect(home, rule_ids=[rule_id], whole=True, now=LATER)
        with home.store.read() as connection:
            ids = set(connection.execute(select(messages.c.message_id)).scalars())
        told.append((ids, muted(home), waiting(home)))
    by = {"silence" if one.silence_id else "alert" for one in told[0][1].values()}
    assert by == {"silence", "alert"}
    assert told[0][2]
    assert told[1] == told[0]
    assert told[2] == told[0]


@pytest.mark.usefixtures("linked")
def test_within_one_run_nothing_goes_before_all_is_judged(
    small: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The target's rule runs first; a worker that looks in between finds nothing of it to send."""
    _, target = consequence(small)
    forget(small)
    with small.store.write() as connection:
        connection.exec_driver_sql("delete from alert_mute")
    seen: list[bool] = []

    def look(run: Any) -> None:
        if run.rule_id == "R-M20":
            with small.store.read() as connection:
                due = outbox.due(connection, datetime(2030, 1, 1), ("webhook",), limit=10**6)
            seen.append(any(one.alert_id == target for one in due))

    book_of = dict(book())
    first = {one: book_of[one] for one in ("R-M20", "R-M01")}
    monkeypatch.setattr("yaotong.acts.detection.book", lambda: first)
    acts.detect(small, whole=True, now=LATER, progress=look)
    assert seen == [False]
    assert muted(small)[target] is not None
    assert not {one for one, mute in muted(small).items() if mute is None}


def test_a_run_that_is_repeated_tells_nobody_anew(small: Workspace) -> None:
    silence(small, an_alert(small, "R-M20"))
    before = muted(small)
    acts.detect(small, rule_ids=["R-M20", "R-J03"], whole=True, now=LATER)
    assert muted(small) == before
    assert acts.deliver(small, now=LATER).sent == 0


def judged_until(workspace: Workspace, day: date) -> None:
    with workspace.store.write() as connection:
        connection.execute(update(judged).values(until=day))


def test_what_a_silence_would_have_hidden(small: Workspace) -> None:
    row = an_alert(small)
    asked = {"rule_pattern": "R-M30", "subject_kind": "pharmacy", "subject": row["subject"]}
    last = row["first_day"] + timedelta(days=89)

    def hidden(viewer: Viewer, **changed: Any) -> list[str]:
        given: dict[str, Any] = {**asked, "level": Level(row["level"]), "today": last, **changed}
        return [one.alert_id for one in preview_silence(small, viewer, **given).rows]

    late = last + timedelta(days=400)
    judged_until(small, last)
    assert row["alert_id"] in hidden(LEADER, today=late)
    judged_until(small, last + timedelta(days=1))
    assert row["alert_id"] not in hidden(LEADER, today=late)
    assert row["alert_id"] in hidden(LEADER)
    assert row["alert_id"] not in hidden(LEADER, today=last + timedelta(days=1))
    assert row["alert_id"] not in hidden(LEADER, today=row["last_day"] - timedelta(days=1))
    assert hidden(PSB) == []
    assert hidden(Viewer("x", "丁", "msa", "330483", "leader")) == []
    silence(small, row)
    assert row["alert_id"] in hidden(LEADER)


def test_the_department_is_told_once_three_working_days_before_the_end(small: Workspace) -> None:
    row = an_alert(small)
    # 2026-07-10 is a Friday: three working days before it is Tuesday, 2026-07-07.
    until = datetime(2026, 7, 10, 9)
    number = silence(small, row, since=until.date() - timedelta(days=20), until=until.date())
    told = []
    for days in (4, 3, 2, 0):
        with small.store.write() as connection:
            told.append(remind(connection, until - timedelta(days=days)))
    assert told == [[], [number], [], []]
    with small.store.read() as connection:
        assert [one.kind for one in rulestops.notices(connection, "msa")].count("silence_ending") == 1
        assert "silence_ending" not in [one.kind for one in rulestops.notices(connection, "psb")]
    (shown,) = silences_for(small, LEADER, today=(until - timedelta(days=3)).date())
    assert (shown.ends_soon, shown.days_left, shown.state) == (True, 3, "active")
    (early,) = silences_for(small, LEADER, today=(until - timedelta(days=4)).date())
    assert not early.ends_soon
    assert silences_for(small, PSB, today=until.date()) == ()


def test_days_off_do_not_count_for_the_reminder() -> None:
    friday = datetime(2026, 7, 10).date()
    # Monday to Wednesday are the three working days after it; a weekend is passed over.
    assert last_day_told(friday) == datetime(2026, 7, 15).date()
    assert last_day_told(datetime(2026, 7, 7).date()) == datetime(2026, 7, 12).date()


def test_an_ended_silence_is_not_told_of(small: Workspace) -> None:
    row = an_alert(small)
    number = silence(small, row)
    end_silence(small, number, actor=LEADER, ended_from=row["first_day"], now=LATER)
    with small.store.write() as connection:
        assert remind(connection, datetime.combine(row["last_day"], LATER.time())) == []
