"""The nearest answered before Flask is asked: the same answer, headers and limit, without its detours.

Only what is asked plainly is answered here; anything else, and whatever cannot be read, is left to Flask,
which finds the words for it. Nothing is kept: each answer is made anew.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.datastructures import MultiDict

from webapp.public_api import GEOJSON, nearest_of
from webapp.security import FIXED, policy
from webapp.throttle import Limits
from webapp.watching import ROUTE
from yaotong import clock
from yaotong.workspace import Workspace

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
PATH = "/api/v1/public/pharmacies/nearest"
_ENDPOINT = "public_api.nearest"
_NAMES = frozenset(
    (
        "lon",
        "lat",
        "crs",
        "limit",
        "open_at",
        "insurance",
        "dual_channel",
        "service",
        "drug",
        "pharmacist",
        "stock",
    )
)
_MOST_CHARS = 1_000
_HEAD = [("Content-Type", GEOJSON), *FIXED.items(), ("Cache-Control", "no-store"), ("Vary", "Cookie")]


class Quick:
    """A WSGI application around another one."""

    def __init__(self, app: Application, workspace: Workspace, limits: Limits) -> None:
        self._app, self._workspace, self._limits = app, workspace, limits

    def __call__(self, environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        """The nearest, or what the other one says."""
        if environ["PATH_INFO"] != PATH or environ["REQUEST_METHOD"] != "GET":
            return self._app(environ, start)
        text = self._answer(environ)
        if text is None:
            return self._app(environ, start)
        environ[ROUTE] = PATH
        body = text.encode()
        start(
            "200 OK",
            [
                *_HEAD,
                ("Content-Length", str(len(body))),
                ("Content-Security-Policy", policy(secrets.token_urlsafe(16))),
            ],
        )
        return (body,)

    def _answer(self, environ: Environ) -> str | None:
        query = environ.get("QUERY_STRING", "")
        if len(query) > _MOST_CHARS:
            return None
        try:
            # A server hands bytes over as Latin-1; who types an address by hand may send them bare.
            sent = query.encode("latin-1").decode()
            asked = parse_qsl(sent, keep_blank_values=True, max_num_fields=20, errors="strict")
            if not {name for name, _ in asked} <= _NAMES or not self._limits.allow(_ENDPOINT, environ):
                return None
            return nearest_of(self._workspace, MultiDict(asked), clock.now())
        except Exception:
            return None  # Flask meets it, too, and finds the words for it
