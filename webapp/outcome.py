"""What came of a button: said at the top of the page that follows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import flash

from webapp.words import say
from yaotong.errors import YaotongError


@contextmanager
def saying(done: str) -> Iterator[None]:
    """Say that it is done, or what stood in the way; both in the reader's language."""
    try:
        yield
    except YaotongError as error:
        flash(say(str(error)), "bad")
    else:
        flash(say(done), "good")
