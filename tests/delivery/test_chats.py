"""The outbox against robots and mailboxes on this machine: limits, digests, quiet hours, refusals, the worker."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.databases import database_url, settle_in
from tests.delivery.filling import fill, states, worker
from tests.delivery.receivers import Answer, Receiver, hangs, receiving, says
from tests.delivery.test_lanes import Mood
from tests.delivery.test_mailing import Handler, server
from tests.delivery.test_worker import until
from yaotong import acts, clock
from yaotong.acts.lanes import LEASE, know_receivers
from yaotong.config import SETTINGS_FILE
from yaotong.store import receivers
from yaotong.store.health import examine
from yaotong.store.schema import alert, outbox
from yaotong.workspace import Workspace, init_workspace, open_workspace

DAY = datetime(2026, 7, 1, 10, 15)
FINE = says("200 OK", body=b'{"errcode":0,"errmsg":"ok","code":0}')
SITE = "https://yaotong.example"


def said(code: int) -> Answer:
    return says("200 OK", body=json.dumps({"errcode": code, "errmsg": "sign not match"}).encode())


def chatting(home: Path, robots: Mapping[tuple[str, str], str], more: str = "", mail: int = 0) -> Workspace:
    """A workspace whose departments are told at these robots (channel, department: address) of this machine."""
    if not home.exists():
        init_workspace(home)
        settle_in(home, database_url(home))
    tables = ""
    for (channel, department), url in robots.items():
        key = home / "keys" / f"{channel}-{department}.key"
        key.touch(0o600)
        key.write_text(url, "ascii")
        tables += (
            f'[[delivery.{channel}]]\ndepartment = "{department}"\naddress_file = "keys/{key.name}"\n{more}\n'
        )
    if mail:
        tables += (
            f'[[delivery.mail]]\ndepartment = "psb"\nhost = "127.0.0.1"\nport = {mail}\ntls = "none"\n'
            f'from = "yaotong@example.cn"\nto = ["duty@example.cn"]\n{more}\n'
        )
    head = f'[delivery]\nallow_private = ["127.0.0.0/8"]\nsite = "{SITE}"\n'
    path = home / SETTINGS_FILE
    kept = path.read_text("utf-8").partition("[delivery]\n")[0]
    path.write_text(kept + head + tables, "utf-8")
    workspace = open_workspace(home)
    know_receivers(workspace)
    return workspace


def texts(receiver: Receiver) -> list[str]:
    return [json.loads(body)["text"]["content"] for _, _, body in receiver.got]


def level(workspace: Workspace, name: str, to: str) -> None:
    """Make the alerts of a `fill` of another level."""
    with workspace.store.write() as connection:
        mine = update(alert).where(alert.c.alert_id.startswith(name))
        connection.execute(mine.values(level=to))


def rows(workspace: Workspace) -> list[Any]:
    with workspace.store.read() as connection:
        return list(connection.execute(select(outbox).order_by(outbox.c.message_id)))


def filled(
    workspace: Workspace, count: int, to: str = "red", name: str = "a", at: datetime = DAY, **more: Any
) -> list[str]:
    more = {"channel": "dingtalk", "step": timedelta(0), **more}
    ids = fill(workspace, more.pop("department", "psb"), count, name=name, written_at=at, **more)
    level(workspace, name, to)
    return ids


def test_twenty_go_one_by_one_and_the_twenty_first_makes_a_digest(tmp_path: Path) -> None:
    with receiving(FINE) as receiver:
        workspace = chatting(tmp_path / "home", {("dingtalk", "psb"): receiver.url})
        filled(workspace, 20)
        assert acts.deliver(workspace, now=DAY).sent == 20
        assert len(receiver.got) == 20
        later = DAY + timedelta(minutes=5)
        filled(workspace, 61, name="b", at=later)
        assert acts.deliver(workspace, now=later).sent == 61
        assert len(receiver.got) == 40
        last = texts(receiver)[-1]
        assert last.startswith("【云药通】42 条预警通知（红色 42）")
        assert "另有 32 条" in last
        assert last.count(f"{SITE}/alerts/b") == 10


def test_every_message_is_accounted_for_once_with_the_digest_it_went_in(tmp_path: Path) -> None:
    with receiving(FINE) as receiver:
        workspace = chatting(tmp_path / "home", {("wecom", "psb"): receiver.url}, "per_minute = 3")
        ids = filled(workspace, 30, channel="wecom")
        acts.deliver(workspace, now=DAY)
        found = rows(workspace)
        assert [row.message_id for row in found] == sorted(ids)
        assert {(row.state, row.attempts) for row in found} == {("sent", 1)}
        told = Counter(row.digest_id for row in found)
        assert sorted(told.values()) == [2, 28]
        assert told[None] == 2
        assert len(receiver.got) == 3
        assert all(len(one.encode()) <= 2_048 for one in texts(receiver))


def test_a_full_minute_waits_for_its_end_and_says_until_when(tmp_path: Path) -> None:
    with receiving(FINE) as receiver:
        workspace = chatting(tmp_path / "home", {("dingtalk", "psb"): receiver.url}, "per_minute = 2")
        filled(workspace, 2)
        acts.deliver(workspace, now=DAY)
        filled(workspace, 5, name="b")
        assert acts.deliver(workspace, now=DAY + timedelta(seconds=30)).sent == 0
        assert states(workspace) == {"sent": 2, "due": 5}
        with workspace.store.read() as connection:
            (row,) = receivers.everyone(connection)
        free = row.resting_until
        assert DAY + timedelta(seconds=60) < free <= DAY + timedelta(seconds=75)
        assert acts.deliver(workspace, now=free - timedelta(seconds=1)).sent == 0
        assert acts.deliver(workspace, now=free).sent == 5
        assert len(receiver.got) == 4  # one alone and one of four


def test_departments_that_share_a_robot_share_its_minute(tmp_path: Path) -> None:
    with receiving(FINE) as receiver:
        robots = {("dingtalk", one): receiver.url for one in ("psb", "msa", "hc")}
        workspace = chatting(tmp_path / "home", robots)
        for one in ("psb", "msa", "hc"):
            filled(workspace, 15, name=one, department=one)
        acts.deliver(workspace, now=DAY)
        assert len(receiver.got) == 20
        assert acts.deliver(workspace, now=DAY + timedelta(seconds=90)).sent > 0
        assert states(workspace) == {"sent": 45}


def test_yellow_waits_for_the_hour_and_comes_as_one(tmp_path: Path) -> None:
    with receiving(FINE) as receiver:
        workspace = chatting(tmp_path / "home", {("dingtalk", "psb"): receiver.url})
        filled(workspace, 600, "yellow")
        filled(workspace, 1, "orange", name="o")
        acts.deliver(workspace, now=DAY)
        assert ["橙色预警" in one for one in texts(receiver)] == [True]
        held = [row for row in rows(workspace) if row.held_for]
        assert {(row.held_for, row.next_at, row.attempts) for row in held} == {
            ("digest", DAY.replace(hour=11, minute=0), 0)
        }
        assert len(held) == 600
        assert acts.deliver(workspace, now=DAY.replace(hour=10, minute=59, second=59)).sent == 0
        assert acts.deliver(workspace, now=DAY.replace(hour=11, minute=0)).sent == 600
        assert len(receiver.got) <= 3
        assert "黄色" in texts(receiver)[-1]


def test_at_night_only_red_is_told(tmp_path: Path) -> None:
    night, morning = datetime(2026, 7, 1, 21), datetime(2026, 7, 2, 8)
    with receiving(FINE) as receiver:
        workspace = chatting(tmp_path / "home", {("dingtalk", "psb"): receiver.url})
        filled(workspace, 4, "orange", name="o", at=night)
        filled(workspace, 1, "red", name="r", at=night)
        acts.deliver(workspace, now=night)
        assert ["红色预警" in one for one in texts(receiver)] == [True]
        assert acts.deliver(workspace, now=morning - timedelta(seconds=1)).sent == 0
        assert acts.deliver(workspace, now=morning).sent == 4
        assert texts(receiver)[1].startswith("【云药通】4 条预警通知（橙色 4）")


def test_new_hours_in_the_settings_free_what_the_old_ones_held(tmp_path: Path) -> None:
    night = datetime(2026, 7, 1, 22)
    with receiving(FINE) as receiver:
        workspace = chatting(tmp_path / "home", {("dingtalk", "psb"): receiver.url})
        filled(workspace, 1, "orange", at=night)
        assert acts.deliver(workspace, now=night).sent == 0
        loud = chatting(tmp_path / "home", {("dingtalk", "psb"): receiver.url}, 'quiet = ""')
        assert acts.deliver(loud, now=night).sent == 1


def test_a_robot_that_is_told_too_fast_is_left_alone_and_told_all_later(tmp_path: Path) -> None:
    mood = Mood(said(130101))
    with receiving(mood) as receiver:
        workspace = chatting(tmp_path / "home", {("dingtalk", "psb"): receiver.url})
        filled(workspace, 12)
        assert acts.deliver(workspace, now=DAY).failed == 1
        assert len(receiver.got) == 1
        assert acts.deliver(workspace, now=DAY + timedelta(minutes=9)).sent == 0
        mood.answer = FINE
        acts.deliver(workspace, now=DAY + timedelta(minutes=12))
        assert states(workspace) == {"sent": 12}


def test_a_wrong_sign_is_one_dead_message_and_a_stop_until_it_is_mended(tmp_path: Path) -> None:
    mood = Mood(said(310000))
    with receiving(mood) as receiver:
        workspace = chatting(tmp_path / "home", {("dingtalk", "psb"): receiver.url}, "per_minute = 2")
        filled(workspace, 9)
        assert acts.deliver(workspace, now=DAY).dead == 1
        assert states(workspace) == {"dead": 1, "due": 8}
        (dead,) = [row for row in rows(workspace) if row.state == "dead"]
        assert dead.last_error.startswith("310000 ")
        assert "sign_file" in dead.last_error
        assert any("拒绝了我们的设置" in line for line in examine(workspace.store).bad)
        later = DAY + timedelta(hours=1)
        assert acts.deliver(workspace, now=later).sent == 0
        assert len(receiver.got) == 1
        mood.answer = FINE
        mended = chatting(tmp_path / "home", {("dingtalk", "psb"): receiver.url + "?new"}, "per_minute = 2")
        assert acts.deliver(mended, now=later).sent == 8


def test_a_digest_that_is_refused_for_its_settings_kills_one_and_not_all(tmp_path: Path) -> None:
    with receiving(said(310000)) as receiver:
        workspace = chatting(tmp_path / "home", {("dingtalk", "psb"): receiver.url}, "per_minute = 1")
        filled(workspace, 9)
        acts.deliver(workspace, now=DAY)
        assert states(workspace) == {"dead": 1, "due": 8}


def test_a_digest_that_fails_is_tried_again_and_counted_once(tmp_path: Path) -> None:
    mood = Mood(says("500 Oops"))
    with receiving(mood) as receiver:
        workspace = chatting(tmp_path / "home", {("dingtalk", "psb"): receiver.url}, "per_minute = 1")
        filled(workspace, 7)
        assert acts.deliver(workspace, now=DAY).failed == 7
        mood.answer = FINE
        moment = DAY
        while states(workspace) != {"sent": 7} and moment < DAY + timedelta(hours=1):
            moment += timedelta(seconds=70)
            acts.deliver(workspace, now=moment)
        assert {(row.state, row.attempts) for row in rows(workspace)} == {("sent", 2)}
        assert len(receiver.got) == 2


def test_nothing_is_written_for_a_chat_that_nobody_has_set_up(tmp_path: Path) -> None:
    workspace = chatting(tmp_path / "home", {("dingtalk", "psb"): "https://robot.example/send?t=1"})
    for channel, department in (("dingtalk", "msa"), ("feishu", "psb"), ("mail", "psb")):
        fill(workspace, department, 1, name=f"{channel}{department}"[:9], channel=channel)
    assert rows(workspace) == []
    filled(workspace, 1)
    assert len(rows(workspace)) == 1


def test_mail_goes_out_and_shares_nothing_with_the_robots(tmp_path: Path) -> None:
    handler = Handler()
    with server(handler) as port:
        workspace = chatting(tmp_path / "home", {}, "per_minute = 2", mail=port)
        filled(workspace, 5, channel="mail")
        assert acts.deliver(workspace, now=DAY).sent == 5
    assert len(handler.got) == 2
    assert {one.mail_from for one in handler.got} == {"yaotong@example.cn"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "answer", [hangs, says("302 Found", "location: http://127.0.0.1:9/"), said(130101), said(310000)]
)
def test_the_worker_serves_the_others_whatever_one_robot_does(tmp_path: Path, answer: Answer) -> None:
    with receiving(answer) as bad, receiving(FINE) as good, receiving(FINE) as other:
        home = tmp_path / "home"
        robots = {("dingtalk", "psb"): bad.url, ("wecom", "psb"): good.url, ("dingtalk", "msa"): other.url}
        workspace = chatting(home, robots, 'quiet = ""')
        process = worker(home)
        try:
            now = clock.now()
            filled(workspace, 30, name="x", at=now)
            filled(workspace, 30, name="y", at=now, channel="wecom")
            filled(workspace, 30, name="z", at=now, department="msa")
            assert until(lambda: states(workspace).get("sent") == 60, 20)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)
            assert process.returncode == 0
        finally:
            process.kill()
        assert len(good.got) <= 20
        assert len(other.got) <= 20
        left = [row for row in rows(workspace) if row.channel == "dingtalk" and row.department == "psb"]
        assert Counter(row.state for row in left)["sent"] == 0
        assert len(left) == 30
        if answer is not hangs:
            assert Counter(row.state for row in left)["dead"] == sum(
                "310000" in (row.last_error or "") for row in left
            )


def _slowly(connection: socket.socket, first: bytes) -> None:
    time.sleep(0.4)
    FINE(connection, first)


@pytest.mark.fault("two-schedulers")
@pytest.mark.slow
def test_two_workers_and_one_killed_keep_to_the_minute_and_lose_nothing(tmp_path: Path) -> None:
    with receiving(_slowly) as receiver:
        home = tmp_path / "home"
        workspace = chatting(home, {("dingtalk", "psb"): receiver.url}, 'per_minute = 10\nquiet = ""')
        processes = [worker(home), worker(home)]
        try:
            ids = filled(workspace, 40, name="x", at=clock.now())
            assert until(lambda: len(receiver.got) > 3, 20)
            processes[0].kill()
            assert until(lambda: states(workspace) == {"sent": 40}, LEASE.total_seconds() + 20)
            # What was killed on its way has taken its slot, whether or not it arrived.
            assert len(receiver.got) in (9, 10)
            ids += filled(workspace, 5, name="y", at=clock.now())
            assert not until(lambda: states(workspace) != {"sent": 40, "due": 5}, 3)
        finally:
            for process in processes:
                process.kill()
                process.communicate()
        assert states(workspace) == {"sent": 40, "due": 5}
        assert {row.message_id for row in rows(workspace)} == set(ids)
        told = Counter(row.digest_id for row in rows(workspace) if row.state == "sent")
        assert sum(told.values()) == 40
