"""The large-text view of the citizens' pages: asked for by the address, else remembered."""

from __future__ import annotations

from flask import request

from webapp.find_pages import BIG_COOKIE


def is_big() -> bool:
    """Whether this request is to be answered in large text."""
    return (request.args.get("big") or request.cookies.get(BIG_COOKIE)) == "1"
