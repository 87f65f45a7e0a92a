"""What whoever runs the system sees of it: figures, lines of the log, readiness. And what nobody sees."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text, update

from tests.cities import BUILT_AT, copy_of
from tests.webapp.conftest import MORNING, SignIn, ids_of
from webapp import watching
from webapp.context import WORKSPACE_KEY
from yaotong import acts, config
from yaotong.acts.demo import DEMO_PASSWORD
from yaotong.errors import ConfigError
from yaotong.reads import metering
from yaotong.store.schema import outbox
from yaotong.workspace import Workspace

Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def figures(said: str) -> Figures:
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(said)
        for one in family.samples
    }


def scraped(client: FlaskClient) -> Figures:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    return figures(answer.get_data(as_text=True))


def one(found: Figures, name: str, **labels: str) -> float:
    return found[(name, tuple(sorted(labels.items())))]


@pytest.fixture
def lines() -> Iterator[list[dict[str, object]]]:
    """The lines of the request log, as they are written."""
    found: list[dict[str, object]] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(json.loads(record.getMessage()))

    handler, level = Kept(), watching.LOG.level
    watching.LOG.addHandler(handler)
    watching.LOG.setLevel(logging.INFO)
    yield found
    watching.LOG.removeHandler(handler)
    watching.LOG.setLevel(level)


def test_freshness_comes_first_and_is_right(own_app: Flask) -> None:
    said = own_app.test_client().get("/metrics").get_data(as_text=True)
    assert next(line for line in said.splitlines() if not line.startswith("#")).startswith(
        "yaotong_feed_age_seconds{"
    )
    found = figures(said)
    age = (MORNING - BUILT_AT).total_seconds()
    assert one(found, "yaotong_feed_age_seconds", feed="sales") == age
    assert one(found, "yaotong_feed_known", feed="sales") == 1


def test_a_feed_that_never_came_has_no_age_rather_than_a_good_one(own_app: Flask) -> None:
    workspace = own_app.config[WORKSPACE_KEY]
    with workspace.store.write() as connection:
        connection.execute(text("update load set data_version = null where feed = 'recalls'"))
    found = scraped(own_app.test_client())
    assert one(found, "yaotong_feed_known", feed="recalls") == 0
    assert ("yaotong_feed_age_seconds", (("feed", "recalls"),)) not in found


def test_the_outbox_alerts_and_the_last_run_are_as_the_store_says(own_app: Flask) -> None:
    workspace: Workspace = own_app.config[WORKSPACE_KEY]
    with workspace.store.write() as connection:
        names = (
            connection.execute(text("select message_id from outbox order by message_id limit 6"))
            .scalars()
            .all()
        )
        late = {"state": "due", "next_at": MORNING - timedelta(minutes=10)}
        later = {"state": "due", "next_at": MORNING + timedelta(minutes=10)}
        for name, columns in zip(
            names, (late, late, later, {"state": "dead"}, {"state": "dead"}, {"state": "dead"}), strict=True
        ):
            connection.execute(update(outbox).where(outbox.c.message_id == name).values(columns))
        levels = connection.execute(
            text("select level, count(*) from alert where state <> 'closed' group by level")
        )
        wanted = {row[0]: row[1] for row in levels}
        others_due = connection.execute(text("select count(*) from outbox where state = 'due'")).scalar_one()
        rows = connection.execute(text("select max(seq) from audit")).scalar_one()
    found = scraped(own_app.test_client())
    due, held = (one(found, "yaotong_outbox_messages", state=name) for name in ("due", "held"))
    assert due >= 2
    assert held >= 1
    assert due + held == others_due
    assert one(found, "yaotong_outbox_messages", state="dead") == 3
    assert one(found, "yaotong_outbox_late_seconds") >= 600
    for level in ("red", "orange", "yellow", "blue"):
        assert one(found, "yaotong_alerts_open", level=level) == wanted.get(level, 0)
    assert one(found, "yaotong_detect_last_age_seconds") == (MORNING - BUILT_AT).total_seconds()
    assert one(found, "yaotong_detect_last_failed_rules") == 0
    assert one(found, "yaotong_audit_rows") == rows
    assert one(found, "yaotong_store_up") == 1
    acts.detect(workspace, now=MORNING - timedelta(minutes=1))
    assert one(scraped(own_app.test_client()), "yaotong_detect_last_age_seconds") == 60


def test_before_the_first_run_nothing_is_said_of_it(own_app: Flask, tmp_path: Path) -> None:
    from webapp.app import create_app
    from yaotong.workspace import init_workspace

    init_workspace(tmp_path / "bare", environ={})
    found = scraped(create_app(tmp_path / "bare").test_client())
    assert not [name for name, _ in found if name.startswith("yaotong_detect")]
    assert not [name for name, _ in found if name == "yaotong_feed_age_seconds"]


def test_requests_are_counted_by_route_and_status(shared_app: Flask, signed: SignIn) -> None:
    client = signed("msa")
    before = scraped(client)
    alert = ids_of(client)[0]
    for path in (f"/alerts/{alert}", f"/alerts/{alert}", "/alerts/nothing", "/no-such-page?q=1"):
        client.get(path, buffered=True)
    after = scraped(client)

    def more(route: str, status: str) -> float:
        key = (
            "yaotong_http_request_seconds_count",
            (("method", "GET"), ("route", route), ("status", status)),
        )
        return after.get(key, 0) - before.get(key, 0)

    assert more("/alerts/<alert_id>", "200") == 2
    assert more("/alerts/<alert_id>", "404") == 1
    assert more("(none)", "404") == 1
    assert alert not in client.get("/metrics").get_data(as_text=True)


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.0.0.9", {}, 403),
        ("203.0.113.7", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.7"}, 403),
        ("127.0.0.1", {"X-Real-IP": "203.0.113.7"}, 403),
        ("127.0.0.1", {"Forwarded": "for=203.0.113.7"}, 403),
        ("127.0.0.1", {"Via": "1.1 proxy"}, 403),
    ],
)
def test_without_a_token_this_machine_alone_reads(
    citizen: FlaskClient, address: str, headers: dict[str, str], status: int
) -> None:
    answer = citizen.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == status
    assert ("yaotong_feed_age_seconds" in answer.get_data(as_text=True)) == (status == 200)


@pytest.mark.parametrize(
    ("given", "address", "status"),
    [
        ("Bearer " + "t" * 32, "203.0.113.7", 200),
        ("Bearer " + "t" * 31, "203.0.113.7", 403),
        ("Basic " + "t" * 32, "127.0.0.1", 403),
        ("", "127.0.0.1", 403),
        ("Bearer 令牌", "127.0.0.1", 403),
    ],
)
def test_with_a_token_whoever_has_it_reads(own_app: Flask, given: str, address: str, status: int) -> None:
    workspace = own_app.config[WORKSPACE_KEY]
    own_app.config[WORKSPACE_KEY] = Workspace(
        replace(workspace.settings, metrics_token="t" * 32), workspace.store
    )
    headers = {"Authorization": given.encode().decode("latin-1")} if given else {}
    answer = own_app.test_client().get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("said", "mode", "fault"),
    [
        ("t" * 32, 0o600, ""),
        ("t" * 31, 0o600, "不少于 32"),
        ("t" * 32, 0o644, "可被他人读取"),
        (None, 0o600, "无法读取"),
    ],
)
def test_a_token_is_read_from_a_file_of_the_owner_alone(
    small: Workspace, tmp_path: Path, said: str | None, mode: int, fault: str
) -> None:
    home = copy_of(small, tmp_path / "home").settings.home
    path = home / config.SETTINGS_FILE
    path.write_text(path.read_text("utf-8").replace("# token_file", "token_file"), "utf-8")
    if said is not None:
        (home / "keys" / "metrics.key").write_text(said, "ascii")
        (home / "keys" / "metrics.key").chmod(mode)
    if fault:
        with pytest.raises(ConfigError, match=fault):
            config.load(home, {})
    else:
        assert config.load(home, {}).metrics_token == said
        assert said not in repr(config.load(home, {}))


def test_every_answer_bears_its_number_and_takes_one_that_is_given(
    citizen: FlaskClient, signed: SignIn
) -> None:
    for path in ("/find", "/no-such-page", "/static/app.css", "/api/v1/alerts"):
        assert re.fullmatch(r"[0-9a-f]{32}", citizen.get(path, buffered=True).headers["X-Request-ID"])
    given = citizen.get("/find", headers={"X-Request-ID": "proxy-12345678"})
    assert given.headers["X-Request-ID"] == "proxy-12345678"
    for strange in ("short", "x" * 65, "a b c d e f g h", "<script>alert(1)"):
        assert citizen.get("/find", headers={"X-Request-ID": strange}).headers["X-Request-ID"] != strange


def test_a_line_tells_of_a_citizen_nothing_but_what_was_asked_for_in_general(
    citizen: FlaskClient, lines: list[dict[str, object]]
) -> None:
    asked = "/api/v1/public/pharmacies/nearest?lon=121.0212&lat=30.7001&crs=wgs84&330482199001011234=x"
    citizen.get(asked, environ_base={"REMOTE_ADDR": "203.0.113.7"}, buffered=True)
    (line,) = lines
    assert line["route"] == "/api/v1/public/pharmacies/nearest"
    assert line["asked"] == ["lon", "lat", "crs", "(strange)"]
    assert line["at"] == "2026-07-01T09:00:00+08:00"
    assert set(line) == {"at", "id", "method", "route", "status", "ms", "asked"}
    text = json.dumps(line)
    for secret in ("203.0.113.7", "121.02", "30.70", "1990"):
        assert secret not in text


def test_a_line_tells_the_account_and_no_subject(signed: SignIn, lines: list[dict[str, object]]) -> None:
    client = signed("psb")
    alert = ids_of(client)[0]
    lines.clear()
    client.get(f"/alerts/{alert}?q=someone", buffered=True)
    (line,) = lines
    assert (line["user"], line["from"], line["route"], line["status"]) == (
        "psb",
        "127.0.0.1",
        "/alerts/<alert_id>",
        200,
    )
    assert alert not in json.dumps(line)
    assert "someone" not in json.dumps(line)


def test_a_password_is_in_no_line(citizen: FlaskClient, lines: list[dict[str, object]]) -> None:
    citizen.post("/login", data={"username": "psb", "password": DEMO_PASSWORD}, buffered=True)
    citizen.get(f"/login?password={DEMO_PASSWORD}", buffered=True)
    assert DEMO_PASSWORD not in json.dumps(lines)
    assert len(lines) == 2


def test_a_request_that_breaks_is_a_line_and_a_count_too(
    own_app: Flask, lines: list[dict[str, object]]
) -> None:
    @own_app.get("/breaks")
    def breaks() -> str:
        raise ZeroDivisionError

    answer = own_app.test_client().get("/breaks", buffered=True)
    assert answer.status_code == 500
    assert (lines[-1]["route"], lines[-1]["status"]) == ("/breaks", 500)
    assert lines[-1]["id"] == answer.headers["X-Request-ID"]


def test_ready_tells_the_truth(own_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    client = own_app.test_client()
    assert (client.get("/readyz").status_code, client.get("/readyz").get_json()) == (200, {"status": "ready"})
    workspace: Workspace = own_app.config[WORKSPACE_KEY]
    with workspace.store.write() as connection:
        connection.execute(text("update alembic_version set version_num = '0001'"))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["lacking"]) == (503, ["database"])
    assert client.get("/healthz").status_code == 200, "the process itself is well"
    with workspace.store.write() as connection:
        connection.execute(text("delete from alembic_version"))
    facts = workspace.settings.facts_dir
    facts.rename(facts.with_name("elsewhere"))
    answer = client.get("/readyz")
    assert answer.get_json()["lacking"] == ["database", "facts"]
    assert str(facts) not in answer.get_data(as_text=True)
    facts.with_name("elsewhere").rename(facts)
    monkeypatch.setattr(metering, "_LEAST_FREE_BYTES", 1 << 62)
    assert "disk" in client.get("/readyz").get_json()["lacking"]


@pytest.mark.sqlite
def test_a_store_that_is_gone_is_told_by_its_figure_and_by_readiness(own_app: Flask) -> None:
    workspace: Workspace = own_app.config[WORKSPACE_KEY]
    workspace.store.engine.dispose()
    for path in workspace.settings.home.glob("yaotong.db*"):
        path.unlink()
    (workspace.settings.home / "yaotong.db").mkdir()
    client = own_app.test_client()
    found = scraped(client)
    assert one(found, "yaotong_store_up") == 0
    assert not [name for name, _ in found if name == "yaotong_feed_age_seconds"]
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


@pytest.mark.slow
def test_all_workers_of_a_server_are_counted_together(small: Workspace, tmp_path: Path) -> None:
    home, log = copy_of(small, tmp_path / "home").settings.home, tmp_path / "requests.jsonl"
    with served(home, log) as address:
        for number in range(40):
            # A connection each: the workers take turns.
            assert httpx.get(f"{address}/healthz?n={number}", trust_env=False).status_code == 200
        for _ in range(4):
            said = httpx.get(f"{address}/metrics", trust_env=False).text
            found = figures(said)
            name = "yaotong_http_request_seconds_count"
            assert one(found, name, route="/healthz", method="GET", status="200") >= 40
    written = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert sum(line["route"] == "/healthz" for line in written) >= 40
    assert len({line["id"] for line in written}) == len(written)


@contextmanager
def served(home: Path, log: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "yaotong",
        "serve",
        "--home",
        str(home),
        "--port",
        str(port),
        "--workers",
        "2",
    ]
    server = subprocess.Popen([*command, "--request-log", str(log)], start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                if httpx.get(f"{address}/healthz", trust_env=False, timeout=2).status_code == 200:
                    break
            except httpx.HTTPError:
                time.sleep(0.2)
        yield address
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=60)
