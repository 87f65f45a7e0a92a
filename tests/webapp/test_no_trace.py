"""After a thousand queries the position of none is anywhere: files, logs, figures, headers, memory, network."""

from __future__ import annotations

import functools
import gc
import logging
import random
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.webapp.conftest import MORNING
from webapp.app import create_app
from webapp.context import WORKSPACE_KEY
from webapp.watching import LOG
from yaotong.acts.unmet import tally
from yaotong.workspace import Workspace

QUERIES = 1_000


def _places(count: int) -> list[tuple[str, str]]:
    """Positions that nothing else is near enough to be taken for: six odd decimals each."""
    rng = random.Random(7)
    return [
        (f"121.{rng.randrange(10_000, 89_999)}7{rng.randrange(1, 9)}", f"30.6{rng.randrange(1_000, 9_999)}3")
        for _ in range(count)
    ]


def _held(wanted: set[float], texts: list[str], *own: object) -> list[str]:
    """Whatever the program still holds of them: floats and texts that any object refers to."""
    gc.collect()
    found: list[str] = []
    mine = {id(one) for one in (wanted, texts, found, own, *own)}
    for one in gc.get_objects():
        if id(one) in mine or type(one).__name__ == "frame":
            continue
        inside = gc.get_referents(one)
        while inside:
            held = inside.pop()
            if type(held) is float and held in wanted:
                found.append(f"{held} in a {type(one).__name__}")
            elif type(held) is str and len(held) < 4_000 and any(text in held for text in texts):
                found.append(f"a text in a {type(one).__name__}")
            elif type(held) in (tuple, dict) and not gc.is_tracked(held):
                inside += gc.get_referents(held)  # what holds nothing but numbers and texts is not listed
    return found


@pytest.fixture
def watched(own_app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An app of its own whose every log line, outgoing connection and cache can be looked at."""
    ws: Workspace = own_app.config[WORKSPACE_KEY]
    settings = ws.settings.home / "settings.toml"
    settings.write_text(settings.read_text("utf-8").replace("per_minute = 1200", "per_minute = 0"), "utf-8")
    log = tmp_path / "everything.log"
    handler = logging.FileHandler(log, encoding="utf-8")
    for logger in (LOG, logging.getLogger()):
        logger.addHandler(handler)
    monkeypatch.setattr(LOG, "level", logging.DEBUG)
    logging.getLogger().setLevel(logging.DEBUG)
    calls: list[str] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **_: calls.append(str(given)))
    monkeypatch.setattr(socket.socket, "connect", lambda _self, to: calls.append(str(to)))
    yield create_app(ws.settings.home), ws.settings.home, log, calls
    logging.getLogger().setLevel(logging.WARNING)
    for logger in (LOG, logging.getLogger()):
        logger.removeHandler(handler)
    handler.close()


@pytest.mark.slow
def test_of_a_thousand_queries_no_position_is_left(watched: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    app, home, log, calls = watched
    plain = EnvironBuilder().get_environ()
    asked = _places(QUERIES)
    headers = []
    for number, (lon, lat) in enumerate(asked):
        moment = MORNING + timedelta(seconds=number)
        monkeypatch.setattr("yaotong.clock.now", lambda moment=moment: moment)
        path = ("/api/v1/public/pharmacies/nearest", "/find")[number % 5 == 0]
        query = (
            f"lon={lon}&lat={lat}"
            + ("&open_at=now" if number % 3 else "")
            + ("&x=1" if number % 7 == 0 else "")
        )
        # As a server would ask: the test client itself remembers addresses.
        environ = {**plain, "PATH_INFO": path, "QUERY_STRING": query}
        _body, status, told = run_wsgi_app(app.wsgi_app, environ, buffered=True)
        assert status == "200 OK"
        assert "Set-Cookie" not in told
        headers.append(str(told))
    tally(app.config[WORKSPACE_KEY]).write()
    text = "\n".join(headers) + app.test_client().get("/metrics").get_data(as_text=True) + "".join(calls)
    texts = [one for place in asked for one in place]
    wanted = {float(one) for one in texts}
    del environ, query, lon, lat, headers, _body, told, asked
    assert calls == []
    assert [one for one in texts if one in text] == []
    assert log.read_text("utf-8").count("/nearest") >= 800
    assert log.read_text("utf-8").count("/find") >= 200
    for file in [log, *(one for one in home.rglob("*") if one.is_file())]:
        content = file.read_bytes()
        assert not any(one.encode() in content for one in texts), file.name
    del content, text
    assert _held(wanted, texts[::97], texts) == []


def test_the_search_of_memory_would_find_one() -> None:
    @functools.lru_cache(maxsize=8)
    def kept(lon: float, words: str) -> float:
        return lon

    secret, words = float("121." + "123456"), "lon=" + "121.654321"
    kept(secret, words)
    found = _held({secret}, ["121.6" + "54321"])
    assert any(" in a " in one for one in found)
    assert any("text" in one for one in found)
