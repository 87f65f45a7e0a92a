"""How near a subject came to a rule that did not fire: the same rule again, its limits loosened.

A rule is one expression over facts and values, so asking it with other values is enough; nothing here knows
what any rule means. Limits set by law are loosened too: only to explain, never to judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from yaotong.rules.model import Parameter, Rule, Values

MAX_RUNS = 40
_STEPS = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """What a rule said of the subject under one clause on the day it said most."""

    day: date
    measure: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Needed:
    """A parameter's value under which the clause would hold, beside the one in force."""

    name: str
    value: float
    in_force: float


@dataclass(frozen=True, slots=True)
class Near:
    """How near one clause came. `hit` is what the rule said with its values loosened; `is_limit` tells that
    the one value loosened is the limit the measure is held against, so that the two can be compared."""

    hit: Hit
    needed: tuple[Needed, ...]
    is_limit: bool


Judge = Callable[[Values], Mapping[str, Hit]]


class _Asked:
    """The judge with a memory and an end to its patience."""

    def __init__(self, judge: Judge) -> None:
        self._judge, self._known = judge, {}  # type: ignore[var-annotated]

    def __call__(self, values: Values) -> Mapping[str, Hit]:
        key = tuple(sorted(values.items()))
        if key not in self._known:
            if len(self._known) >= MAX_RUNS:
                return {}
            self._known[key] = self._judge(values)
        found: Mapping[str, Hit] = self._known[key]
        return found


def nearest(rule: Rule, judge: Judge) -> dict[str, Near]:
    """For each clause that does not hold but would with looser values: how near it came.

    A clause that is missing holds now, or would not hold with any of the values tried.
    """
    asked, base = _Asked(judge), rule.values()
    wanted = set(rule.clauses) - set(asked(base))
    found: dict[str, Near] = {}
    for values in _looser(rule, base):
        if wanted <= set(found):
            break
        for clause in sorted((wanted & set(asked(values))) - set(found)):
            found[clause] = _refined(rule, asked, clause, base, values)
    return found


def _looser(rule: Rule, base: Values) -> Iterator[dict[str, float]]:
    """Values to try: all at their lowest, which is mostly the laxest, all at their highest, one apart."""
    low = {one.name: _low(one) for one in rule.parameters}
    high = {one.name: one.high for one in rule.parameters}
    yield low
    yield high
    for name in low:
        yield {**low, name: high[name]}
        yield {**base, name: high[name]}


def _low(one: Parameter) -> float:
    """The least value that means something: one of what is counted, or the lower bound if that is less."""
    return min(one.low, 1.0)


def _refined(rule: Rule, asked: _Asked, clause: str, base: Values, loose: Mapping[str, float]) -> Near:
    """Take back what need not be loosened, then find how far the rest must be."""
    values = dict(loose)
    for name in base:
        tried = {**values, name: base[name]}
        if values[name] != base[name] and clause in asked(tried):
            values = tried
    moved = [name for name in base if values[name] != base[name]]
    hit = asked(values)[clause]
    if len(moved) == 1 and abs(hit.threshold - values[moved[0]]) < 1e-9:
        return Near(hit, (Needed(moved[0], hit.measure, base[moved[0]]),), True)
    whole = {one.name for one in rule.parameters if float(one.low).is_integer() and one.high > 1}
    for name in moved:
        # What is measured is often the very value to which a limit must come down.
        guess = {**values, name: hit.measure}
        between = min(values[name], base[name]) < hit.measure < max(values[name], base[name])
        if between and clause in asked(guess):
            values = guess
        else:
            values[name] = _least(asked, clause, values, name, base[name], name in whole)
    hit = asked(values)[clause]
    return Near(hit, tuple(Needed(name, values[name], base[name]) for name in moved), False)


def _least(
    asked: _Asked, clause: str, values: Mapping[str, float], name: str, in_force: float, whole: bool
) -> float:
    """The value nearest to the one in force that was seen to do, by halving a few times."""
    good, bad = values[name], in_force
    for _ in range(_STEPS):
        middle = (good + bad) / 2
        if whole:
            middle = float(round(middle))
        if middle in (good, bad):
            break
        if clause in asked({**values, name: middle}):
            good = middle
        else:
            bad = middle
    return good
