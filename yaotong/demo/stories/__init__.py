"""The planted stories, one module per rule; each tells guilty subjects and innocent look-alikes."""

from __future__ import annotations

from collections.abc import Callable

from yaotong.demo.stage import Stage
from yaotong.demo.stories import (
    crossing,
    eph_limit,
    epidemic,
    other_codes,
    recalled_lot,
    shelves,
    signals,
    silence,
    structuring,
    surge,
    trace_twice,
    unbought,
    unlicensed,
)

# Stories about whole towns come first: shops of those towns then play in no other story. The limit per
# sale takes a shop for every subject, as many as the city has left; shelves need no shop of their own. What
# only the detector sees comes last and takes nobody.
TELLERS: tuple[Callable[[Stage], None], ...] = (
    epidemic.tell,
    silence.tell,
    surge.tell,
    structuring.tell,
    trace_twice.tell,
    recalled_lot.tell,
    other_codes.tell,
    eph_limit.tell,
    shelves.tell,
    unbought.tell,
    unlicensed.tell,
    crossing.tell,
    signals.tell,
)
