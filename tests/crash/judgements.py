"""Detection and delivery killed at moments of chance: what is gone on with ends as if nobody had killed anything.

    python -m tests.crash.judgements FOLDER KILLS SEED

Prints one line of JSON; 1 and a sentence when an alert, a dispatch or a notice was lost or doubled.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from tests.cities import city, copy_of
from tests.crash.model import Broken
from tests.delivery.receivers import OK, Receiver, receiving
from yaotong.acts.delivering import deliver
from yaotong.acts.detection import detect
from yaotong.config import SETTINGS_FILE
from yaotong.store import desklines
from yaotong.store.schema import alert, alert_event, dispatch, outbox
from yaotong.workspace import open_workspace

NOW = datetime(2026, 7, 1, 9)
RULES = ("R-M14", "R-M20", "R-N01")
_EMPTIED = (
    "alert_mute", "silence", "desk_line", "outbox", "dispatch", "alert_event", "evidence_line", "finding",
    "alert", "alert_past", "judged", "receiver",
)  # fmt: skip
Told = dict[str, Any]


def judge_and_tell(home: Path, now: datetime) -> None:
    """What the worker of a city does in the morning."""
    ws = open_workspace(home, {})
    try:
        detect(ws, rule_ids=RULES, now=NOW)
        deliver(ws, now=now)
    finally:
        ws.store.engine.dispose()


def said(home: Path) -> dict[str, Any]:
    """Alerts, dispatches, events and notices as they are."""
    ws = open_workspace(home, {})
    try:
        with ws.store.read() as connection:
            if wrong := desklines.differing(connection):
                raise Broken(f"inboxes differ from alerts: {wrong[:3]}")
            return {
                "alerts": sorted(map(str, connection.execute(
                    select(alert.c.alert_id, alert.c.rule_id, alert.c.subject, alert.c.state, alert.c.first_day)
                ))),
                "dispatches": sorted(map(str, connection.execute(
                    select(dispatch.c.alert_id, dispatch.c.department, dispatch.c.part)
                ))),
                "events": sorted(map(str, connection.execute(
                    select(alert_event.c.alert_id, alert_event.c.seq, alert_event.c.act)
                ))),
                "notices": sorted(connection.execute(select(outbox.c.message_id)).scalars()),
                "due": sorted(connection.execute(
                    select(outbox.c.message_id).where(outbox.c.state != "sent")
                ).scalars()),
                "hooked": sorted(connection.execute(
                    select(outbox.c.message_id).where(outbox.c.channel == "webhook", outbox.c.department == "msa")
                ).scalars()),
            }  # fmt: skip
    finally:
        ws.store.engine.dispose()


def _base(folder: Path, url: str) -> Path:
    """A city whose lines are there and that nobody judged yet, with one receiver on this machine."""
    home = folder / "base"
    ws = copy_of(city("small"), home)
    with ws.store.write() as connection:
        for table in _EMPTIED:
            if ws.store.engine.dialect.has_table(connection, table):
                connection.execute(text(f"delete from {table}"))
    ws.store.engine.dispose()
    key = home / "keys" / "hook.key"
    key.touch(0o600)
    key.write_text("a shared key for tests only", "ascii")
    hook = f'[[delivery.webhook]]\ndepartment = "msa"\nurl = "{url}"\nsecret_file = "keys/hook.key"\n'
    path = home / SETTINGS_FILE
    allowed = '[delivery]\nallow_private = ["127.0.0.0/8"]\n'
    path.write_text(path.read_text("utf-8").replace("[delivery]\n", allowed + hook, 1), "utf-8")
    return home


def _forked(home: Path) -> int:
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            judge_and_tell(home, NOW)
            code = 0
        finally:
            os._exit(code)
    return pid


def kill(folder: Path, kills: int, seed: int) -> Told:
    """Kill, go on, and compare with a run that nobody killed."""
    rng, told = random.Random(seed), Counter[str]()
    with receiving(OK) as receiver:
        base = _base(folder, receiver.url)
        truth, spent = _truth(base, folder / "truth", receiver)
        while told["killed"] < kills:
            home = folder / "home"
            shutil.rmtree(home, ignore_errors=True)
            shutil.copytree(base, home)
            receiver.got.clear()
            deaths = _kill_some(home, rng, spent)
            told.update(tries=1, killed=deaths, between=bool(said(home)["alerts"]))
            # A dead sender's lane is its own until its lease ends.
            judge_and_tell(home, NOW + timedelta(hours=1))
            _compare(truth, said(home), receiver)
    return dict(told)


def _truth(base: Path, home: Path, receiver: Receiver) -> tuple[dict[str, Any], float]:
    shutil.copytree(base, home)
    judge_and_tell(home, NOW)  # everything that is made once is made
    shutil.rmtree(home)
    shutil.copytree(base, home)
    receiver.got.clear()
    started = time.monotonic()
    os.waitpid(_forked(home), 0)
    spent, truth = time.monotonic() - started, said(home)
    if truth["due"] or len(truth["alerts"]) < 10 or sorted(receiver.ids) != truth["hooked"]:
        raise Broken("without a kill not everything was told, or there was too little to tell")
    return truth, spent


def _kill_some(home: Path, rng: random.Random, spent: float) -> int:
    """Start and kill, once to three times in a row; how often it was still at work."""
    deaths = 0
    for _ in range(rng.randint(1, 3)):
        pid = _forked(home)
        time.sleep(rng.uniform(0, 1.1 * spent))
        os.kill(pid, signal.SIGKILL)
        deaths += os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    return deaths


def _compare(truth: dict[str, Any], found: dict[str, Any], receiver: Receiver) -> None:
    for name, wanted in truth.items():
        if found[name] != wanted:
            lost, more = set(wanted) - set(found[name]), set(found[name]) - set(wanted)
            raise Broken(f"{name}: {len(lost)} lost, {len(more)} too many: {[*lost, *more][:3]}")
    ids = Counter(receiver.ids)
    if set(ids) != set(truth["hooked"]):
        raise Broken(f"the receiver was told {len(ids)} of {len(truth['hooked'])} notices")


def main() -> int:
    """Run the loop."""
    try:
        told = kill(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    except Broken as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
