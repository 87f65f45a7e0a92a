"""Values kept by key, made once by whoever asks first: a cache bounded by weight and safe among threads."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """Values by key, each with a weight; the oldest leave when all weigh too much. One maker per key."""

    def __init__(self, most: int, weight: Callable[[T], int]) -> None:
        self._most, self._weight = most, weight
        self._values: OrderedDict[Hashable, T] = OrderedDict()
        self._weighs = 0
        self._lock = threading.RLock()
        self._making: dict[Hashable, threading.Lock] = {}

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of a key, made now when it is not there; who asks meanwhile waits for the one maker."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
            turn = self._making.setdefault(key, threading.Lock())
        with turn:
            with self._lock:
                if key in self._values:
                    return self._values[key]
            try:
                value = make()
                self._keep(key, value)
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return value

    def _keep(self, key: Hashable, value: T) -> None:
        with self._lock:
            self._values[key] = value
            self._weighs += self._weight(value)
            while self._weighs > self._most and len(self._values) > 1:
                _, old = self._values.popitem(last=False)
                self._weighs -= self._weight(old)


class Newest(Generic[T]):
    """One value by key, of the newest state: made by one at a time, for all who came before it was begun.

    Where states change faster than a value is made, whoever asks waits for two of them at the most, and is
    told of a state no older than the question.
    """

    def __init__(self) -> None:
        self._held: dict[Hashable, _Held[T]] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, state: Callable[[], Hashable], make: Callable[[Any], T]) -> T:
        """The value of a key: `state()` tells the state of now, `make(state)` its value."""
        with self._lock:
            held = self._held.setdefault(key, _Held())
            came, known = held.begun, held.known
        if known and known[0] == state():
            return known[1]
        with held.turn:
            if held.known and held.made > came:
                return held.known[1]
            now = state()
            if not held.known or held.known[0] != now:
                with self._lock:
                    held.begun += 1
                held.known = (now, make(now))
            held.made = held.begun
            return held.known[1]


class _Held(Generic[T]):
    """The value of a key with its state; how many were begun, and the number of the last that was made."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.known: tuple[Hashable, T] | None = None
        self.begun = self.made = 0
