"""An inbox asked of an index says what a plain reading of the alerts says, in every filter and for everyone."""

from __future__ import annotations

import itertools
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update

from tests.cities import city, copy_of
from yaotong import acts
from yaotong.alerts.states import Act, Outcome, Said
from yaotong.codes import Level
from yaotong.departments import departments
from yaotong.errors import NotFound
from yaotong.reads.alerts import AlertRow, Filters, inbox, row_of, shown_fields
from yaotong.reads.overview import FIRST, overview
from yaotong.reads.subjects import subject_label
from yaotong.rules.book import book
from yaotong.store import desklines, registry
from yaotong.store.desk_tables import desk_line
from yaotong.store.rulestops import pause
from yaotong.store.schema import alert, area, dispatch, outbox, pharmacy
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

NOW = datetime(2026, 7, 6, 10)
AREAS = ("330482", "330482001", "330482102", "3304")
VIEWERS = [
    Viewer(f"{one}-{place}", "", one, place, "leader")
    for one, place in itertools.product(departments(), AREAS)
]


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A city whose alerts stand in every state, one rule of which is paused with a notice not delivered."""
    ws = copy_of(city("small"), tmp_path_factory.mktemp("inbox") / "home")
    msa = Viewer("msa", "", "msa", "330482", "leader")
    rows = inbox(ws, msa, filters=Filters(part="lead"), limit=60, now=NOW).rows
    steps = (Act.ACCEPT, Act.CHECK, Act.DISPOSE, Act.CLOSE)
    plain = Said(text="情况说明")
    said = {
        Act.DISPOSE: Said(text="情况说明", outcome=Outcome.CONFIRMED),
        Act.SUSPEND: Said(text="情况说明", reason="police"),
    }
    for number, row in enumerate(rows):
        todo = (Act.ACCEPT, Act.SUSPEND) if number % 6 == 5 else steps[: number % 6]
        for act in todo:
            acts.move_alert(
                ws, row.alert_id, act, actor=msa, said=said.get(act, plain), if_match=None, now=NOW
            )
    with ws.store.write() as connection:
        flooded = connection.execute(select(alert.c.rule_id).limit(1)).scalar_one()
        pause(connection, flooded, 9, 1, NOW)
        waiting = [row.alert_id for row in rows[::7]]
        connection.execute(update(outbox).where(outbox.c.alert_id.in_(waiting)).values(state="due"))
        desklines.renew(connection, waiting)
    return ws


def plainly(ws: Workspace, viewer: Viewer) -> list[dict[str, Any]]:
    """The viewer's alerts, read from the alerts themselves."""
    with ws.store.read() as connection:
        rows = [row._asdict() for row in connection.execute(select(alert))]
        told = {
            row.alert_id: row.part
            for row in connection.execute(select(dispatch).where(dispatch.c.department == viewer.department))
        }
        sent = {
            row.alert_id
            for row in connection.execute(select(outbox))
            if (row.department, row.channel, row.state) == (viewer.department, "inbox", "sent")
        }
        paused = set(connection.execute(text("select rule_id from rule_pause")).scalars())
        shops = registry.read(connection, pharmacy).set_index("license_no")["name"].to_dict()
        areas = registry.read(connection, area).set_index("area_code")["area_name"].to_dict()
    found = []
    for row in rows:
        part = told.get(row["alert_id"])
        if part is None or not (row["alert_id"] in sent or row["rule_id"] in paused):
            continue
        if viewer.covers(row["area_code"]):
            shown = shown_fields(viewer.department, part)
            label = subject_label(row["subject_kind"], row["subject"], shops, areas, shown, viewer.department)
            place = areas.get(row["area_code"], "")
            found.append(row | {"part": part, "label": label, "place": place, "shown": shown})
    return found


def admitted(row: dict[str, Any], filters: Filters) -> bool:
    rule = book()[row["rule_id"]]
    said = (row["alert_id"], row["label"], row["place"], rule.rule_id, rule.name_zh, rule.name_en)
    shops = json.loads(row["pharmacy_ids"]) if "pharmacy" in row["shown"] else []
    closed = row["state"] == "closed"
    return (
        filters.level in ("", row["level"])
        and (not closed if filters.state == "open" else filters.state in ("", row["state"]))
        and filters.rule_id in ("", row["rule_id"])
        and filters.part in ("", row["part"])
        and (row["area_code"] or "").startswith(filters.area_code)
        and filters.pharmacy_id in ("", *shops)
        and any(filters.text.lower() in one.lower() for one in said)
    )


def due_of(row: dict[str, Any]) -> datetime:
    column = desklines.DUE_OF_STATE.get(row["state"])
    return row[column] if column else desklines.NEVER


def in_order(rows: list[dict[str, Any]]) -> list[str]:
    rows = sorted(
        rows,
        key=lambda row: (row["state"] == "closed", Level(row["level"]).rank, due_of(row), row["alert_id"]),
    )
    return [row["alert_id"] for row in rows]


def asked(ws: Workspace) -> list[Filters]:
    """Filters of every kind, made of what the alerts have, and some that nothing passes."""
    some = plainly(ws, VIEWERS[0])[::9]
    texts = {"", "购药人", "r-m", "追溯", "%", "_", "药店", "街道", "不存在的词"}
    texts |= {row["label"][:4] for row in some} | {row["label"][-4:].lower() for row in some}
    texts |= {row["alert_id"][2:7].lower() for row in some} | {row["place"] for row in some}
    shops = {one for row in some for one in json.loads(row["pharmacy_ids"])[:1]}
    found = [Filters(state="", text=one) for one in sorted(texts)]
    found += [Filters(state="", pharmacy_id=one) for one in sorted(shops)] + [Filters(pharmacy_id="%")]
    found += [Filters(level=one) for one in ("red", "orange", "yellow", "blue", "pink")]
    found += [Filters(state=one) for one in ("open", "closed", "accepted", "checking", "suspended", "gone")]
    found += [Filters(part=one, state="", level="red") for one in ("lead", "assist", "x")]
    found += [Filters(rule_id=one, state="") for one in ("R-M14", "R-M20", "R-X99")]
    return found + [Filters(area_code=one) for one in ("330482001", "3304", "33048200%", "9")]


@pytest.mark.parametrize("viewer", VIEWERS, ids=lambda one: one.username)
def test_every_filter_finds_what_a_plain_reading_finds(moved: Workspace, viewer: Viewer) -> None:
    everything = plainly(moved, viewer)
    for filters in asked(moved):
        found = inbox(moved, viewer, filters=filters, limit=10_000, now=NOW)
        wanted = in_order([row for row in everything if admitted(row, filters)])
        assert [row.alert_id for row in found.rows] == wanted, filters
        assert found.total == len(wanted)
    live = [row for row in everything if row["state"] != "closed"]
    assert found.open == len(live)
    assert found.overdue == sum(due_of(row) < NOW and row["part"] == "lead" for row in live)
    for level in Level:
        assert found.by_level.get(str(level), 0) == sum(row["level"] == level for row in live)


def test_pages_are_parts_of_one_order(moved: Workspace) -> None:
    whole = inbox(moved, VIEWERS[0], limit=10_000, now=NOW).rows
    parts: list[AlertRow] = []
    for start in range(0, len(whole) + 20, 20):
        parts += inbox(moved, VIEWERS[0], limit=20, offset=start, now=NOW).rows
    assert parts == list(whole)


@pytest.mark.parametrize("viewer", VIEWERS, ids=lambda one: one.username)
def test_the_work_desk_counts_what_the_inbox_has(moved: Workspace, viewer: Viewer) -> None:
    live = [row for row in plainly(moved, viewer) if row["state"] != "closed"]
    own = [row for row in live if row["part"] == "lead" and due_of(row) != desklines.NEVER]
    by_due = sorted(own, key=lambda row: (due_of(row), row["alert_id"]))
    late = [row["alert_id"] for row in by_due if due_of(row) < NOW]
    soon = [row["alert_id"] for row in by_due if NOW <= due_of(row) <= NOW + timedelta(days=1)]
    desk = overview(moved, viewer, now=NOW)
    assert (desk.open, desk.overdue_count, desk.soon_count) == (len(live), len(late), len(soon))
    assert [row.alert_id for row in desk.overdue] == late[:FIRST]
    assert [row.alert_id for row in desk.soon] == soon[:FIRST]
    newest = sorted(live, key=lambda row: (row["last_day"], row["opened_at"], row["alert_id"]), reverse=True)
    assert [row.alert_id for row in desk.newest] == [row["alert_id"] for row in newest[:FIRST]]
    assert desk.to_accept == sum(row["state"] == "dispatched" and row["part"] == "lead" for row in live)


def test_an_alert_of_another_department_or_area_is_not_found(moved: Workspace) -> None:
    row = next(one for one in plainly(moved, VIEWERS[0]) if one["area_code"] == "330482001")
    assert row_of(moved, VIEWERS[0], row["alert_id"], now=NOW).alert_id == row["alert_id"]
    elsewhere = Viewer("x", "", "msa", "330482102", "leader")
    with pytest.raises(NotFound):
        row_of(moved, elsewhere, row["alert_id"], now=NOW)
    for nobody in ("", "A-0", "%"):
        with pytest.raises(NotFound):
            row_of(moved, VIEWERS[0], nobody, now=NOW)


def test_lines_are_what_the_alerts_say_and_a_difference_is_told(tmp_path: Path, moved: Workspace) -> None:
    with moved.store.read() as connection:
        assert desklines.differing(connection) == []
    other = copy_of(moved, tmp_path / "home")
    with other.store.write() as connection:
        one = connection.execute(select(desk_line).limit(1)).one()
        mine = (desk_line.c.alert_id == one.alert_id) & (desk_line.c.department == one.department)
        connection.execute(update(desk_line).where(mine).values(rank=3 - one.rank))
        assert desklines.differing(connection) == [(one.alert_id, one.department)]
        desklines.renew(connection, [one.alert_id])
        assert desklines.differing(connection) == []
