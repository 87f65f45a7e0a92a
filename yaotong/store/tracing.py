"""Tell a tracer of each statement the database is asked: its verb and how long it took, not its words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event

Begun = Callable[[str], Callable[[], None]]
_KEY = "yaotong_traced"


def trace_statements(engine: Engine, begin: Begun) -> None:
    """Call `begin` with a statement's verb when it starts, and what that gave when it is done or failed."""

    def before(_c: Any, _cursor: Any, statement: str, _p: Any, context: Any, _many: bool) -> None:
        verb = statement.split(None, 1)[0].upper() if statement.strip() else ""
        setattr(context, _KEY, begin(verb if verb.isalpha() else "OTHER"))

    def after(_c: Any, _cursor: Any, _statement: str, _p: Any, context: Any, _many: bool) -> None:
        getattr(context, _KEY, _nothing)()

    def failed(told: Any) -> None:
        getattr(told.execution_context, _KEY, _nothing)()

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    event.listen(engine, "handle_error", failed)


def _nothing() -> None:
    return None
