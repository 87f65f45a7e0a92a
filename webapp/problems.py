"""Problem documents (RFC 9457): how an error reads to a program."""

from __future__ import annotations

import json

from flask import Response

# What programs ask: they are answered in problem documents and led to no form.
_FOR_PROGRAMS = ("/api/", "/ogc/", "/opendata/", "/tiles/")


def for_programs(path: str) -> bool:
    """Whether programs rather than people ask for a path."""
    return path.startswith(_FOR_PROGRAMS)


def problem(status: int, kind: str, title: str, detail: str = "") -> Response:
    """An `application/problem+json` answer; `kind` makes the stable type `urn:yaotong:problem:<kind>`."""
    body = {"type": f"urn:yaotong:problem:{kind}", "title": title, "status": status}
    if detail:
        body["detail"] = detail
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status=status, content_type="application/problem+json; charset=utf-8")
