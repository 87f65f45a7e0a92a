"""Texts of the map in the reader's language: the Chinese text is the key, whoever keeps the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Say = Callable[[str], str]


def as_written(text: str) -> str:
    """The Say of a page that speaks Chinese."""
    return text


def spoken(thing: Any, say: Say) -> Any:
    """The same plain data with every text in the reader's language."""
    if isinstance(thing, str):
        return say(thing)
    if isinstance(thing, Mapping):
        return {key: spoken(one, say) for key, one in thing.items()}
    if isinstance(thing, list | tuple):
        return [spoken(one, say) for one in thing]
    return thing
