"""Citizens' pages, styles and scripts travel gzipped: an old phone on a village network waits for bytes.

Nothing secret is in them, so that their length tells nobody anything.
"""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

BLUEPRINTS = frozenset(("find", "installing", "wrong"))
_TYPES = frozenset(("text/html", "text/css", "text/javascript", "application/javascript"))
_LEAST_BYTES = 1_000
_LEVEL = 5


def shrink(app: Flask) -> None:
    """Gzip what citizens' browsers ask for, where they say that they can read it."""

    @app.after_request
    def _shrunk(response: Response) -> Response:
        if not _may(response):
            return response
        response.headers.add("Vary", "Accept-Encoding")
        if request.accept_encodings["gzip"] <= 0:
            return response
        response.direct_passthrough = False
        whole = response.get_data()
        if len(whole) < _LEAST_BYTES:
            return response
        response.set_data(gzip.compress(whole, _LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        if tag := response.get_etag()[0]:
            response.set_etag(f"{tag}-gz")
        return response


def _may(response: Response) -> bool:
    asked = request.blueprint in BLUEPRINTS or request.endpoint == "static"
    plain = response.status_code == 200 and "Content-Encoding" not in response.headers
    return asked and plain and response.mimetype in _TYPES
