"""What is muted, judged from the store: the book's inhibitions, and the rules that a silence may speak of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from yaotong.alerts.inhibit import FILE, Inhibition, read_inhibitions
from yaotong.alerts.muting import speaks
from yaotong.alerts.silence import Silence
from yaotong.departments import departments, lead_of
from yaotong.rules.book import book
from yaotong.rules.model import Rule


@lru_cache(maxsize=1)
def inhibitions() -> tuple[Inhibition, ...]:
    """The inhibitions of this program; ConfigError names a wrong entry."""
    return read_inhibitions(FILE, {one.rule_id: str(one.subject_kind) for one in book().values()})


def rules_concerned(silences: Sequence[Silence]) -> set[str]:
    """Rules whose alerts may be muted or mute others."""
    named = {one for each in inhibitions() for one in (each.source, each.target)}
    return named | {rule_id for rule_id in book() if any(speaks(one, rule_id) for one in silences)}


def may_be_muted(rule_id: str, silences: Sequence[Silence]) -> bool:
    """Whether an alert of a rule has to be judged before it calls anybody."""
    inhibited = any(each.target == rule_id for each in inhibitions())
    return inhibited or any(speaks(one, rule_id) for one in silences)


def silenced_rules(one: Silence) -> list[Rule]:
    """The rules that a silence speaks of: its department leads them, and they have such subjects."""
    return [
        rule
        for rule in book().values()
        if speaks(one, rule.rule_id)
        and one.subject_kind in ("within", str(rule.subject_kind))
        and lead_of(rule.rule_id, departments()).department_id == one.department
    ]
