"""Back-test a version over twelve months: begun by a person, done beside everything else, noted as it goes.

The work may be done in a thread of the web server. Its progress is a row that is renewed while it lives, so
that a page can be left and come back to, and a back-test whose server died is told from one that goes on.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from yaotong.acts.comparing import Known, compare, months, year_until
from yaotong.acts.judging import Judging
from yaotong.acts.shadows import end_version
from yaotong.acts.sparing import reaching
from yaotong.acts.versions import tuned_of
from yaotong.errors import IllegalMove, RuleFailed, StoreError, UsageError, YaotongError
from yaotong.gate import Step, VersionState, backtest_state, check_step
from yaotong.reads.standing import standing_of
from yaotong.rules.book import book
from yaotong.rules.keys import key_of
from yaotong.rules.model import Rule
from yaotong.store import Connection, casework, loads, rulebook
from yaotong.store.factbase import open_facts
from yaotong.viewer import SYSTEM, Viewer
from yaotong.workspace import Workspace

BEAT_SECONDS = 5
Clock = Callable[[], datetime]
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Begun:
    """A back-test that was begun and waits to be done."""

    backtest_id: int
    live: Rule
    new: Rule
    tuned: Mapping[str, float]
    data_version: int


def begin_backtest(workspace: Workspace, rule_id: str, number: int, *, actor: Viewer, now: datetime) -> Begun:
    """Note that a back-test begins; IllegalMove when the version may not have one or another is going on."""
    with workspace.store.write() as connection:
        row = rulebook.version(connection, rule_id, number)
        standing = standing_of(connection, row, now)
        target = check_step(standing, Step.BACKTEST, actor)
        end_dead(connection, now)
        if rulebook.running(connection):
            raise IllegalMove("另一项回测正在进行，请等它完成。")
        rule = book()[rule_id]
        live = rulebook.in_force(connection, rule)
        tuned = rulebook.values_of(row)
        new = rule.at(number, tuned)
        version = loads.current_version(connection)
        columns = {
            "rule_id": rule_id,
            "number": number,
            "against": live.version,
            "rule_key": key_of(new, new.values()),
            "started_by": actor.username,
            "started_at": now,
            "beat_at": now,
            "data_version": version,
        }
        backtest_id = rulebook.start_backtest(connection, columns)
        rulebook.change(connection, row, {"state": str(target), "approved_by": None})
        rulebook.happened(connection, row, str(Step.BACKTEST), str(target), actor.username, now)
    return Begun(backtest_id, live, new, tuned, version)


def do_backtest(workspace: Workspace, begun: Begun, *, clock: Clock) -> None:
    """Do a back-test and note what it came to; a failure is noted, never raised."""
    with _beating(workspace, begun.backtest_id, clock):
        try:
            report = _measure(workspace, begun, clock)
        except RuleFailed as error:
            _fail(workspace, begun, error.reason, clock())
        except YaotongError as error:
            _fail(workspace, begun, str(error), clock())
        except Exception as error:
            _LOG.exception("back-test %s of %s failed", begun.backtest_id, begun.new.rule_id)
            _fail(workspace, begun, type(error).__name__, clock())
        else:
            _finish(workspace, begun, report, clock())


def start_backtest(
    workspace: Workspace, rule_id: str, number: int, *, actor: Viewer, clock: Clock
) -> threading.Thread:
    """Begin a back-test and do it in a thread of this process."""
    begun = begin_backtest(workspace, rule_id, number, actor=actor, now=clock())
    work = threading.Thread(
        target=do_backtest, args=(workspace, begun), kwargs={"clock": clock}, daemon=True, name="backtest"
    )
    work.start()
    return work


def preview(workspace: Workspace, rule_id: str, tuned: dict[str, float]) -> dict[str, Any]:
    """The report of values that are no version yet, against the live ones; nothing is kept."""
    with workspace.store.read() as connection:
        rule = book()[rule_id]
        live = rulebook.in_force(connection, rule)
        version = loads.current_version(connection)
    begun = Begun(0, live, rule.at(live.version + 1, tuned_of(rule, tuned)), tuned, version)
    return _report_of(workspace, begun, lambda _done, _total: None)


def end_dead(connection: Connection, now: datetime) -> None:
    """Mark the back-tests as failed whose server no longer says that it is at work."""
    for row in rulebook.running(connection):
        if backtest_state(row.state, row.beat_at, now) == "failed":
            note = {"state": "failed", "error": "服务器中断", "finished_at": now}
            rulebook.note_backtest(connection, row.backtest_id, note)


def _measure(workspace: Workspace, begun: Begun, clock: Clock) -> dict[str, Any]:
    def told(done: int, total: int) -> None:
        with workspace.store.write() as connection:
            note = {"done": done, "total": total, "beat_at": clock()}
            if not rulebook.note_backtest(connection, begun.backtest_id, note):
                raise IllegalMove("这项回测已被标记为中断。")

    return _report_of(workspace, begun, told)


def _report_of(workspace: Workspace, begun: Begun, told: Callable[[int, int], None]) -> dict[str, Any]:
    facts = open_facts(workspace.store, version=begun.data_version)
    data = Judging(workspace.store, facts, begun.data_version).days(begun.new)
    if data is None:
        raise UsageError("还没有这条规则所用的数据，无法回测。")
    window = year_until(data.until)
    with workspace.store.read() as connection:
        rows = casework.closed_of(connection, begun.new.rule_id, window.since, window.until)
        exempt = reaching(connection, begun.new)
    known = [
        Known(one.alert_id, one.subject, one.first_day, one.last_day, one.area_code, one.outcome)
        for one in rows
    ]
    parts = months(window, data)
    told(0, len(parts))
    return compare(facts, begun.live, begun.new, window, parts, known, told, exempt)


@contextmanager
def _beating(workspace: Workspace, backtest_id: int, clock: Clock) -> Iterator[None]:
    """Say every few seconds that the work goes on, however long one month takes."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(BEAT_SECONDS):
            try:
                with workspace.store.write() as connection:
                    rulebook.note_backtest(connection, backtest_id, {"beat_at": clock()})
            except StoreError as error:  # a busy database: the next beat may come through
                _LOG.warning("back-test %s could not give a sign of life: %s", backtest_id, error)

    beater = threading.Thread(target=beat, daemon=True, name="backtest-beat")
    beater.start()
    try:
        yield
    finally:
        done.set()
        beater.join()


def _finish(workspace: Workspace, begun: Begun, report: dict[str, Any], now: datetime) -> None:
    """Keep the report; the version goes on, or is refused when its condition is as good as always true."""
    note = {
        "state": "finished",
        "finished_at": now,
        "since": datetime.fromisoformat(report["since"]).date(),
        "until": datetime.fromisoformat(report["until"]).date(),
        "result": json.dumps(report, ensure_ascii=False),
    }
    with workspace.store.write() as connection:
        row = rulebook.version(connection, begun.new.rule_id, begun.new.version)
        kept = rulebook.note_backtest(connection, begun.backtest_id, note)
        same = rulebook.values_of(row) == dict(begun.tuned)
        if not kept or row.state != VersionState.TESTED or not same:
            return
        after = VersionState.REFUSED if report["always"] else VersionState.BACKTESTED
        rulebook.change(connection, row, {"state": str(after)})
        if after is VersionState.REFUSED:
            end_version(connection, rulebook.version(connection, row.rule_id, row.number), now)
        said = _always(report) if report["always"] else ""
        rulebook.happened(connection, row, str(Step.MEASURE), str(after), SYSTEM.username, now, said)


def _always(report: dict[str, Any]) -> str:
    return (
        f"条件几乎总成立：在触发的 {report['fired_days']} 天里，有数据的主体 {report['subject_days']} 个·日，"
        f"触发 {report['fired']} 个·日。这样的规则不说明任何问题，不能发布。"
    )


def _fail(workspace: Workspace, begun: Begun, why: str, now: datetime) -> None:
    note = {"state": "failed", "finished_at": now, "error": why}
    with workspace.store.write() as connection:
        rulebook.note_backtest(connection, begun.backtest_id, note)
