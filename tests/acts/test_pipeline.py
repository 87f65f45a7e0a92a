"""From a file to a closed alert, on a small city: receipts, repeated runs, the desk, delivery."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.cities import BUILT_AT, city, copy_of
from yaotong import acts
from yaotong.addresses import networks
from yaotong.alerts.states import Act, Outcome, State
from yaotong.codes import Outcome as FileOutcome
from yaotong.config import Webhook
from yaotong.departments import CHANNELS
from yaotong.errors import Conflict, Forbidden, NotFound
from yaotong.records import Receipt
from yaotong.store import alerts, findings, loads, outbox
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

LATER = BUILT_AT + timedelta(days=1)
MSA = Viewer("msa", "药监演示员", "msa", "330482", "leader")
PSB = Viewer("psb", "公安演示员", "psb", "330482", "leader")
DANGHU = Viewer("msa-danghu", "当湖市监所演示员", "msa", "330482001", "officer")


@pytest.fixture
def small(tmp_path: Path) -> Workspace:
    return copy_of(city("small"), tmp_path / "home")


def sales_file(workspace: Workspace) -> Path:
    return sorted((workspace.settings.home / "feeds" / "sales").glob("*.csv"))[-1]


def snapshot(workspace: Workspace) -> tuple[list[tuple[str, int]], int]:
    """Alerts with their revisions, and how many messages were ever written."""
    with workspace.store.read() as connection:
        rows = [(row["alert_id"], row["revision"]) for row in alerts.listing(connection)]
        waiting = len(outbox.due(connection, LATER + timedelta(days=365), CHANNELS))
    return sorted(rows), waiting


def first_alert(workspace: Workspace, rule_id: str) -> str:
    with workspace.store.read() as connection:
        return str(alerts.listing(connection, rule_id=rule_id)[0]["alert_id"])


def test_the_same_file_again_is_noop_and_makes_no_version(small: Workspace) -> None:
    with small.store.read() as connection:
        before = loads.current_version(connection)
    receipt = acts.take_in(small, sales_file(small), now=LATER)
    assert receipt.outcome is FileOutcome.NOOP
    assert (receipt.accepted, receipt.duplicates) == (0, receipt.rows)
    with small.store.read() as connection:
        assert loads.current_version(connection) == before


def test_the_same_lines_in_another_file_are_duplicates(small: Workspace, tmp_path: Path) -> None:
    lines = sales_file(small).read_text("utf-8").splitlines()
    other = tmp_path / "sales-again.csv"
    other.write_text("\n".join([lines[0], *reversed(lines[1:200])]), "gb18030")
    receipt = acts.take_in(small, other, feed="sales", now=LATER)
    assert (receipt.rows, receipt.accepted, receipt.duplicates) == (199, 0, 199)


def test_partial_keeps_the_good_rows_and_atomic_none(small: Workspace, tmp_path: Path) -> None:
    lines = sales_file(small).read_text("utf-8").splitlines()
    cells = lines[1].split(",")
    good = ",".join(["NEW1", *cells[1:]])
    bad = ",".join(["NEW2", "浙DA0000", *cells[2:]])
    mixed = tmp_path / "sales-mixed.csv"
    mixed.write_text("\n".join([lines[0], good, bad]), "utf-8")
    refused = acts.take_in(small, mixed, feed="sales", on_bad_rows="atomic", now=LATER)
    assert (refused.outcome, refused.accepted) == (FileOutcome.REJECTED_FILE, 0)
    taken = acts.take_in(small, mixed, feed="sales", now=LATER)
    assert (taken.outcome, taken.accepted, len(taken.rejected)) == (FileOutcome.PARTIAL, 1, 1)
    assert (taken.rejected[0].row, taken.rejected[0].reason) == (2, "unknown_pharmacy")
    assert list(small.settings.raw_dir.glob("*-rejects.csv"))


def test_a_file_that_cannot_be_read_leaves_a_receipt_and_nothing_else(
    small: Workspace, tmp_path: Path
) -> None:
    empty = tmp_path / "sales.csv"
    empty.write_bytes(b"")
    receipt = acts.take_in(small, empty, feed="sales", now=LATER)
    assert (receipt.outcome, receipt.file_reason) == (FileOutcome.REJECTED_FILE, "empty_file")
    with small.store.read() as connection:
        newest = loads.history(connection, 1).iloc[0]
    assert (newest["outcome"], newest["accepted"]) == ("rejected_file", 0)


def test_detecting_again_opens_nothing_and_tells_nobody(small: Workspace) -> None:
    before = snapshot(small)
    runs = acts.detect(small, now=LATER)
    assert sum(run.opened + run.extended + run.worsened + run.vanished for run in runs) == 0
    assert snapshot(small) == before


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_detecting_month_by_month_ends_in_the_same_alerts(small: Workspace, tmp_path: Path) -> None:
    from yaotong.store.factbase import open_facts

    span = open_facts(small.store).sales
    first, last = span.sold_at.min().to_pandas().date(), span.sold_at.max().to_pandas().date()
    whole = [one for one, _ in snapshot(small)[0]]
    with small.store.write() as connection:
        for table in ("desk_line", "outbox", "dispatch", "alert_event", "finding", "alert"):
            connection.exec_driver_sql(f"delete from {table}")
    day = first
    while day <= last:
        acts.detect(small, since=day, until=min(day + timedelta(days=29), last), now=LATER)
        day += timedelta(days=30)
    assert [one for one, _ in snapshot(small)[0]] == whole


def test_an_alert_is_carried_to_its_end_by_people(small: Workspace) -> None:
    one = first_alert(small, "R-M14")
    steps = [
        (Act.ACCEPT, "", None),
        (Act.CHECK, "", None),
        (Act.DISPOSE, "已下架封存，责令改正", Outcome.CONFIRMED),
        (Act.CLOSE, "复核同意", None),
    ]
    for number, (act, text, outcome) in enumerate(steps, start=1):
        revision = acts.move_alert(
            small, one, act, actor=MSA, text=text, outcome=outcome, if_match=number, now=LATER
        )
        assert revision == number + 1
    with small.store.read() as connection:
        row, events = alerts.get(connection, one), alerts.events(connection, one)
    assert (row.state, row.outcome) == (State.CLOSED, "confirmed")
    assert [event.act for event in events] == ["open", "accept", "check", "dispose", "close"]
    assert [event.to_state for event in events][-2:] == ["disposed", "closed"]


def test_a_stale_move_is_refused_and_changes_nothing(small: Workspace) -> None:
    one = first_alert(small, "R-M14")
    acts.move_alert(small, one, Act.ACCEPT, actor=MSA, if_match=1, now=LATER)
    with pytest.raises(Conflict):
        acts.move_alert(small, one, Act.CHECK, actor=MSA, if_match=1, now=LATER)
    with small.store.read() as connection:
        assert len(alerts.events(connection, one)) == 2


def test_who_was_not_told_does_not_know_and_an_assist_does_not_lead(small: Workspace) -> None:
    with pytest.raises(NotFound):
        acts.move_alert(
            small, first_alert(small, "R-H01"), Act.NOTE, actor=PSB, text="?", if_match=None, now=LATER
        )
    with pytest.raises(Forbidden, match="主办"):
        acts.move_alert(small, first_alert(small, "R-P01"), Act.ACCEPT, actor=MSA, if_match=None, now=LATER)
    revision = acts.move_alert(
        small, first_alert(small, "R-P01"), Act.ANSWER, actor=MSA, text="已核对登记", if_match=None, now=LATER
    )
    assert revision == 2


def test_an_office_moves_only_what_lies_in_its_town(small: Workspace) -> None:
    with small.store.read() as connection:
        elsewhere = next(
            row["alert_id"]
            for row in alerts.listing(connection)
            if row["lead"] == "msa" and row["area_code"] != DANGHU.area_code
        )
    with pytest.raises(NotFound):
        acts.move_alert(small, elsewhere, Act.ACCEPT, actor=DANGHU, if_match=None, now=LATER)


def test_a_move_is_delivered_to_a_real_receiver_once_it_answers(small: Workspace) -> None:
    got: list[bytes] = []
    status = [500]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(status[0])
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return None

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hook = Webhook("msa", f"http://127.0.0.1:{server.server_port}/", "secret")
    hooked = Workspace(_with_hooks(small, hook), small.store)
    try:
        one = first_alert(small, "R-P01")
        acts.move_alert(small, one, Act.ACCEPT, actor=PSB, if_match=None, now=LATER)
        assert acts.deliver(hooked, now=LATER, channels=("inbox",)).failed == 0
        assert got == []  # a page delivers to the inbox alone and waits for no receiver
        assert acts.deliver(hooked, now=LATER).failed == 1
        assert acts.deliver(hooked, now=LATER).failed == 0  # not due again yet
        status[0] = 204
        assert acts.deliver(hooked, now=LATER + timedelta(minutes=1)).sent == 1
    finally:
        server.shutdown()
        server.server_close()
    assert len(got) == 2
    assert got[0] == got[1]
    told = json.loads(got[0])
    assert (told["type"], told["data"]["alert_id"]) == ("yaotong.alert.accept", one)


def _with_hooks(workspace: Workspace, hook: Webhook) -> object:
    from dataclasses import replace

    return replace(workspace.settings, webhooks=(hook,), allowed_networks=networks(["127.0.0.0/8"]))


def test_late_lines_of_a_known_day_take_part_in_it(small: Workspace, tmp_path: Path) -> None:
    from yaotong.reads.explain import explain

    one = first_alert(small, "R-M01")
    assert explain(small, one).same
    header = "sale_id,pharmacy_id,sold_at,drug_code,quantity,buyer_id_no,recorded_at"
    source = sales_file(small).read_text("utf-8").splitlines()
    columns = dict(zip(source[0].split(","), source[1].split(","), strict=True))
    drug = "YP0102A"
    at = datetime.fromisoformat(columns["sold_at"]).replace(hour=15, minute=0, second=0)
    late = tmp_path / "late.csv"
    late.write_text(
        f"{header}\nLATE1,{columns['pharmacy_id']},{at},{drug},5,910000199001010012,{at}\n", "utf-8"
    )
    receipt = acts.take_in(small, late, feed="sales", now=LATER)
    assert receipt.accepted == 1, receipt.rejected
    runs = {run.rule_id: run for run in acts.detect(small, now=LATER)}
    assert runs["R-M01"].opened == 1


def test_a_correction_marks_what_rests_on_the_line_until_it_is_judged_again(
    small: Workspace, tmp_path: Path
) -> None:
    header = "sale_id,pharmacy_id,sold_at,drug_code,quantity,buyer_id_no,recorded_at"
    source = sales_file(small).read_text("utf-8").splitlines()
    columns = dict(zip(source[0].split(","), source[1].split(","), strict=True))
    at = datetime.fromisoformat(columns["sold_at"]).replace(hour=15, minute=0, second=0)

    def send(name: str, quantity: int, recorded: datetime) -> Receipt:
        path = tmp_path / name
        line = f"FIX1,{columns['pharmacy_id']},{at},YP0102A,{quantity},910000199001010012,{recorded}"
        path.write_text(f"{header}\n{line}\n", "utf-8")
        return acts.take_in(small, path, feed="sales", now=LATER)

    def marks() -> list[int | None]:
        with small.store.read() as connection:
            rows = alerts.listing(connection, rule_id="R-M01")
            return [findings.corrected_since(connection, str(one["alert_id"])) for one in rows]

    assert send("first.csv", 5, at).accepted == 1
    acts.detect(small, now=LATER)
    opened = len(marks())
    assert marks() == [None] * opened
    assert send("earlier.csv", 4, at - timedelta(hours=1)).accepted == 1  # an older wording outdates nothing
    assert send("mended.csv", 1, at + timedelta(hours=1)).accepted == 1
    marked = [one for one in marks() if one is not None]
    with small.store.read() as connection:
        assert marked == [loads.current_version(connection)]
    runs = {run.rule_id: run for run in acts.detect(small, now=LATER)}
    assert runs["R-M01"].vanished == 1
    assert marks() == [None] * opened
