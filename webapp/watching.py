"""Every request seen once: its number, how long it took, a line of JSON. Nothing in it tells of a person.

A route is told by its pattern, never by its address; of what was asked only the names. Who is signed in is
told by account, with the address asked from; of citizens neither.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import time
import uuid
from collections.abc import Callable, Iterable
from functools import partial
from logging.handlers import WatchedFileHandler
from typing import Any
from urllib.parse import parse_qsl

from flask import Flask, g, request
from werkzeug.wsgi import ClosingIterator

from webapp.metrics import count_request
from yaotong import clock

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
LOG = logging.getLogger("yaotong.requests")
LOG_ENV = "YAOTONG_REQUEST_LOG"
HEADER = "X-Request-ID"
_ID, ROUTE, _WHO = "yaotong.request_id", "yaotong.route", "yaotong.who"
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,31}")
# What Flask was never asked: kept tiles.
_KEPT = "/tiles/… (kept)"
_MOST_NAMES = 20


class Watched:
    """A WSGI application around another one."""

    def __init__(self, app: Application) -> None:
        self._app = app

    def __call__(self, environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        """The answer, with the request's number on it; counted when it has gone out."""
        began, told = time.perf_counter(), {"status": 500}
        environ[_ID] = number = _number(environ)

        def started(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            told["status"] = int(status.split(" ", 1)[0])
            return start(status, [*headers, (HEADER, number)], *more)

        done = partial(_done, environ, told, began)
        try:
            answer = self._app(environ, started)
        except BaseException:
            done()
            raise
        return ClosingIterator(answer, [done])


def request_number() -> str:
    """The number of the request in hand."""
    return str(request.environ.get(_ID, ""))


def watch(app: Flask) -> None:
    """Tell the watcher which route a request takes and who is signed in."""

    @app.before_request
    def _route() -> None:
        request.environ[ROUTE] = request.url_rule.rule if request.url_rule is not None else "(none)"

    @app.teardown_request
    def _who(_error: BaseException | None) -> None:
        # Where Flask-Login keeps whom it looked up: a page that asked for nobody is not made to.
        person = g.get("_login_user")
        if person is not None and person.is_authenticated:
            request.environ[_WHO] = {"user": person.viewer.username, "from": request.remote_addr or ""}


def write_log() -> None:
    """Write the lines where YAOTONG_REQUEST_LOG says: a file, or "-" for standard error."""
    where = os.environ.get(LOG_ENV, "")
    if not where or LOG.handlers:
        return
    handler = (
        logging.StreamHandler(sys.stderr) if where == "-" else WatchedFileHandler(where, encoding="utf-8")
    )
    handler.setFormatter(logging.Formatter("%(message)s"))
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False


def _number(environ: Environ) -> str:
    """The number that a proxy gave it, or one of its own."""
    given = environ.get("HTTP_X_REQUEST_ID", "")
    return given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex


def _done(environ: Environ, told: dict[str, int], began: float) -> None:
    seconds = time.perf_counter() - began
    route, method = str(environ.get(ROUTE, _KEPT)), _method(environ)
    count_request(method, route, told["status"], seconds)
    if LOG.isEnabledFor(logging.INFO) and LOG.handlers:
        line = {
            "at": clock.now().isoformat() + "+08:00",
            "id": environ[_ID],
            "method": method,
            "route": route,
            "status": told["status"],
            "ms": round(seconds * 1000, 1),
            "asked": _names(environ),
            **environ.get(_WHO, {}),
        }
        LOG.info(json.dumps(line, ensure_ascii=False))


def _method(environ: Environ) -> str:
    method = str(environ.get("REQUEST_METHOD", ""))
    return method if method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH") else "other"


def _names(environ: Environ) -> list[str]:
    """The names of what an address asks, without the values; strange names are not repeated either."""
    try:
        given = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return ["(too many)"]
    names = dict.fromkeys(name if _NAME.fullmatch(name) else "(strange)" for name, _ in given)
    return list(names)[:_MOST_NAMES]
