"""Tiles answered before Flask is asked: what an asker was given, given again while nothing was written.

Flask decides who asks and what they may see. Only what it decided is repeated, and only so long: for the same
cookie from the same address and browser, for `_SECONDS`, and until anything is committed to the database, a
shut account among it, or the day is over. After that Flask is asked again, which renews the session, too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

Environ = dict[str, Any]
Start = Callable[..., Any]
Application = Callable[[Environ, Start], Iterable[bytes]]
# Where the page for tiles tells on whom, beside its address, an answer depends.
SCOPE = "yaotong.tile_scope"
_PREFIX = "/tiles/"
_SECONDS = 15.0
_MOST_ASKERS = 5_000
_MOST_BYTES = 64_000_000
# All that Flask reads to tell who asks, and in which language and encoding to answer.
_ASKER = (
    "HTTP_COOKIE", "REMOTE_ADDR", "HTTP_USER_AGENT", "HTTP_X_FORWARDED_FOR", "HTTP_ACCEPT_LANGUAGE",
    "HTTP_ACCEPT_ENCODING", "HTTP_HOST", "wsgi.url_scheme",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, and the head of the one that says it has not changed."""

    tag: str
    head: list[tuple[str, str]]
    body: bytes


class TileAnswers:
    """A WSGI application around another one."""

    def __init__(self, app: Application, cookie: str, mark: Callable[[], Hashable | None]) -> None:
        """`cookie` names the session's; `mark()` changes with commits and days, None where none can tell."""
        self._app, self._cookie, self._mark = app, f"{cookie}=", mark
        self._askers: dict[Hashable, tuple[float, Hashable]] = {}
        self._answers: dict[Hashable, Answer] = {}
        self._bytes = 0
        self._of: Hashable = None
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """The answer kept for this question and asker; else Flask's."""
        if not environ["PATH_INFO"].startswith(_PREFIX) or environ["REQUEST_METHOD"] != "GET":
            return self._app(environ, start)
        mark = self._mark()
        if mark is None:
            return self._app(environ, start)
        if mark != self._of:
            self._forget(mark)
        found = self._found(environ)
        if found is None:
            return self._asked(environ, start, mark)
        if found.tag in environ.get("HTTP_IF_NONE_MATCH", ""):
            start("304 NOT MODIFIED", [one for one in found.head if one[0] not in _OF_BODY])
            return ()
        start("200 OK", found.head)
        return (found.body,)

    def _found(self, environ: Environ) -> Answer | None:
        until, scope = self._askers.get(_asker(environ), _NOBODY)
        if time.monotonic() > until:
            return None
        return self._answers.get((scope, environ["PATH_INFO"], environ.get("QUERY_STRING", "")))

    def _asked(self, environ: Environ, start: Start, mark: Hashable) -> Iterable[bytes]:
        """Flask's answer, learned from on its way."""
        told: list[Any] = []

        def started(status: str, head: list[tuple[str, str]], *more: Any) -> Any:
            told[:] = [status, head]
            return start(status, head, *more)

        body = self._app(environ, started)
        scope = environ.get(SCOPE)
        if scope is None or not told or not told[0].startswith(("200", "304")):
            return body
        whole = b"".join(body)
        if hasattr(body, "close"):
            body.close()
        self._learn(environ, scope, told[1], whole if told[0].startswith("200") else None, mark)
        return (whole,)

    def _learn(
        self,
        environ: Environ,
        scope: Hashable,
        head: list[tuple[str, str]],
        body: bytes | None,
        mark: Hashable,
    ) -> None:
        cookies = [value for name, value in head if name == "Set-Cookie"]
        if any(not one.startswith(self._cookie) for one in cookies) or self._mark() != mark:
            return  # what else is remembered for the asker is Flask's to say; what changed meanwhile is old
        scope = (scope, environ.get("HTTP_ACCEPT_ENCODING"))
        with self._lock:
            if mark != self._of:
                return  # forgotten by another request since
            if len(self._askers) > _MOST_ASKERS:
                self._askers.clear()
            known = (time.monotonic() + _SECONDS, scope)
            self._askers[_asker(environ)] = known
            for one in cookies:  # the same person, under the session's new name
                self._askers[_asker({**environ, "HTTP_COOKIE": self._renewed(environ, one)})] = known
            if body is not None:
                self._keep((scope, environ["PATH_INFO"], environ.get("QUERY_STRING", "")), head, body)

    def _keep(self, key: Hashable, head: list[tuple[str, str]], body: bytes) -> None:
        if self._bytes > _MOST_BYTES:
            self._answers.clear()
            self._bytes = 0
        tag = next((value for name, value in head if name == "ETag"), "")
        if tag and key not in self._answers:
            self._answers[key] = Answer(tag, [one for one in head if one[0] != "Set-Cookie"], body)
            self._bytes += len(body) + 1_000

    def _renewed(self, environ: Environ, told: str) -> str:
        """The cookies that the asker sends from now on."""
        mine = told.split(";", 1)[0]
        sent = environ.get("HTTP_COOKIE", "").split("; ")
        return "; ".join(mine if one.startswith(self._cookie) else one for one in sent)

    def _forget(self, mark: Hashable) -> None:
        with self._lock:
            self._askers.clear()
            self._answers.clear()
            self._bytes, self._of = 0, mark


_NOBODY: tuple[float, Hashable] = (0.0, None)
_OF_BODY = ("Content-Length", "Content-Type", "Content-Encoding")


def _asker(environ: Environ) -> Hashable:
    get = environ.get
    return tuple(get(name) for name in _ASKER)
