"""A till asks over a real socket: answers, refusals, the book of questions, and what happens without an answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.serving import make_server

from tests.intake.helpers import person
from tests.reads import ledger_region, small_region
from webapp.app import create_app
from yaotong.acts import allowing
from yaotong.acts.rotating import rotate
from yaotong.acts.tracing import sync_traces
from yaotong.delivery.till_client import TillClient
from yaotong.errors import StoreError, UsageError
from yaotong.intake import Pseudonymiser
from yaotong.store import tillbook
from yaotong.store.till_tables import till_question
from yaotong.viewer import SYSTEM
from yaotong.workspace import Workspace, open_workspace

NOW = datetime(2026, 4, 2, 9)
TOKEN, BUYER, OTHER = "t" * 32, person(1), person(2)
CODE = "8103300" + "0" * 12 + "1"
_SALE = ("sale_id", "pharmacy_id", "sold_at", "drug_code", "quantity", "buyer_id_no", "trace_code")


@pytest.fixture
def region(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setitem(ledger_region._COLUMNS, "sales", _SALE)
    monkeypatch.setattr("yaotong.clock.now", lambda: NOW)
    made = small_region.build(tmp_path, NOW)
    lines = [("A1", "P0", "2026-04-01 20:00", "D1", 2, BUYER, CODE)]
    ledger_region.send(made, tmp_path, "sales", lines)
    home = made.settings.home
    (home / "keys" / "tills.key").write_text(f"P0 {TOKEN}\n浙DA0001 {TOKEN}\n", "utf-8")
    (home / "keys" / "tills.key").chmod(0o600)
    settings = home / "settings.toml"
    text = (
        settings.read_text("utf-8")
        .replace("# tills_file", "tills_file")
        .replace("# stale_hours = 72", "stale_hours = 24")
    )
    settings.write_text(text, "utf-8")
    sync_traces(made)
    return open_workspace(home, {})


@pytest.fixture
def till(region: Workspace) -> Iterator[TillClient]:
    server = make_server("127.0.0.1", 0, create_app(region.settings.home), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield client(region, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()


def client(region: Workspace, url: str, **more: object) -> TillClient:
    told = {"licence": "P0", "token": TOKEN, "key": region.settings.pseudonym_key, "timeout_s": 20.0, **more}
    return TillClient(url, **told)  # type: ignore[arg-type]


def test_the_till_makes_the_pseudonym_that_intake_makes(region: Workspace) -> None:
    import pyarrow as pa

    keyed = Pseudonymiser(region.settings.pseudonym_key, "k1")
    number = person(5, "19900602")
    assert client(region, "").pseudonym(number.lower()) == keyed.keys(pa.array([number])).to_pylist()[0]


def test_a_till_is_answered_and_every_question_is_kept_without_the_buyer(
    region: Workspace, till: TillClient
) -> None:
    assert till.ask(OTHER, "D1", 2)["verdict"] == "allow"
    assert till.ask(OTHER, "D1", 3)["verdict"] == "limit_reached"
    told = till.ask(BUYER, "D1", 2)
    assert (told["verdict"], told["reason"]) == ("show_to_pharmacist", "gathered")
    assert "260号" in told["law"]
    assert till.ask(OTHER, "D3", 1, trace_code=CODE)["reason"] == "code_sold_before"
    with region.store.read() as connection:
        assert tillbook.counts(connection) == {"allow": 1, "limit_reached": 1, "show_to_pharmacist": 2}
        kept = str(connection.execute(select(till_question)).fetchall())
    assert not any(one in kept for one in (BUYER, OTHER, till.pseudonym(BUYER), till.pseudonym(OTHER)))


def test_a_till_goes_on_with_the_first_key_after_a_rotation(region: Workspace) -> None:
    rotate(region, actor=SYSTEM, why="每年一次", now=NOW)
    allowing._chain.cache_clear()
    buyer = client(region, "").pseudonym(BUYER)
    assert buyer.startswith("k1:")
    body = {"drug_code": "D1", "packs": 2, "buyer": buyer}
    assert allowing.allowed(region, "P0", TOKEN, body, now=NOW).reason == "gathered"
    with pytest.raises(UsageError, match="编号不对"):
        allowing.allowed(region, "P0", TOKEN, {**body, "buyer": f"k9:{buyer[3:]}"}, now=NOW)


@pytest.mark.parametrize(("licence", "token"), [("P1", TOKEN), ("P0", "u" * 32), ("P0", "")])
def test_a_stranger_gets_no_answer(region: Workspace, till: TillClient, licence: str, token: str) -> None:
    stranger = client(region, till.url, licence=licence, token=token)
    assert stranger.ask(OTHER, "D1", 1, category="EPH")["reason"] == "no_answer"
    with region.store.read() as connection:
        assert tillbook.counts(connection) == {}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"drug_code": "D1", "packs": 1, "buyer": person(1)}, 400),  # an ID number is not taken
        ({"drug_code": "D9", "packs": 1}, 400),
        ({"drug_code": "D1", "packs": 0}, 400),
        ({"drug_code": "D1", "packs": True}, 400),
        ({"packs": 1}, 400),
        ({"drug_code": "D1", "packs": 1, "minor": "yes"}, 400),
        ([], 400),
        ({"drug_code": "D3", "packs": 1}, 200),
    ],
)
def test_a_question_that_is_none_is_refused(region: Workspace, body: object, status: int) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Licence": "P0"}
    answer = (
        create_app(region.settings.home).test_client().post("/api/v1/allowance", json=body, headers=headers)
    )
    assert answer.status_code == status
    assert person(1) not in answer.get_data(as_text=True)


def test_what_cannot_be_kept_is_not_answered(region: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_given: object) -> None:
        raise StoreError("磁盘满了")

    monkeypatch.setattr(tillbook, "keep", full)
    with pytest.raises(StoreError):
        allowing.allowed(region, "P0", TOKEN, {"drug_code": "D3", "packs": 1}, now=NOW)


@pytest.mark.parametrize(("hour", "reason"), [(20, "within"), (21, "not_known_closed")])
def test_facts_too_old_to_answer_from_are_none(region: Workspace, hour: int, reason: str) -> None:
    body = {"drug_code": "D1", "packs": 1, "buyer": "k1:bb"}
    at = datetime(2026, 4, 2, hour)
    assert allowing.allowed(region, "P0", TOKEN, body, now=at).reason == reason


@pytest.mark.parametrize(("category", "verdict"), [("EPH", "allow"), ("PSY2", "show_to_pharmacist")])
def test_without_a_server_the_till_fails_as_it_was_told(
    region: Workspace, category: str, verdict: str
) -> None:
    alone = client(region, "http://127.0.0.1:9", fails_open=frozenset({"EPH"}))
    assert alone.ask(OTHER, "D1", 1, category=category)["verdict"] == verdict
