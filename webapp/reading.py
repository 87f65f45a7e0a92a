"""How a citizen reads: large text and language are carried by addresses, never by a cookie."""

from __future__ import annotations

from typing import Any

from flask import Flask, has_request_context, request

from webapp.i18n import LANGUAGES

_BLUEPRINTS = frozenset(("find", "installing", "wrong", "seals"))
_PAGES = frozenset(("opendata.page",))
_CHOICES = {"big": ("0", "1"), "lang": LANGUAGES}


def carry_choices(app: Flask) -> None:
    """Let every link from one citizens' page to another keep what this one was asked with."""

    @app.url_defaults
    def _carry(endpoint: str, values: dict[str, Any]) -> None:
        if is_citizens(endpoint) and has_request_context():
            for name, value in chosen().items():
                values.setdefault(name, value)

    app.add_template_global(chosen, "choices")


def chosen() -> dict[str, str]:
    """What the address asks for by name: `big`, `lang` or neither."""
    return {name: request.args[name] for name, known in _CHOICES.items() if request.args.get(name) in known}


def is_citizens(endpoint: str | None) -> bool:
    """Whether an endpoint is a page for citizens; an address that leads nowhere counts as one."""
    return endpoint is None or endpoint in _PAGES or endpoint.partition(".")[0] in _BLUEPRINTS


def is_big() -> bool:
    """Whether the large-text view was asked for."""
    return request.args.get("big") == "1"
